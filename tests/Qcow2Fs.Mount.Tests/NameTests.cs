using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class NameTests
{
    public static TheoryData<string, string> Writes => new()
    {
        { "echo new.raw > backing_file", "new.raw" },
        { "printf new.raw > backing_file", "new.raw" },
        { "printf 'new.raw\\n\\n' > $D/v; cat $D/v > backing_file", "new.raw\n" },
        { "printf 'two\\nlines' > $D/v; cat $D/v > backing_file", "two\nlines" },
        { "(printf a; printf b; printf 'c\\n') > backing_file", "abc" },
        { "{ /bin/echo -n one; /bin/echo -n two; } > backing_file", "onetwo" },
        { "printf .bak >> backing_file; printf x >> backing_file", "base.raw\n.bak\nx" },
        { "echo -n > backing_file; : > backing_file; truncate -s 0 backing_file; truncate -s 3 backing_file; echo > backing_file",
            "base.raw" },
        { "echo >> backing_file", "base.raw" },
        { "printf 'json:{\"driver\":\"raw\",\"file\":{\"filename\":\"/x\"}}' > backing_file",
            "json:{\"driver\":\"raw\",\"file\":{\"filename\":\"/x\"}}" },
        { "echo nbd://host:10809/export > backing_file", "nbd://host:10809/export" },
        { "printf ' blanks\\t ' > backing_file", " blanks\t " },
        { "printf 'n\\351\\377\\001' > backing_file", "n\u00e9\u00ff\u0001" },
        { "printf '\\303\\251' > backing_file", "\u00c3\u00a9" },
        { "printf x | dd of=backing_file conv=notrunc status=none", "x" },
        { "cp backing_file $D/v; sed -i s/base/other/ $D/v; cp $D/v backing_file", "other.raw" },
        { "head -c 1023 /dev/zero | tr '\\0' n > $D/v; cat $D/v > backing_file", "1023" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void A_backing_file_is_the_bytes_that_were_written(string script, string name)
    {
        var expected = Encoding.Latin1.GetBytes(name == "1023" ? new string('n', 1023) : name);
        using var mount = MountedImage.Of("backing-raw");
        mount.Do("echo base.raw > backing_file");
        var (original, before) = (mount.Bytes, mount.Header);
        mount.Do(script);
        var after = mount.Header;
        Assert.Equal(expected, after.BackingName!.Value);
        Assert.Equal(Encoding.Latin1.GetString(expected) + "\n", mount.Do("cat backing_file"));
        Assert.Null(ReferenceHeader.Difference(before with { BackingName = after.BackingName }, after, "backing_file_size"));
        Difference.Is_live(original, mount.Bytes);
        var info = QemuImg.Run("info", "-U", "-f", "qcow2", mount.Image);
        Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
        if (expected.All(b => b is > 32 and < 127) && !name.StartsWith("json:", StringComparison.Ordinal))
        {
            Assert.Contains($"backing file: {Encoding.ASCII.GetString(expected)}", info.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("default")]
    [InlineData("v2")]
    [InlineData("cluster-512")]
    public void A_backing_file_can_be_made_and_removed(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        var (original, before) = (mount.Bytes, mount.Header);
        mount.Do("! test -e backing_file; touch backing_file; ! test -e backing_file; : > backing_file; ! test -e backing_file");
        mount.Image_is(original);
        mount.Do("echo base.raw > backing_file; echo raw > backing_format");
        Assert.Equal("base.raw\nraw\n", mount.Do("cat backing_file backing_format"));
        Assert.Equal("base.raw", mount.Info().GetProperty("backing-filename").GetString());
        Assert.Equal("raw", mount.Info().GetProperty("backing-filename-format").GetString());
        Difference.Is_live(original, mount.Bytes);
        mount.Do("rm backing_file backing_format; ! test -e backing_file; ! test -e backing_format");
        Assert.Null(ReferenceHeader.Difference(before, mount.Header));
        mount.Image_is(original);
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_name_of_1024_bytes_is_refused()
    {
        using var mount = MountedImage.Of("backing");
        mount.Refuses("File name too long", "head -c 1024 /dev/zero | tr '\\0' n > $D/v; cat $D/v > backing_file");
        mount.Refuses("File name too long", "head -c 60000 /dev/zero | tr '\\0' n > $D/v; cp $D/v backing_file");
    }

    [Fact]
    public void A_name_that_the_cluster_has_no_room_for_is_refused()
    {
        using var mount = MountedImage.Of("backing-512");
        mount.Refuses("No space left on device", "head -c 377 /dev/zero | tr '\\0' n > $D/v; cat $D/v > backing_file");
        mount.Do("head -c 376 /dev/zero | tr '\\0' n > $D/v; cat $D/v > backing_file");
        Assert.Equal(new string('n', 376), mount.Info().GetProperty("backing-filename").GetString());
        mount.Refuses("No space left on device", "printf n >> backing_file");
    }

    [Theory]
    [InlineData("qcow2")]
    [InlineData("a")]
    [InlineData("fifteen-letters")]
    public void A_backing_format_is_an_extension_and_a_file(string format)
    {
        using var mount = MountedImage.Of("backing");
        Assert.Equal($"{format}\n{format}\n", mount.Do("echo $1 > backing_format; cat backing_format extensions/0xe2792aca; echo", format));
        Assert.Equal(format, mount.Info().GetProperty("backing-filename-format").GetString());
        Assert.Equal("raw\n", mount.Do("printf raw > extensions/0xe2792aca; cat backing_format"));
        mount.Do("rm extensions/0xe2792aca; ! test -e backing_format");
        mount.Do("echo $1 > backing_format; rm backing_format; ! test -e extensions/0xe2792aca", format);
        mount.Refuses("File name too long", "echo sixteen--letters > backing_format");
    }

    [Fact]
    public void A_data_file_is_an_extension_and_a_file()
    {
        using var mount = MountedImage.Of("data-file");
        var before = mount.Header;
        Assert.Equal($"{mount.Directory["data.bin"]}\n", mount.Do("cat data_file"));
        mount.Do("cp $D/data.bin $D/other.bin; printf '%s' $D/other.bin > data_file; " +
            "cmp extensions/0x44415441 - < <(printf '%s' $D/other.bin)");
        Assert.Equal(mount.Directory["other.bin"],
            mount.Info().GetProperty("format-specific").GetProperty("data").GetProperty("data-file").GetString());
        mount.Do("printf 'n\\377' > data_file");
        Assert.Equal("n\u00ff\n", mount.Do("cat data_file"));
        mount.Do("rm data_file; ! test -e data_file; ! test -e extensions/0x44415441");
        mount.Do("printf '%s' $D/data.bin > data_file");
        Assert.Equal(before.Extensions.Length, mount.Header.Extensions.Length);
        mount.Qemu_agrees();
    }

    [Fact]
    public void Nothing_that_an_image_names_is_opened()
    {
        using var mount = MountedImage.Of("backing");
        // A reader of a pipe would wait for ever, and a writer's end would tell.
        mount.Do("mkfifo $D/pipe; echo $D/pipe > backing_file; echo $D/pipe > data_file; touch features/incompatible/external_data_file");
        mount.Do("find . -type f -exec cat {} + > /dev/null; ls -lR . > /dev/null");
        mount.Do("python3 -c 'import os, sys, errno\ntry: os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK); " +
            "sys.exit(1)\nexcept OSError as e: sys.exit(e.errno != errno.ENXIO)' $D/pipe");
        Assert.DoesNotContain("base", mount.Do("ls -l /proc/$PID/fd"), StringComparison.Ordinal);
    }
}
