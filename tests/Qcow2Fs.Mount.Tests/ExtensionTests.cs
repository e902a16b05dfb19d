using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class ExtensionTests
{
    // Each script starts with 0x11111111 = "one", 0x22222222 = "two", 0x33333333 = "three" and may change no other.
    public static TheoryData<string, string, string> Edits => new()
    {
        { "create by a shell", "printf hello > extensions/0x44444444", "1:one 2:two 3:three 4:hello" },
        { "create with no bytes", "touch extensions/0x44444444", "1:one 2:two 3:three 4:" },
        { "copy in", "printf hello > $D/x; cp $D/x extensions/0x44444444", "1:one 2:two 3:three 4:hello" },
        { "copy one onto another", "cp extensions/0x11111111 extensions/0x33333333", "1:one 2:two 3:one" },
        { "append by a shell", "printf +more >> extensions/0x22222222", "1:one 2:two+more 3:three" },
        { "append creates", "printf new >> extensions/0x44444444", "1:one 2:two 3:three 4:new" },
        { "replace", "printf zwei > extensions/0x22222222", "1:one 2:zwei 3:three" },
        { "replace by less", "printf t > extensions/0x33333333", "1:one 2:two 3:t" },
        { "empty by a shell", ": > extensions/0x22222222", "1:one 2: 3:three" },
        { "truncate to nothing", "truncate -s 0 extensions/0x22222222", "1:one 2: 3:three" },
        { "truncate to less", "truncate -s 2 extensions/0x33333333", "1:one 2:two 3:th" },
        { "truncate to the same", "truncate -s 5 extensions/0x33333333", "1:one 2:two 3:three" },
        { "truncate without opening", "python3 -c 'import os; os.truncate(\"extensions/0x33333333\", 4)'", "1:one 2:two 3:thre" },
        { "dd in the middle", "printf XY | dd of=extensions/0x33333333 bs=1 seek=1 conv=notrunc status=none", "1:one 2:two 3:tXYee" },
        { "dd over the end", "printf XYZ | dd of=extensions/0x11111111 bs=3 seek=2 oflag=seek_bytes conv=notrunc status=none",
            "1:onXYZ 2:two 3:three" },
        { "dd in many pieces", "printf abcdefghij | dd of=extensions/0x11111111 bs=1 status=none", "1:abcdefghij 2:two 3:three" },
        { "tee -a", "printf ! | tee -a extensions/0x11111111 > /dev/null", "1:one! 2:two 3:three" },
        { "rename to a new magic", "mv extensions/0x22222222 extensions/0x44444444", "1:one 4:two 3:three" },
        { "rename onto another", "mv extensions/0x11111111 extensions/0x33333333", "3:one 2:two" },
        { "rename onto an earlier one", "mv extensions/0x33333333 extensions/0x11111111", "2:two 1:three" },
        { "rename onto itself", "python3 -c 'import os; os.rename(\"extensions/0x33333333\", \"extensions/0x33333333\")'",
            "1:one 2:two 3:three" },
        { "exchange in three steps", "cd extensions; mv 0x11111111 0x1; mv 0x22222222 0x11111111; mv 0x1 0x22222222",
            "2:one 1:two 3:three" },
        { "remove the first", "rm extensions/0x11111111", "2:two 3:three" },
        { "remove the last", "rm extensions/0x33333333", "1:one 2:two" },
        { "remove all", "rm extensions/*", "" },
        { "remove and create again", "rm extensions/0x11111111; printf one > extensions/0x11111111", "2:two 3:three 1:one" },
        { "one name in upper case", "printf two > extensions/0X4444444A; mv extensions/0x4444444a extensions/0x44444444",
            "1:one 2:two 3:three 4:two" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void An_edit_changes_one_extension_and_nothing_else(string name, string script, string result)
    {
        foreach (var header in Headers())
        {
            using var mount = MountedImage.Of(header);
            var (original, before) = (mount.Bytes, mount.Header);
            mount.Do(script);
            var after = mount.Header;
            Assert.True(result == Shown(after), $"{name}: {Shown(after)}");
            Assert.Null(ReferenceHeader.Difference(before with { Extensions = after.Extensions }, after));
            Difference.Is_live(original, mount.Bytes);
            Assert.Equal(after.Extensions.Select(e => $"0x{e.Magic:x8}"),
                mount.Do("ls -U extensions").Split('\n', StringSplitOptions.RemoveEmptyEntries));
            var info = QemuImg.Run("info", "-f", "qcow2", mount.Image);
            Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
        }
    }

    [Theory]
    [InlineData("default", 65536 - 512 - 8)]
    [InlineData("cluster-512", 512 - 120 - 8)]
    [InlineData("cluster-4096", 4096 - 120 - 8)]
    public void What_does_not_fit_is_refused_in_write_and_the_largest_that_fits_is_not(string recipe, int room)
    {
        using var mount = MountedImage.Of(recipe);
        mount.Do("head -c $1 /dev/urandom > $D/fits; head -c $2 /dev/urandom > $D/large", $"{room}", $"{room + 1}");
        mount.Refuses("No space left on device", "cp $D/large extensions/0x5");
        mount.Refuses("No space left on device", "python3 -c 'import os,sys; os.write(os.open(\"extensions/0x5\", os.O_CREAT | " +
            "os.O_WRONLY), open(sys.argv[1], \"rb\").read())' $D/large");
        mount.Do("cp $D/fits extensions/0x5; cmp $D/fits extensions/0x5");
        mount.Qemu_agrees();
        var full = mount.Bytes;
        mount.Refuses("No space left on device", "touch extensions/0x6");
        mount.Refuses("No space left on device", "cp $D/large extensions/0x5");
        mount.Refuses("No space left on device", "printf 12345678 >> extensions/0x5");
        mount.Refuses("No space left on device", "truncate -s $1 extensions/0x5", $"{room + 8}");
        mount.Refuses("No space left on device", "truncate -s 1T extensions/0x5");
        mount.Refuses("No space left on device", "python3 -c 'import os; os.truncate(\"extensions/0x5\", 1 << 62)'");
        mount.Refuses("No space left on device", "printf x | dd of=extensions/0x5 bs=1 seek=1G conv=notrunc status=none");
        mount.Image_is(full);

        // What was accepted before the refused piece is one update: in one sector it can be made, in several no order is crash-safe.
        Assert.NotEqual(0, mount.Run("dd if=$D/large of=extensions/0x5 bs=7 conv=notrunc status=none").ExitCode);
        mount.Do("cmp -n $1 $2 extensions/0x5", $"{room / 7 * 7}", room < 512 ? mount.Directory["large"] : mount.Directory["fits"]);
        mount.Do("cmp <(tail -c +$(($1 + 1)) $D/fits) <(tail -c +$(($1 + 1)) extensions/0x5)", $"{room / 7 * 7}");
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("0x0")]
    [InlineData("0x00000000")]
    [InlineData("0x123456789")]
    [InlineData("0xg")]
    [InlineData("12345678")]
    [InlineData("malformed2")]
    [InlineData("0x1.1")]
    [InlineData("0x1.02")]
    [InlineData("0x1.x")]
    [InlineData("0x1.")]
    [InlineData("0x51324653")]
    [InlineData("name")]
    public void What_is_no_magic_cannot_be_created(string name)
    {
        using var mount = MountedImage.Of("cluster-512");
        foreach (var script in new[] { ": > extensions/$1", "touch extensions/$1", "echo > $D/x; cp $D/x extensions/$1" })
        {
            mount.Refuses("Invalid argument", script, name);
        }

        // mv has words of its own for EINVAL.
        mount.Do("touch extensions/0x5");
        mount.Refuses("Invalid argument", "python3 -c 'import os, sys; os.rename(\"extensions/0x5\", sys.argv[1])' extensions/$1", name);
    }

    [Theory]
    [InlineData("0x1", "0x00000001")]
    [InlineData("0xAbC", "0x00000abc")]
    [InlineData("0XDEADBEEF", "0xdeadbeef")]
    [InlineData("0x0000012", "0x00000012")]
    [InlineData("0xffffffff", "0xffffffff")]
    public void A_magic_can_be_said_in_short_and_in_upper_case(string name, string listed)
    {
        using var mount = MountedImage.Of("cluster-512");
        Assert.Equal($"{listed}\nabc", mount.Do("printf abc > extensions/$1; ls extensions; cat extensions/$1 | tee $D/copy", name));
        Assert.Equal("abc", mount.Do("cat extensions/$1", listed));
        mount.Do("rm extensions/$1; ! test -e extensions/$2", name, listed);
    }

    /// <summary>A reader that has a file open keeps nothing in being.</summary>
    [Fact]
    public void A_file_that_is_open_and_was_removed_is_gone()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("touch features/compatible/11; exec 3< features/compatible/11; rm features/compatible/11; " +
            "! test -e features/compatible/11; touch features/compatible/11; ls features/compatible | grep -qx 11");
        mount.Do("printf abc > extensions/0x9; exec 3< extensions/0x9; $Q rm $I extensions/0x9; ! test -e extensions/0x9; " +
            "printf new > extensions/0x9");
        Assert.Equal("new", mount.Do("cat extensions/0x9"));
    }

    [Fact]
    public void A_truncation_counts_though_its_program_reads_the_file_too()
    {
        using var mount = MountedImage.Of("default");
        Assert.Equal("0\n", mount.Do("printf abc > extensions/0x9; exec 3< extensions/0x9; : > extensions/0x9; stat -c %s extensions/0x9"));
        Assert.Equal("0\n", mount.Do("printf abc > extensions/0x9; python3 -c 'r = open(\"extensions/0x9\"); " +
            "open(\"extensions/0x9\", \"w\").close()'; stat -c %s extensions/0x9"));
    }

    [Theory]
    [InlineData("exec 3>> extensions/0x9 4>> extensions/0x9; printf B >&3; printf C >&4; exec 3>&- 4>&-", "ABC", "")]
    [InlineData("exec 3> extensions/0x9; printf B >&3; printf C >> extensions/0x9; exec 3>&-", "BC", "")]
    [InlineData("python3 -c 'import os; f = open(\"extensions/0x9\", \"w\"); f.write(\"B\"); os.system(\"printf C >> extensions/0x9\"); " +
        "f.close()'", "B", "")]
    [InlineData("python3 -c 'f = open(\"extensions/0x9\", \"a\"); f.write(\"B\"); f.flush(); g = open(\"extensions/0x9\", \"w\"); " +
        "g.write(\"other\"); g.close(); f.close()'", "otherB", "")]
    [InlineData("exec 3>> extensions/0x8 4>> extensions/0x8; printf B >&3; printf C >&4; exec 3>&- 4>&-; mv extensions/0x8 extensions/0x9",
        "BC", "")]
    [InlineData("python3 -c 'f = open(\"extensions/0x9\", \"r+b\", 0); f.write(b\"X\"); g = open(\"extensions/0x9\", \"w\"); " +
        "g.write(\"other\"); g.close(); f.close()'", "other", "Stale file handle")]
    public void Two_writers_lose_nothing_that_was_acknowledged(string script, string content, string words)
    {
        using var mount = MountedImage.Of("default");
        mount.Do("printf A > extensions/0x9");
        var result = mount.Run(script);
        Assert.True(words.Length == 0 ? result.Error.Length == 0 : result.Error.Contains(words, StringComparison.Ordinal),
            result.ToString());
        Assert.Equal(content, mount.Do("cat extensions/0x9"));
    }

    /// <summary>mv to another file system copies, then unlinks; the same call with which it clears the way for what it brings.</summary>
    [Theory]
    [InlineData("mv extensions/0x9 extensions/0x8 $D/")]
    [InlineData("busybox mv extensions/0x9 extensions/0x8 $D/")]
    [InlineData("tar --remove-files -cf $D/tar extensions/0x9 extensions/0x8; tar -C $D --strip-components=1 -xf $D/tar")]
    public void What_is_moved_out_is_gone_and_can_be_moved_back(string script)
    {
        using var mount = MountedImage.Of("default");
        mount.Do($"printf nine > extensions/0x9; printf eight > extensions/0x8; {script}");
        Assert.Single(mount.Header.Extensions);
        Assert.Equal("eight", mount.Do("printf old > extensions/0x8; mv -f $D/0x* extensions/; cat extensions/0x8"));
        mount.Do("touch features/compatible/9; mv features/compatible/9 $D/; ! test -e features/compatible/9; " +
            "mv $D/9 features/compatible/; test -e features/compatible/9");
        mount.Refuses("Operation not permitted", "mv header/size $D/");
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_file_that_was_made_and_not_yet_closed_is_already_there_for_its_maker()
    {
        using var mount = MountedImage.Of("cluster-512");
        Assert.Equal("5\n", mount.Do("exec 3> extensions/0x7; printf 12345 >&3; exec 3>&-; stat -c %s extensions/0x7"));
        mount.Do("python3 -c 'import os; f = os.open(\"extensions/0x8\", os.O_CREAT | os.O_WRONLY | os.O_EXCL); " +
            "os.stat(\"extensions/0x8\"); os.fchmod(f, 0o600); os.close(f)'");
        mount.Refuses("exists", "python3 -c 'import os; os.open(\"extensions/0x8\", os.O_CREAT | os.O_WRONLY | " +
            "os.O_EXCL)' 2> $D/e || { echo ok > last_error; cat $D/e >&2; exit 1; }");
    }

    [Theory]
    [InlineData("cat $D/large > extensions/0x5")]
    [InlineData("cp $D/large extensions/0x5")]
    [InlineData("dd if=$D/large of=extensions/0x5 status=none")]
    [InlineData("tee extensions/0x5 < $D/large > /dev/null")]
    [InlineData("dash -c 'cat $D/large > extensions/0x5'")]
    [InlineData("busybox cp $D/large extensions/0x5")]
    public void What_does_not_fit_leaves_the_old_payload(string script)
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("head -c 1000 /dev/zero > $D/large; printf old > extensions/0x5");
        mount.Refuses("No space left", script);
        Assert.Equal("old", mount.Do("cat extensions/0x5"));
    }

    [Fact]
    public void A_program_that_writes_again_after_a_refusal_gets_what_it_wrote()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("""
            python3 -c '
            import os
            f = os.open("extensions/0x5", os.O_CREAT | os.O_WRONLY)
            os.write(f, b"begin ")
            try: os.write(f, bytes(1000))
            except OSError: pass
            os.write(f, b"end")
            os.close(f)'
            """);
        Assert.Equal("begin end", mount.Do("cat extensions/0x5"));
    }

    [Fact]
    public void Bytes_of_every_value_come_back()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 100)' > $D/x; cp $D/x extensions/0x9; " +
            "cat extensions/0x9 | cmp - $D/x; cp extensions/0x9 $D/y; cmp $D/x $D/y");
        Assert.Equal(25600, mount.Header.Extensions[^1].Payload.Length);
        mount.Qemu_agrees();
    }

    private static IEnumerable<HeaderBuilder> Headers()
    {
        var list = (HeaderBuilder h) => h.Extension(0x11111111, "one").Extension(0x22222222, "two").Extension(0x33333333, "three");
        yield return list(new HeaderBuilder());
        yield return list(new HeaderBuilder().ClusterBits(9).Version(2)).Backing("a-name.raw");
        yield return list(new HeaderBuilder().HeaderLength(136).Poke(130, 9)).Backing(Encoding.Latin1.GetBytes("n\u00e9\u0001"), gap: 3);
    }

    private static string Shown(ReferenceHeader header) =>
        string.Join(' ', header.Extensions.Select(e => $"{e.Magic >> 28}:{Encoding.Latin1.GetString(e.Payload.AsSpan())}"));
}
