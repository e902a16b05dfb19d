namespace Qcow2Fs.Mount.Tests;

/// <summary>Others that write the image: a second mount and commands beside the first, and QEMU's storage daemon.</summary>
[Trait("Category", "Slow")]
public sealed class OtherWriterTests
{
    private const int Writers = 40;

    [Fact]
    public void Forty_writers_on_two_mounts_and_by_commands_lose_no_update()
    {
        using var mount = MountedImage.Of("backing-raw");
        mount.Do($$"""
            mkdir $D/second
            $Q mount $I $D/second
            for i in $(seq {{Writers}}); do
              name=$(printf extensions/0x%08x $((0x1000 + i)))
              case $((i % 3)) in
                0) printf %s "$i" > $name & ;;
                1) printf %s "$i" > $D/second/$name & ;;
                2) $Q write $I $name "$i" & ;;
              esac
              pids="$pids $!"
            done
            for pid in $pids; do wait $pid || exit 1; done
            """);
        var written = mount.Header.Extensions.Where(e => e.Magic is > 0x1000 and <= 0x1000 + Writers)
            .ToDictionary(e => (int)e.Magic - 0x1000, e => System.Text.Encoding.ASCII.GetString(e.Payload.AsSpan()));
        Assert.Equal(Enumerable.Range(1, Writers).ToDictionary(i => i, i => $"{i}"), written);
        Assert.Equal(mount.Do("ls -U extensions"), mount.Do("ls -U $D/second/extensions"));
        mount.Do("$Q umount $D/second");
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
