namespace Qcow2Fs.Mount.Tests;

/// <summary>An extension that was created and has no content yet, and one whose writes are to be on the medium at once.</summary>
[Trait("Category", "Slow")]
public sealed class PendingTests
{
    [Fact]
    public void A_file_that_was_created_is_listed_and_can_be_removed()
    {
        using var mount = MountedImage.Of("default");
        var before = mount.Bytes;
        mount.Do("""
            exec 3> extensions/0xcafe 4> extensions/0xbeef
            [ "$(ls extensions)" = "$(printf '0x0000beef\n0x0000cafe\n0x6803f857')" ] || { ls extensions; exit 1; }
            printf x >&4
            rm extensions/0x0000cafe extensions/0xbeef
            [ "$(ls extensions)" = 0x6803f857 ] && [ ! -e extensions/0xcafe ] || { ls extensions; exit 2; }
            """);
        mount.Image_is(before);
    }

    [Fact]
    public void A_write_after_that_is_stale()
    {
        using var mount = MountedImage.Of("default");
        mount.Refuses("Stale file handle", "exec 3> extensions/0xcafe; rm extensions/0xcafe; printf x >&3");
    }

    [Fact]
    public void A_file_that_was_created_is_renamed_when_it_has_content()
    {
        using var mount = MountedImage.Of("default");
        var result = mount.Run("exec 3> extensions/0xcafe; mv extensions/0xcafe extensions/0xbeef");
        Assert.Contains("Device or resource busy", result.Error, StringComparison.Ordinal);
        Assert.Equal("extensions/0xcafe: is being created, and can be renamed when it has its first content\n", mount.LastError());
        mount.Do("mv extensions/0xcafe extensions/0xbeef");
    }

    [Fact]
    public void It_is_not_in_another_file_that_takes_the_name()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("""
            cp $I $D/other; exec 3> extensions/0xcafe; mv $D/other $I
            [ "$(ls extensions)" = 0x6803f857 ] && [ ! -e extensions/0xcafe ] || { ls extensions; exit 1; }
            """);
    }

    // cat, and most programs, ask for the attributes of what they have opened.
    [Fact]
    public void What_was_read_at_open_can_be_read_when_the_image_is_gone()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("""
            exec 3< header/size 4< extensions/0x6803f857; cat extensions/0x6803f857 > $D/before; mv $I $D/away
            [ "$(stat -L -c %s /dev/fd/3) $(cat <&3)" = '8 4194304' ] && cat <&4 | cmp - $D/before || exit 1
            ! cat header/version 2> /dev/null || exit 2
            mv $D/away $I; cat header/size
            """);
    }

    [Theory]
    [InlineData("O_SYNC")]
    [InlineData("O_DSYNC")]
    public void A_write_that_is_to_be_on_the_medium_is_committed_before_it_returns(string flag)
    {
        using var mount = MountedImage.Of("default");
        mount.Do($$"""
            python3 - <<'end'
            import os, subprocess
            image = os.environ["I"]
            file = os.open("extensions/0xcafe", os.O_WRONLY | os.O_CREAT | os.{{flag}})
            for piece in b"first", b" second":
                os.write(file, piece)
                assert piece in open(image, "rb").read(65536), piece
            document = open("header.json", "rb").read()
            file = os.open("header.json", os.O_WRONLY | os.O_TRUNC | os.{{flag}})
            os.write(file, document[:100])
            os.write(file, document[100:])
            os.close(file)
            end
            """);
    }
}
