namespace Qcow2Fs.Mount.Tests;

/// <summary>What happens to the image file while it is mounted. The daemon must live through all of it.</summary>
[Trait("Category", "Slow")]
public class ImageAwayTests
{
    [Fact]
    public void Another_image_moved_over_it_is_what_the_mount_shows()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("qemu-img create -q -f qcow2 -o cluster_size=512 $D/other 9M; exec 3< header/size; mv $D/other $I; cat <&3 > /dev/null");
        Assert.Equal("9437184\n9\n512\n", mount.Do("cat header/size header/cluster_bits; stat -c %s header.bin"));
        mount.Do("echo 8M > header/size");
        mount.Qemu_agrees();
    }

    /// <summary>What undoes the changes of one image would destroy another one.</summary>
    [Theory]
    [InlineData("mv $D/other $I")]
    [InlineData("rm $I; cp $D/other $I")]
    public void The_original_cluster_of_another_image_is_its_own(string replace)
    {
        using var mount = MountedImage.Of("default");
        mount.Do($"echo 2M > header/size; qemu-img create -q -f qcow2 -o cluster_size=4096 $D/other 77M; sleep 0.02; {replace}; " +
            "cp $I $D/kept; cp header.orig.bin header.bin");
        Assert.Equal("80740352\n4096\n", mount.Do("cmp $I $D/kept; cat header/size; stat -c %s header.orig.bin"));
        Assert.Equal("80740352\n", mount.Do("echo 78M > header/size; cp header.orig.bin header.bin; cat header/size"));
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_staged_payload_is_not_written_to_another_image()
    {
        using var mount = MountedImage.Of("default");
        var result = mount.Run("""
            qemu-img create -q -f qcow2 -o cluster_size=512 $D/other 9M
            python3 -c '
            import os, sys
            f = os.open("extensions/0x5", os.O_CREAT | os.O_WRONLY)
            os.write(f, bytes(2000))
            os.rename(sys.argv[1], sys.argv[2])
            os.close(f)' $D/other $I
            """);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Stale file handle", result.Error, StringComparison.Ordinal);
        Assert.Empty(mount.Header.Extensions);
        mount.Qemu_agrees();
    }

    [Fact]
    public void Without_its_image_a_mount_answers_with_errors_and_recovers()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("mv $I $D/away");
        foreach (var script in new[] { "cat header/size", "cat header.bin", "ls extensions", "echo 1 > header/size", "touch extensions/0x5",
            "rm extensions/0x6803f857", "touch features/compatible/5", "df ." })
        {
            var result = mount.Run(script);
            Assert.True(result.ExitCode != 0 && result.Error.Contains("Input/output error", StringComparison.Ordinal), result.ToString());
        }

        Assert.Contains("image", mount.LastError(), StringComparison.Ordinal);
        mount.Do("mv $D/away $I");
        Assert.Equal("4194304\n", mount.Do("cat header/size"));
        mount.Do("echo 5M > header/size");
        mount.Qemu_agrees();
    }

    [Fact]
    public void An_image_cut_to_nothing_reads_as_zeros_and_can_be_restored()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("cp header.bin $D/saved; truncate -s 0 $I; ls -lR . > /dev/null; find . -type f -exec cat {} + > /dev/null");
        Assert.Equal("0x0\n0\n", mount.Do("cat header/magic header/version"));
        mount.Do("cp $D/saved header.bin; cmp header.bin $D/saved");
        Assert.Equal("4194304\n", mount.Do("cat header/size"));
    }

    [Theory]
    [InlineData("rm $I; mkdir $I", "rmdir $I", "Invalid argument")]
    [InlineData("rm $I; mkfifo $I", "rm $I", "Invalid argument")]
    [InlineData("rm $I; ln -s $I $I", "rm $I", "Too many levels of symbolic links")]
    [InlineData("rm $I; ln -s /dev/zero $I", "rm $I", "Too many levels of symbolic links")]
    public void What_is_no_file_any_more_is_an_error_and_never_a_wait(string replace, string remove, string words)
    {
        using var mount = MountedImage.Of("default");
        mount.Do($"cp $I $D/copy; {replace}");
        foreach (var script in new[] { "cat header/size", "echo 1 > header/size", "touch extensions/0x5" })
        {
            var result = mount.Run(script);
            Assert.True(result.ExitCode != 0 && result.Error.Contains(words, StringComparison.Ordinal), result.ToString());
        }

        Assert.NotEqual("", mount.LastError());
        mount.Do($"{remove}; cp $D/copy $I");
        Assert.Equal("4194304\n", mount.Do("cat header/size"));
    }

    [Fact]
    public void A_short_file_reads_as_zeros_behind_its_end_and_grows_as_little_as_it_must()
    {
        using var mount = MountedImage.Made("qemu-img create -q -f qcow2 full 1M; head -c 104 full > $I");
        Assert.Equal("1048576\n0\n", mount.Do("cat header/size header/compression_type"));
        Assert.Equal("", mount.Do("ls extensions"));
        mount.Do("echo 2M > header/size; cat header.bin > /dev/null; printf abc > extensions/0x5");
        Assert.Equal("abc", mount.Do("cat extensions/0x5"));
        Assert.InRange(mount.Bytes.Length, 123, 512);
    }

    [Fact]
    public void A_mode_taken_away_refuses_an_ordinary_users_daemon()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("cd $D; chmod 755 .; mkdir n; chown 65534:65534 $I n");
        var output = Program.AsNobody(mount.Directory, """
            $Q mount $I n && chmod 400 $I && cat n/header/size
            echo 1 > n/header/size
            cp n/header/size n/header.bin
            rm n/extensions/0x6803f857
            chmod 0 $I; cat n/header/size
            chmod 600 $I; echo 5M > n/header/size && cat n/header/size; $Q umount n
            """.Replace("$I", mount.Image, StringComparison.Ordinal));
        Assert.Equal("4194304\n5242880\n", output.Output);
        Assert.Equal(4, output.Error.Split("Permission denied").Length - 1);
        mount.Qemu_agrees();
    }

    [Fact]
    public void An_image_whose_file_system_becomes_read_only_or_goes_away_is_an_error_and_no_crash()
    {
        using var directory = new MountDirectory();
        directory.Do("mkdir t; mount -t tmpfs none t; cp a.qcow2 t; $Q mount t/a.qcow2 m; mount -o remount,ro t");
        var daemon = directory.Daemon;
        Fails("echo 5M > m/header/size", "Read-only file system");
        Fails("printf abc > m/extensions/0x5", "Read-only file system");
        Fails("rm m/extensions/0x6803f857", "Read-only file system");
        Assert.Equal("4194304\n", directory.Do("cat m/header/size"));
        Assert.Equal("5242880\n", directory.Do("mount -o remount,rw t; echo 5M > m/header/size; cat m/header/size"));

        // Out of sight the file system lives on with the mount, and the image with it.
        Assert.Equal("6291456\n", directory.Do("umount -l t; echo 6M > m/header/size; cat m/header/size"));
        directory.Do("$Q umount m");
        Mounts.WaitFor(() => !System.IO.Directory.Exists($"/proc/{daemon}"), "the daemon's end");

        void Fails(string script, string words)
        {
            var result = directory.Run(script);
            Assert.True(result.ExitCode != 0 && result.Error.Contains(words, StringComparison.Ordinal), result.ToString());
        }
    }

    [Fact]
    public void An_image_removed_with_its_directory_is_an_error_and_no_crash()
    {
        using var directory = new MountDirectory();
        directory.Do("mkdir d; cp a.qcow2 d; $Q mount d/a.qcow2 m; exec 3< m/header/size; rm -r d; [ \"$(cat <&3)\" = 4194304 ]");
        foreach (var script in new[] { "cat m/header/size", "echo 1 > m/header/size", "touch m/extensions/0x5", "cat m/header.bin",
            "ls -l m" })
        {
            var result = directory.Run(script);
            Assert.True(result.ExitCode != 0 && result.Error.Contains("Input/output error", StringComparison.Ordinal), result.ToString());
        }

        directory.Do("cat m/last_error; $Q umount m");
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "")]
    [InlineData(100, "dd")]
    [InlineData(1000, "dd")]
    public void A_sparse_or_growing_image_is_only_changed_in_its_header(int megabytes, string more)
    {
        using var mount = MountedImage.Of("default");
        mount.Do("truncate -s $1M $I; test -z \"$2\" || printf end | dd of=$I bs=1 seek=$(($1 * 1048576 - 3)) conv=notrunc status=none",
            $"{megabytes}", more);
        var before = mount.Line("tail -c +65537 $I | md5sum; stat -c '%s' $I");
        mount.Do("printf abc > extensions/0x5; echo name > backing_file; echo 2 > header/version; echo 3 > header/version; " +
            "rm backing_file extensions/0x5");
        Assert.Equal(before, mount.Line("tail -c +65537 $I | md5sum; stat -c '%s' $I"));
    }
}
