using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>
/// When a handle's bytes are committed, whoever opens it, by whatever path, and whatever its copies do meanwhile: the rules of
/// docs/mount.md (Open files).
/// </summary>
public sealed class HandleTests
{
    // One write of more than a cluster.
    private const string TooMuch = "dd if=/dev/zero bs=100000 count=1 status=none";

    // Copies of the descriptor that are closed before the first byte, or in the middle of the data.
    public static TheoryData<string> Writers =>
    [
        $"{TooMuch} > extensions/0xcafe",
        $"bash -c 'exec 3>extensions/0xcafe; /bin/true; {TooMuch} >&3'",
        $"dash -c 'exec 3>extensions/0xcafe; /bin/true; {TooMuch} >&3'",
        $"fish -c '{TooMuch} > extensions/0xcafe'",
        $"zsh -c '{TooMuch} > extensions/0xcafe'",
        $"busybox sh -c '{TooMuch} > extensions/0xcafe'",
        "python3 -c 'import os,sys\nf=os.open(\"extensions/0xcafe\",os.O_WRONLY|os.O_TRUNC)\nif os.fork()==0: os._exit(0)\nos.wait()\n"
            + "try: os.write(f,bytes(100000))\nexcept OSError: sys.exit(1)'",
        "dd if=/dev/zero of=extensions/0xcafe bs=100000 count=1",
        $"{TooMuch} > $D/big; cp $D/big extensions/0xcafe",
    ];

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Writers))]
    public void A_refused_write_leaves_the_old_payload(string script)
    {
        using var mount = MountedImage.Of("default");
        mount.Do("printf hello > extensions/0xcafe");
        Assert.NotEqual(0, mount.Run(script).ExitCode);
        Assert.Equal("hello", mount.Do("cat extensions/0xcafe"));
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("backing_file")]
    [InlineData("extensions/0xcafe")]
    public void A_file_that_is_being_created_stays_when_a_reader_of_it_closes(string file)
    {
        using var mount = MountedImage.Of("default");
        mount.Do($"""
            python3 -c 'import os
            new = os.open("{file}", os.O_CREAT | os.O_WRONLY)
            os.close(os.open("{file}", os.O_RDONLY))
            os.stat("{file}")
            os.write(new, b"text")
            os.close(new)'
            """);
        Assert.Equal("text", mount.Do($"cat {file}").TrimEnd());
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void The_path_of_the_mount_does_not_matter()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("printf hello > extensions/0xcafe; mkdir $D/bound $D/root $D/root/m");
        mount.Run($"""
            mount --bind "$M" "$D/bound"; mount --bind "$M" "$D/root/m"
            {TooMuch} > "$D/bound/extensions/0xcafe"
            mkdir -p "$D/root/bin"; cp "$(command -v busybox)" "$D/root/bin"
            chroot "$D/root" /bin/busybox sh -c 'busybox cat /bin/busybox > /m/extensions/0xcafe'
            umount "$D/bound" "$D/root/m"
            """);
        Assert.Equal("hello", mount.Do("cat extensions/0xcafe"));
    }

    [Fact]
    public void A_producer_that_starts_with_an_empty_command_makes_one_update()
    {
        using var mount = MountedImage.Of("default");
        var before = mount.Bytes;
        mount.Do("""{ /bin/true; /bin/true; cmp "$I" "$D/before" 2>/dev/null; cp "$I" "$D/between"; printf all; } > extensions/0xcafe""");
        Assert.Equal(before, File.ReadAllBytes(mount.Directory["between"]));
        Assert.Equal("all", mount.Do("cat extensions/0xcafe"));
    }

    [Fact]
    public void What_a_write_accepted_is_committed_though_the_next_was_refused()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("""
            python3 -c '
            import os, errno
            f = os.open("extensions/0xcafe", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            os.write(f, b"accepted")
            try: os.write(f, bytes(100000)); raise SystemExit("not refused")
            except OSError as e: assert e.errno == errno.ENOSPC, e
            os.fsync(f)
            os.close(f)'
            """);
        Assert.Equal("accepted", mount.Do("cat extensions/0xcafe"));
    }

    [Fact]
    public void What_was_accepted_and_cannot_be_committed_is_said_by_each_fsync_and_close_until_it_is()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("""
            {
                while [ ! -e "$D/go" ]; do sleep 0.05; done
                # It answers once the image is open and locked.
                coproc qemu-io "$I"; vm=$COPROC_PID; echo length >&${COPROC[1]}; read -r -u ${COPROC[0]}
                touch "$D/held"
                while [ ! -e "$D/end" ]; do sleep 0.05; done
                kill -9 $vm; wait $vm; touch "$D/free"
            } 2> /dev/null &
            python3 -c '
            import os, errno, time
            d = os.environ["D"]
            def after(a, b):
                open(d + "/" + a, "w").close()
                while not os.path.exists(d + "/" + b): time.sleep(0.05)
            f = os.open("extensions/0xcafe", os.O_CREAT | os.O_WRONLY)
            os.write(f, b"accepted")
            after("go", "held")
            for call in (os.fsync, lambda f: os.close(os.dup(f)), os.fsync):
                try: call(f); raise SystemExit("no error")
                except OSError as e: assert e.errno == errno.EBUSY, e
            assert "extensions/0xcafe" in open("last_error").read()
            after("end", "free")
            os.fsync(f)
            os.close(f)'
            """);
        Assert.Equal("accepted", mount.Do("cat extensions/0xcafe"));
    }

    [Fact]
    public void A_truncation_is_committed_by_fsync_by_a_longer_length_and_by_the_last_close()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("printf hello > extensions/0xcafe");
        mount.Do("python3 -c 'import os\nf=os.open(\"extensions/0xcafe\",os.O_WRONLY|os.O_TRUNC)\nos.fsync(f)\nos._exit(0)'");
        Assert.Equal("0", mount.Line("stat -c %s extensions/0xcafe"));
        mount.Do("python3 -c 'import os\nf=os.open(\"extensions/0xcafe\",os.O_WRONLY)\nos.ftruncate(f,3)\nos.close(f)'; " +
            "cmp -n 3 extensions/0xcafe /dev/zero");
        mount.Do("printf hello > extensions/0xcafe; : > extensions/0xcafe; ls extensions > /dev/null");
        Assert.Equal("0", mount.Line("stat -c %s extensions/0xcafe"));
        mount.Do("printf hello > extensions/0xcafe; truncate -s 2 extensions/0xcafe");
        Assert.Equal("he", mount.Do("cat extensions/0xcafe"));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void A_truncation_of_an_image_in_use_is_refused_at_open()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("printf hello > extensions/0xcafe");
        using var holder = new Holder(mount.Image);
        mount.Refuses("Device or resource busy", "bash -c ': > extensions/0xcafe'");
        mount.Refuses("Device or resource busy", "bash -c ': > extensions/0xbeef'");
        Assert.Equal("hello", mount.Do("cat extensions/0xcafe"));
    }

    [Fact]
    public void A_broken_document_fails_aloud_and_can_be_completed()
    {
        using var mount = MountedImage.Of("default");
        mount.Refuses("Invalid argument", "head -c 100 header.json > $D/broken.json; cp $D/broken.json header.json");
        mount.Do("cp header.json $D/whole.json; " +
            "bash -c 'exec 3>header.json; head -c 100 $D/whole.json >&3 2>/dev/null; tail -c +101 $D/whole.json >&3'");
    }

    /// <summary>
    /// A folder of a user is served by root. The user opens his image, renames another one over its name, and must neither read
    /// nor write that.
    /// </summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("header.bin", "bytes(512)")]
    [InlineData("header/nb_snapshots", "b\"7\"")]
    [InlineData("extensions/0x1", "b\"changed\"")]
    [InlineData("header.json", "b\"{\\\"header\\\": {\\\"nb_snapshots\\\": 7}}\"")]
    public void A_handle_belongs_to_the_file_that_it_was_opened_on(string path, string data)
    {
        using var directory = new MountDirectory();
        directory.Do("""
            mkdir pool; qemu-img create -q -f qcow2 pool/bob.qcow2 1M; qemu-img create -q -f qcow2 pool/secret.qcow2 8M
            "$Q" mount pool m; printf first > m/bob.qcow2/extensions/0x1
            """);
        var secret = File.ReadAllBytes(directory["pool/secret.qcow2"]);
        directory.Do($"""
            python3 -c '
            import os, errno
            f = os.open("m/bob.qcow2/{path}", os.O_RDWR)
            before = os.pread(f, 1 << 20, 0)
            os.rename("pool/secret.qcow2", "pool/bob.qcow2")
            assert os.pread(f, 1 << 20, 0) == before
            for attempt in range(3):
                try: os.pwrite(f, {data}, 0); os.fsync(f); raise SystemExit("not refused")
                except OSError as e: assert e.errno == errno.ESTALE, e
            os.close(f)'
            """);
        Assert.Equal(secret, File.ReadAllBytes(directory["pool/bob.qcow2"]));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Forty_children_of_a_writer_do_not_stop_the_mount()
    {
        using var mount = MountedImage.Of("default");
        mount.Do("""
            python3 -c '
            import subprocess, time
            files = [open("extensions/0x%x" % n, "wb") for n in range(100, 140)]
            start = time.monotonic()
            for f in files: f.write(subprocess.check_output(["/bin/echo", "-n", "x"]))
            for f in files: f.close()
            assert time.monotonic() - start < 10, time.monotonic() - start'
            """);
        Assert.Equal("40", mount.Line("cat extensions/0x0000006[4-9a-f] extensions/0x000000[78]* | wc -c"));
    }
}
