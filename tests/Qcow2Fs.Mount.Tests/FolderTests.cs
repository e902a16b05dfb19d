using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>A folder as SOURCE: <c>$I</c> is the folder, the mount mirrors it.</summary>
public class FolderTests
{
    private const string Pool = """
        mkdir -p $I/a/b; cd $I
        qemu-img create -q -f raw base.raw 1M
        qemu-img create -q -f qcow2 -b base.raw -F raw one.qcow2 1M
        cp one.qcow2 a/two; cp one.qcow2 'a/b/three 3'
        """;

    [Fact]
    public void Images_at_any_depth_are_directories_and_other_files_do_not_appear()
    {
        using var pool = MountedImage.Made(Pool + "; echo text > text; : > empty; printf QFI > short; mkfifo fifo; ln -s one.qcow2 link");
        Assert.Equal("a\na/b\na/b/three 3\na/two\none.qcow2\n", pool.Do("find . -maxdepth 4 -name header -prune -o -type d -printf " +
            "'%P\\n' | grep -v -E '/(features|extensions|snapshots|bitmaps|l[12]|refcount.*)|^$' | LC_ALL=C sort"));
        Assert.Equal("base.raw\n", pool.Do("cat 'a/b/three 3/backing_file'"));
        Assert.Equal("drwxr-xr-x\n", pool.Do("stat -c %A a/two"));
        foreach (var name in new[] { "base.raw", "text", "empty", "short", "fifo", "link", "a/none" })
        {
            pool.Do("! test -e \"$1\" && ! ls \"$1\" 2> /dev/null", name);
        }
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Images_come_change_and_go_at_once()
    {
        using var pool = MountedImage.Made(Pool);
        Assert.Equal("a\nlast_error\none.qcow2\n", pool.Do("ls"));
        Assert.Equal("a\nlast_error\nnew\none.qcow2\n2097152\n", pool.Do("qemu-img create -q -f qcow2 $I/new 2M; ls; cat new/header/size"));
        Assert.Equal("a\nlast_error\nnewer\none.qcow2\n2097152\n",
            pool.Do("mv $I/new $I/newer; ls; cat newer/header/size; ! cat new/header/size 2> /dev/null"));
        Assert.Equal("4194304\n", pool.Do("qemu-img create -q -f qcow2 $D/other 4M; mv $D/other $I/newer; cat newer/header/size"));
        Assert.Equal("8388608\n", pool.Do("qemu-img resize -q $I/newer 8M; cat newer/header/size"));
        Assert.Equal("a\nlast_error\none.qcow2\n", pool.Do("rm $I/newer; ls; ! test -e newer/header"));
        Assert.Equal("last_error\n", pool.Do("mv $I/a $D/away; rm $I/one.qcow2; ls"));
        Assert.Equal("a\nlast_error\n1048576\n", pool.Do("mv $D/away $I/a; ls; cat a/two/header/size"));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void One_image_takes_the_place_of_another_and_shows_nothing_of_it()
    {
        using var pool = MountedImage.Made(Pool);
        pool.Do("echo 3M > one.qcow2/header/size; ! echo x > one.qcow2/header/size 2> /dev/null; test -s one.qcow2/last_error");
        pool.Do("qemu-img create -q -f qcow2 $D/other 4M; mv $D/other $I/one.qcow2");
        Assert.Equal("4194304\n",
            pool.Do("cat one.qcow2/header/size; cat one.qcow2/last_error; cmp one.qcow2/header.orig.bin one.qcow2/header.bin"));
        Assert.Equal("4194304\n", pool.Do("mv $I/one.qcow2 $D/x; mkdir $I/one.qcow2; ls one.qcow2; rmdir $I/one.qcow2; " +
            "mv $D/x $I/one.qcow2; cat one.qcow2/header/size"));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void A_damaged_image_stays_until_it_is_repaired()
    {
        using var pool = MountedImage.Made(Pool);
        Assert.Equal("one.qcow2\n0x514649fb\n", pool.Do(
            "echo 0 > one.qcow2/header/magic; ls -d one.qcow2; echo 0x514649fb > one.qcow2/header/magic; cat one.qcow2/header/magic"));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Links_lead_nowhere()
    {
        using var pool = MountedImage.Made(
            Pool + "; cp one.qcow2 $D/secret; ln -s $D/secret out; ln -s $D outdir; ln -s ../../secret a/b/up; ln -s loop loop; " +
                "ln -s a inside; ln -s one.qcow2 image");
        Assert.Equal("a\nlast_error\none.qcow2\n", pool.Do("ls"));
        foreach (var path in new[] { "out/header/size", "outdir", "outdir/secret/header/size", "a/b/up", "loop", "inside", "inside/two",
            "image/header" })
        {
            pool.Do("! cat \"$1\" 2> /dev/null && ! ls \"$1\" 2> /dev/null", path);
        }

        // A folder that becomes a link between two looks.
        pool.Do("cat a/two/header/size > /dev/null; mkdir $D/evil; cp $D/secret $D/evil/two; mv $I/a $D/a; ln -s $D/evil $I/a; " +
            "! cat a/two/header/size 2> /dev/null");
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void The_mount_point_inside_the_folder_is_not_walked_into()
    {
        using var directory = new TempDirectory();
        try
        {
            var result = Program.Shell(
                """
                set -e; cd "$D"; mkdir -p pool/a/mnt; qemu-img create -q -f qcow2 pool/a/one 1M
                "$Q" mount pool pool/a/mnt
                find pool/a/mnt -name size; ls pool/a/mnt/a
                """,
                [("D", directory.Path)]);
            Assert.Equal("pool/a/mnt/a/one/header/size\none\n", result.Expect().Output);
        }
        finally
        {
            Mounts.Clear(directory["pool/a/mnt"]);
        }
    }

    /// <summary>Each would wait for the other's answer, or for its own.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("ln -s pool link; $Q mount pool link/a/m1", "ls -lR pool/a/m1")]
    [InlineData("$Q mount pool pool/a/m1; $Q mount pool pool/m2", "ls -lR pool/a/m1; ls -lR pool/m2")]
    [InlineData("$Q mount pool pool/a/m1; $Q mount pool pool/m2",
        "for i in $(seq 30); do ls -lR pool/a/m1; done & for i in $(seq 30); do ls -lR pool/m2; done; wait")]
    [InlineData("$Q mount pool pool/a/m1; $Q mount pool/a/m1 pool/m2", "ls -lR pool/a/m1; ls -l pool/m2 pool/m2/a/one")]
    [InlineData("$Q mount pool pool/a/m1; $Q mount pool/a/one pool/m2", "ls -lR pool/a/m1; ls -lR pool/m2")]
    public void Mounts_inside_of_folders_do_not_wait_for_each_other(string mount, string look)
    {
        using var directory = new TempDirectory();
        try
        {
            Program.Shell($"set -e; cd $D; mkdir -p pool/a/m1 pool/m2; qemu-img create -q -f qcow2 pool/a/one 1M; {mount}",
                [("D", directory.Path)]).Expect();
            var result = Program.Shell("cd $D; timeout 30 bash -c \"$1\" > $D/list; echo $?; ls pool/a/m1/a", [("D", directory.Path)],
                look);
            Assert.True(result is { Output: "0\none\n", Error: "" }, result.ToString());
        }
        finally
        {
            Program.Shell("pkill -KILL -f \"$1\"", directory.Path);
            Mounts.Clear(directory["pool/m2"]);
            Mounts.Clear(directory["pool/a/m1"]);
        }
    }

    /// <summary>A look into any of these asks the mount itself, and would wait for its own answer for ever.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("mnt", "mv pool p; ln -s p pool; mount -t tmpfs none other")]
    [InlineData("c\rd", "mount -t tmpfs none other")]
    [InlineData("mnt", "mkdir $'pool/\\xff'; mount --bind pool/mnt $'pool/\\xff'")]
    [InlineData("mnt", "mkdir pool/new; mount --bind pool/mnt/one pool/new")]
    [InlineData("mnt", "mkdir pool/over; mount -t overlay -o lowerdir=pool/mnt:other none pool/over")]
    [InlineData("mnt", "mkdir pool/m2; $Q mount $D/pool pool/m2")]
    [InlineData("mnt", "mkdir pool/m2; $Q mount $D/pool/one pool/m2")]
    [InlineData("mnt", "cp pool/one pool/two; mount --bind pool/mnt/one/header.bin pool/two")]
    [InlineData("mnt", "cp pool/one pool/two; cat pool/mnt/two/header/size; mount --bind pool/mnt/two/header.bin pool/two")]
    [InlineData("mnt", "mkdir pool/tmp; mount -t tmpfs none pool/tmp; cp pool/one pool/tmp")]
    public void What_is_mounted_inside_the_folder_does_not_appear(string mountPoint, string mountMore)
    {
        using var directory = new TempDirectory();
        var result = Program.Shell("""
            exec unshare -m bash -ec '
              trap "pkill -KILL -f \"\$D\"" EXIT
              cd "$D"; mkdir -p "pool/$N" other; qemu-img create -q -f qcow2 pool/one 1M; $Q mount "$D/pool" "pool/$N"
              eval "$1" > log
              timeout 30 sh -c "ls -lR \"pool/\$N\" > list & wait \$!"
              ls "pool/$N"' bash "$1"
            """, [("D", directory.Path), ("N", mountPoint)], mountMore);
        // .NET could not remove a name that is not UTF-8.
        Program.Shell("rm -rf $1/*", directory.Path);
        Assert.True(result is { ExitCode: 0, Output: "last_error\none\n", Error: "" }, result.ToString());
    }

    [Fact]
    public void An_image_that_is_covered_cannot_be_opened_and_the_mount_goes_on()
    {
        using var mount = MountedImage.Of("default");
        var result = mount.Run("cat header/size; mount --bind header.bin $I; timeout 30 cat header/size; umount $I; cat header/size");
        Assert.Equal("4194304\n4194304\n", result.Output);
        Assert.Contains("Invalid cross-device link", result.Error, StringComparison.Ordinal);
    }

    /// <summary>As containers mount one file of the host.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void An_image_that_is_a_mount_point_from_the_start_can_be_mounted()
    {
        using var directory = new MountDirectory();
        Assert.Equal("4194304\n5242880\n5242880\n", directory.Do(
            "touch b; mount --bind a.qcow2 b; $Q mount b m; cat m/header/size; echo 5M > m/header/size; cat m/header/size; $Q umount m; " +
                "umount b; $Q cat a.qcow2 header/size"));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void What_may_not_be_read_is_there_and_says_so()
    {
        using var directory = new TempDirectory();
        QemuImages.Named("default").Make(directory);
        Program.Shell(
            "cd \"$D\"; mkdir pool m; chown 65534 m; mv *.qcow2 pool/open; cp pool/open pool/closed; chmod 600 pool/closed; " +
                "mkdir pool/dark; cp pool/open pool/dark; chmod 700 pool/dark; chmod 755 . pool; chmod 644 pool/open",
            [("D", directory.Path)]).Expect();
        var result = Program.AsNobody(
            directory,
            "\"$Q\" mount pool m && { ls m; cat m/open/header/size; cat m/closed/header/size; ls m/dark; ls m/dark/open; " +
                "cat m/closed/last_error; fusermount3 -u m; } 2>&1");
        Assert.Equal(
            """
            closed
            dark
            last_error
            open
            4194304
            cat: m/closed/header/size: Permission denied
            ls: cannot open directory 'm/dark': Permission denied
            ls: cannot access 'm/dark/open': Permission denied
            header/size: the image cannot be opened: Permission denied

            """.ReplaceLineEndings("\n"),
            result.Output);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("touch new")]
    [InlineData("mkdir new")]
    [InlineData("rm -f one.qcow2/header/size")]
    [InlineData("rmdir one.qcow2")]
    [InlineData("rmdir a")]
    [InlineData("mv one.qcow2 two.qcow2")]
    [InlineData("ln -s x y")]
    [InlineData("touch a/.one.swp")]
    public void Images_and_folders_are_not_made_or_removed_here(string script)
    {
        using var pool = MountedImage.Made(Pool);
        var result = pool.Run(script);
        Assert.True(result.ExitCode != 0 && result.Error.Contains("Operation not permitted", StringComparison.Ordinal), result.ToString());
        Assert.Equal("a\nlast_error\none.qcow2\n", pool.Do("ls"));
    }

    [Fact]
    public void One_command_changes_every_image_and_each_has_its_own_last_error()
    {
        using var pool = MountedImage.Made(Pool);
        pool.Do("sed -i 's#^#/new/#' */backing_file */*/backing_file; ! echo 1x > a/two/header/size 2> /dev/null");
        Assert.Equal("one.qcow2/backing_file:/new/base.raw\na/two/backing_file:/new/base.raw\n",
            pool.Do("grep . */backing_file */*/backing_file"));
        Assert.Equal("0\n1\n", pool.Do("wc -l < one.qcow2/last_error; wc -l < a/two/last_error"));
        Assert.Equal("a/two/header/size\n", pool.Do("cut -d: -f1 last_error"));
        Assert.Equal("/new/base.raw\n", pool.Do("qemu-img info -U --output=json $I/a/two | grep -o '/new/base.raw' | head -n 1"));
        Assert.Equal("1\n", pool.Do("mv one.qcow2/features/compatible/lazy_refcounts a/two/features/compatible/ 2> /dev/null; " +
            "touch one.qcow2/features/compatible/5; mv one.qcow2/features/compatible/5 a/two/features/compatible/; " +
                "ls a/two/features/compatible | grep -c ^5"));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Names_are_bytes()
    {
        using var pool = MountedImage.Made(Pool + "; for n in 'two\nlines' -dash $'\\xff\\xfe' 'quo\"te' ' '; do cp -- one.qcow2 \"$n\"; " +
            "done; rm -r a one.qcow2 base.raw");
        Assert.Equal("5\n", pool.Do("for f in */; do cat -- \"./${f}header/size\"; done | grep -c 1048576"));
        pool.Do("cat $'\\xff\\xfe/header/size' $'two\\nlines/header/size' > /dev/null; rm $I/$'\\xff\\xfe'");
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Looking_at_hundreds_of_images_holds_no_descriptor()
    {
        using var pool = MountedImage.Made(Pool + "; for i in $(seq 300); do cp one.qcow2 a/$i; done");
        Assert.Equal("303", pool.Line("grep -r . . --include=backing_file | wc -l"));
        Assert.Equal(pool.Image, pool.Line("readlink /proc/$PID/fd/* | grep -F $I"));
    }

    [Fact]
    public void A_folder_that_is_gone_says_so_and_comes_back()
    {
        using var pool = MountedImage.Made(Pool);
        pool.Do("mv $I/a $D/a; ! ls a 2> /dev/null; ! cat a/two/header/size 2> /dev/null; mv $D/a $I; cat a/two/header/size > /dev/null");
    }
}
