namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class ShapeTests
{
    public static TheoryData<string> Refused =>
    [
        "mkdir new", "mkdir features/new", "mkdir extensions/0x1", "rmdir header", "rmdir features/compatible", "rmdir extensions",
        "ln header/size other", "ln extensions/0x6803f857 extensions/0x1", "ln -s x link", "ln -s x extensions/0x2",
        "mknod pipe p", "mkfifo extensions/0x3",
        "rm header/size", "rm header/magic", "rm header.bin", "rm header.orig.bin", "rm last_error",
        "mv header/size header/magic", "mv header.bin other", "mv header/size $M/other", "mv backing_file data_file",
        "echo 1 > unknown", "echo 1 > header/sise", "echo 1 > header/refcount_bits", "touch backing_fil", "cp header/size header/new",
        "mv extensions/0x6803f857 header/size",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_tree_cannot_be_is_not_permitted(string script)
    {
        using var mount = MountedImage.Of("backing");
        Assert.True(mount.Refuses("Operation not permitted", script).Length > 10);
    }

    [Theory]
    [InlineData("chmod 600 header/size; chmod 000 extensions/0x6803f857; chmod 777 .")]
    [InlineData("chown 1:1 header/size header.bin extensions")]
    [InlineData("touch -d 2001-01-01 header/size; touch header.bin extensions/0x6803f857 extensions header backing_file")]
    [InlineData("sync header/size; sync header.bin extensions; sync -f .; python3 -c 'import os; " +
        "os.fsync(os.open(\"extensions/0x6803f857\", os.O_RDWR))'")]
    [InlineData("python3 -c 'import os; os.fsync(os.open(\"header\", os.O_RDONLY)); os.fsync(os.open(\"header.bin\", os.O_RDONLY)); " +
        "os.statvfs(\"header/size\")'")]
    public void What_copying_tools_do_besides_is_accepted_without_effect(string script)
    {
        using var mount = MountedImage.Of("backing");
        var (before, status) = (mount.Bytes, mount.Do("stat -c '%n %a %u %g %y %s' . *"));
        mount.Do(script);
        mount.Image_is(before);
        Assert.Equal(status, mount.Do("stat -c '%n %a %u %g %y %s' . *"));
    }

    [Fact]
    public void A_field_that_the_header_lacks_cannot_be_made()
    {
        using var mount = MountedImage.Of("v2");
        Assert.Contains("version", mount.Refuses("", "echo 112 > header/header_length"), StringComparison.Ordinal);
        mount.Refuses("", "touch header/compression_type");
    }

    [Theory]
    [InlineData("header/size", "header/size.bak", 1, "0 ")]
    [InlineData("extensions/0x6803f857", "header/size", 1, "EEXIST header/size")]
    [InlineData("header/size", "header/version", 2, "EINVAL ")]
    public void Renames_with_flags_do_what_they_say(string from, string to, int flags, string result)
    {
        using var mount = MountedImage.Of("default");
        var errno = mount.Do($"""
            python3 -c '
            import ctypes, errno, os
            libc = ctypes.CDLL(None, use_errno=True)
            failed = libc.renameat2(-100, b"{from}", -100, b"{to}", {flags})
            print(errno.errorcode[ctypes.get_errno()] if failed else 0, "{to}" if failed and {flags} == 1 else "")'
            """);
        Assert.Equal(result + "\n", errno);
        // A copy is what a tool has put aside; without it the file is back.
        mount.Do("rm -f header/size.bak; cat header/size header/version > /dev/null");
    }

    /// <summary>lseek(2) on a directory takes any offset.</summary>
    [Fact]
    public void A_directory_has_an_end_for_every_offset()
    {
        using var mount = MountedImage.Of("default");
        Assert.Equal("0\n0\n0\n0\n", mount.Do("""
            python3 -c '
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            for offset in (100, 2**31, 2**32 - 1, 2**40):
                d = os.open("header", os.O_RDONLY | os.O_DIRECTORY)
                os.lseek(d, offset, os.SEEK_SET)
                print(libc.getdents64(d, ctypes.create_string_buffer(4096), 4096))
                os.close(d)'
            """));
    }

    [Fact]
    public void A_directory_cannot_be_renamed()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Refuses("Operation not permitted", "mv features extensions/0x1");
        mount.Refuses("Operation not permitted", "mv features/compatible other");
    }

    [Fact]
    public void Names_of_any_length_and_bytes_are_answered()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Refuses("Operation not permitted", "echo > $(printf '\\377\\001x')");
        mount.Refuses("Operation not permitted", "echo > $(head -c 250 /dev/zero | tr '\\0' x)");
        Assert.Contains("No such file", mount.Run("cat header/size/x extensions/0x5/y 0/1/2/3").Error, StringComparison.Ordinal);
        Assert.Contains("No such file", mount.Run("cat extensions/..0x5 'header/size ' features/incompatible/5").Error,
            StringComparison.Ordinal);
    }
}
