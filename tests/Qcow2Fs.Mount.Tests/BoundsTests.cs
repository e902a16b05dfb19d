namespace Qcow2Fs.Mount.Tests;

/// <summary>What others can make a mount wait for, and what it keeps.</summary>
[Trait("Category", "Slow")]
public sealed class BoundsTests
{
    /// <summary>
    /// Who may read an image may lock any byte of it for reading. Its own writes are then refused; twenty of them, and those of the image
    /// beside it, do not wait (2 s each would be 40 s).
    /// </summary>
    [Fact]
    public void A_reader_that_locks_the_byte_of_a_commit_stalls_no_mount()
    {
        Machine.Require("python3");
        using var pool = MountedImage.Made("mkdir $I; for i in a b; do qemu-img create -q -f qcow2 $I/$i 1M; done");
        var result = pool.Run("""
            cat > $D/try.py <<'end'
            import errno, fcntl, os, sys, time
            image = open(os.environ["I"] + "/a", "rb")
            fcntl.lockf(image, fcntl.LOCK_SH, 1, 0x51324653)
            start = time.monotonic()
            for i in range(20):
                for name, refused in ("a", True), ("b", False):
                    try:
                        with open(name + "/header/size", "wb", buffering=0) as file:
                            file.write(b"%d" % (i * 512))
                        if refused:
                            sys.exit("not refused")
                    except OSError as e:
                        if not refused or e.errno != errno.EBUSY:
                            raise
            if time.monotonic() - start > 20:
                sys.exit("it waits")
            end
            python3 $D/try.py && cat a/last_error
            """);
        Assert.Equal("", result.Error);
        Assert.Contains("header/size: a program that reads the image has locked", result.Output, StringComparison.Ordinal);
    }
}
