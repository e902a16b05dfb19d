namespace Qcow2Fs.Mount.Tests;

/// <summary>Who may do what: the image's owner and mode count for whoever is let in.</summary>
[Trait("Category", "Slow")]
public sealed class PermissionTests : IDisposable
{
    private const string As = "as() { setpriv --reuid=$1 --regid=$2 --clear-groups bash -c \"$3\"; }; chmod 755 .; ";
    private readonly MountDirectory _directory = new();

    [Theory]
    [InlineData(0, 640, "r w n")]
    [InlineData(1001, 600, "n w n")]
    [InlineData(1001, 644, "r w r")]
    [InlineData(1001, 660, "w w n")]
    [InlineData(1001, 440, "r r n")]
    public void Others_may_what_the_mode_of_the_image_says(int owner, int mode, string expected)
    {
        _directory.Do($"chmod {mode} a.qcow2; chown {owner}:2000 a.qcow2; $Q mount -o allow_other a.qcow2 m");
        Assert.Equal($"{owner} 2000 {mode}\n", _directory.Do("stat -c '%u %g %a' m/header/size"));

        // One of the group, the owner, one who is neither. Root may always write, so an owner of 0 stands for itself.
        string[] users = ["1002 2000", owner == 0 ? "0 0" : $"{owner} 9", "1003 9"];
        foreach (var (user, may) in users.Zip(expected.Split(' ')))
        {
            var read = _directory.Run($"{As}as {user} 'cat m/header/size m/backing_file m/header.bin > /dev/null; cat m/header/size'");
            Assert.Equal(may == "n" ? "" : "4194304\n", read.Output);
            var write = _directory.Run($"{As}as {user} 'echo 4M > m/header/size'");
            Assert.True((write.ExitCode == 0) == (may == "w"), $"{user}: {write}");
            Assert.Equal(may != "w", write.Error.Contains("Permission denied", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Who_may_not_write_cannot_create_remove_or_rename_either()
    {
        _directory.Do("chmod 644 a.qcow2; $Q mount -o allow_other a.qcow2 m");
        var before = File.ReadAllBytes(_directory["a.qcow2"]);
        foreach (var script in new[] { "touch extensions/0x5", "rm extensions/0x6803f857", "mv extensions/0x6803f857 extensions/0x1",
            "touch features/compatible/5", "cp header.bin backing_file", "chmod 666 header/size", "touch sedabcdef" })
        {
            var result = _directory.Run($"{As}cd m; as 1003 9 '{script}'");
            Assert.True(result.ExitCode != 0 && (result.Error.Contains("Permission denied", StringComparison.Ordinal)
                || result.Error.Contains("not permitted", StringComparison.Ordinal)), result.ToString());
        }

        Assert.Equal(before, File.ReadAllBytes(_directory["a.qcow2"]));
    }

    [Fact]
    public void Without_allow_other_not_even_the_images_owner_looks_into_roots_mount()
    {
        _directory.Do("chown 65534:65534 a.qcow2; $Q mount a.qcow2 m");
        var other = _directory.Run($"{As}as 65534 65534 'cat m/header/size'");
        Assert.True(other.ExitCode != 0 && other.Error.Contains("Permission denied", StringComparison.Ordinal), other.ToString());
    }

    [Theory]
    [InlineData("", 1, "")]
    [InlineData("echo user_allow_other > $D/conf; mount --bind $D/conf /etc/fuse.conf", 0, "4194304\n")]
    public void A_user_lets_others_in_only_where_the_administrator_allows_it(string configure, int status, string output)
    {
        _directory.Do("chmod 755 .; chown 65534:65534 a.qcow2 m; chmod 640 a.qcow2");
        var result = Program.Shell("""
            exec unshare -m bash -c '
            cd "$D"; mknod -m 666 fuse c 10 229 && mount --bind fuse /dev/fuse; eval "$1"
            setpriv --reuid=65534 --regid=65534 --clear-groups $Q mount -o allow_other a.qcow2 m || exit
            setpriv --reuid=1003 --regid=65534 --clear-groups cat m/header/size
            setpriv --reuid=1003 --regid=65534 --clear-groups bash -c "echo 5M > m/header/size"
            setpriv --reuid=1003 --regid=9 --clear-groups cat m/header/size
            setpriv --reuid=65534 --regid=65534 --clear-groups $Q umount m' bash "$1"
            """, [("D", _directory.Path)], configure);
        Assert.Equal((status, output), (result.ExitCode, result.Output));
        if (status == 0)
        {
            Assert.Equal(2, result.Error.Split("Permission denied").Length - 1);
        }
        else
        {
            Assert.Contains("user_allow_other", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_user_without_a_home_and_without_PATH_mounts_an_image_of_his_own()
    {
        _directory.Do("chmod 755 .; chown 65534:65534 a.qcow2 m");
        var result = Program.AsNobody(_directory.Files, """
            env -i DOTNET_ROOT="$DOTNET_ROOT" $Q mount a.qcow2 m && cat m/header/size && echo 5M > m/header/size && cat m/header/size
            stat -c '%u %g' m m/header m/header/size | sort -u
            env -i DOTNET_ROOT="$DOTNET_ROOT" $Q umount m
            """);
        Assert.True(result is { ExitCode: 0, Output: "4194304\n5242880\n65534 65534\n", Error: "" }, result.ToString());
    }

    [Fact]
    public void An_image_that_may_only_be_read_is_mounted_and_refuses_changes()
    {
        _directory.Do("chmod 755 .; chmod 644 a.qcow2; chown 65534:65534 m");
        var result = Program.AsNobody(_directory.Files, "$Q mount a.qcow2 m; cat m/header/size; echo 5M > m/header/size; $Q umount m");
        Assert.Equal("4194304\n", result.Output);
        Assert.Contains("Permission denied", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();
}
