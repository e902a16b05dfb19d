namespace Qcow2Fs.Mount.Tests;

/// <summary>Others that write the image: a second mount and commands beside the first, and QEMU's storage daemon.</summary>
[Trait("Category", "Slow")]
public sealed class OtherWriterTests
{
    private const int Writers = 40;

    /// <summary>Commands wait for each other. A mount waits 100 ms for another change, then EBUSY, so its writers try again.</summary>
    [Fact]
    public void Forty_writers_on_two_mounts_and_by_commands_lose_no_update()
    {
        using var mount = MountedImage.Of("backing-raw");
        mount.Do($$"""
            put() {
              until error=$( { printf %s "$2" > "$1"; } 2>&1 ); do
                case $error in *busy*) ;; *) echo "$error" >&2; return 1 ;; esac
              done
            }
            mkdir $D/second
            $Q mount $I $D/second
            for i in $(seq {{Writers}}); do
              name=$(printf extensions/0x%08x $((0x1000 + i)))
              case $((i % 3)) in
                0) put $name $i & ;;
                1) put $D/second/$name $i & ;;
                2) $Q write $I $name "$i" & ;;
              esac
              pids="$pids $!"
            done
            for pid in $pids; do wait $pid || failed=1; done
            ls -U $D/second/extensions > $D/names
            $Q umount $D/second
            [ -z "$failed" ]
            """);
        var written = mount.Header.Extensions.Where(e => e.Magic is > 0x1000 and <= 0x1000 + Writers)
            .ToDictionary(e => (int)e.Magic - 0x1000, e => System.Text.Encoding.ASCII.GetString(e.Payload.AsSpan()));
        Assert.Equal(Enumerable.Range(1, Writers).ToDictionary(i => i, i => $"{i}"), written);
        Assert.Equal(mount.Do("ls -U extensions"), mount.Do("cat $D/names"));
        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(",read-only=on", true)]
    [InlineData(",locking=off", false)]
    public void The_storage_daemon_has_the_image_or_has_it_not(string options, bool isBusy)
    {
        using var mount = MountedImage.Of("default");
        var readOnly = options.Contains("read-only", StringComparison.Ordinal) ? ",read-only=on" : "";
        var result = mount.Run($$"""
            qemu-storage-daemon --pidfile $D/pid --daemonize \
              --blockdev driver=file,node-name=file,filename=$I{{options}} \
              --blockdev driver=qcow2,node-name=disk,file=file{{readOnly}} || exit 9
            echo 5M > header/size; echo "write $?"
            cat header/size
            kill $(cat $D/pid)
            while kill -0 $(cat $D/pid) 2> /dev/null; do :; done
            echo 6M > header/size; cat header/size
            """);
        Assert.Equal(isBusy ? "write 1\n4194304\n6291456\n" : "write 0\n5242880\n6291456\n", result.Output);
        Assert.Equal(isBusy, result.Error.Contains("Device or resource busy", StringComparison.Ordinal));
        mount.Qemu_agrees();
    }

    /// <summary>
    /// Between the kernel's lookup of a name and its open another mount removes the file. The kernel then looks the name up again, so that
    /// O_CREAT never fails because a file is not there. It looks once: a second removal at the same moment is ESTALE, and a commit that
    /// holds the lock for long is EBUSY.
    /// </summary>
    [Fact]
    public void A_file_that_is_removed_while_it_is_opened_is_created()
    {
        Machine.Require("python3");
        using var mount = MountedImage.Of("default");
        mount.Do("""
            mkdir $D/second
            $Q mount $I $D/second
            cat > $D/churn.py <<'end'
            import os, sys, time
            path = sys.argv[1] + "/extensions/0xcafe"
            while True:
                try:
                    with open(path, "wb", buffering=0) as file:
                        file.write(b"x")
                    time.sleep(0.005)
                    os.unlink(path)
                    time.sleep(0.005)
                except OSError:
                    pass
            end
            cat > $D/open.py <<'end'
            import errno, os, sys, time
            end = time.monotonic() + 5
            opened = 0
            while time.monotonic() < end:
                try:
                    os.close(os.open("extensions/0xcafe", os.O_WRONLY | os.O_CREAT))
                    opened += 1
                except OSError as error:
                    if error.errno not in (errno.ESTALE, errno.EBUSY):
                        raise
            sys.exit(opened == 0)
            end
            python3 $D/churn.py $D/second & churn=$!
            result=0
            python3 $D/open.py || result=$?
            kill $churn
            wait $churn 2> /dev/null || true
            $Q umount $D/second
            rm -f extensions/0xcafe
            [ $result = 0 ]
            """);
        mount.Qemu_agrees();
    }
}
