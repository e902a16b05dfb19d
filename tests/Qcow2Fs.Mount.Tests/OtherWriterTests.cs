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
}
