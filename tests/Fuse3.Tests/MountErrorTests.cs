namespace Fuse3.Tests;

/// <summary>Mounts that fail, and the error that the user gets.</summary>
public class MountErrorTests
{
    private const int Limit = 60_000;

    [Fact]
    public void A_missing_mount_point_is_named()
    {
        using var directory = new TestDirectory();
        var e = Fails(Path.Combine(directory.Path, "missing"));
        Assert.Equal((FuseError.MountPointMissing, Errno.ENOENT), (e.Error, e.Errno));
        Assert.Contains("missing does not exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_no_mount_point()
    {
        using var directory = new TestDirectory();
        var file = Path.Combine(directory.Path, "file");
        File.WriteAllText(file, "");
        var e = Fails(file);
        Assert.Equal((FuseError.MountPointNotDirectory, Errno.ENOTDIR), (e.Error, e.Errno));
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_mount_of_the_same_type_is_refused()
    {
        var options = new MountOptions { Subtype = "twice" };
        await using var mount = new TestMount(new MemoryFileSystem(), options);

        var e = Fails(mount.Path + "/.", options);

        Assert.Equal((FuseError.AlreadyMounted, Errno.EBUSY), (e.Error, e.Errno));
        Assert.Equal(1, mount.Directory.CountMounts());
    }

    [Fact(Timeout = Limit)]
    public async Task A_symbolic_link_to_a_directory_is_followed()
    {
        using var directory = new TestDirectory();
        using var target = new TestDirectory();
        var link = Path.Combine(directory.Path, "link");
        File.CreateSymbolicLink(link, target.Path);
        var fs = new MemoryFileSystem();
        fs.Add("f", "");
        using var mount = Fuse.Mount(link, fs, new());

        Assert.Equal(target.Path, mount.MountPoint);
        Assert.Equal("f\n", (await Child.RunAsync("ls", target.Path)).Succeeded());
    }

    [Fact]
    public void An_unknown_option_is_refused_in_the_words_of_libfuse()
    {
        using var directory = new TestDirectory();
        var e = Fails(directory.Path, new() { Extra = ["no_such_option"] });
        Assert.Equal(FuseError.InvalidOption, e.Error);
        Assert.Contains("no_such_option", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no_rofd_flush", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_refusal_is_told_in_the_words_of_libfuse()
    {
        using var directory = new TestDirectory();
        // Not known to the kernel: "blkdev" needs a block device as source.
        var e = Fails(directory.Path, new() { Extra = ["blkdev", "fsname=/dev/null"] });
        Assert.Equal(FuseError.MountFailed, e.Error);
        Assert.Contains("fuse: mount failed", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, directory.CountMounts());
    }

    [Fact]
    public void Unmounting_what_is_not_mounted_fails()
    {
        using var directory = new TestDirectory();
        var e = Assert.Throws<FuseException>(() => Fuse.LazyUnmount(directory.Path));
        Assert.Equal((FuseError.UnmountFailed, Errno.EINVAL), (e.Error, e.Errno));
    }

    [Fact]
    public void This_machine_has_what_is_needed()
    {
        Assert.True(Fuse.CheckDependencies(out var problem), problem);
        Assert.Contains("libfuse3-3", Fuse.InstallationHint, StringComparison.Ordinal);
    }

    private static FuseException Fails(string mountPoint, MountOptions? options = null)
        => Assert.Throws<FuseException>(() => Fuse.Mount(mountPoint, new MemoryFileSystem(), options ?? new()));
}
