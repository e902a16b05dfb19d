namespace Qcow2Fs.Mount.Tests;

/// <summary>A mount at the end of what it may have.</summary>
[Trait("Category", "Slow")]
public sealed class LimitTests
{
    [Fact]
    public void Without_a_descriptor_left_the_error_is_that_and_not_another_image()
    {
        using var mount = MountedImage.Of("default");
        var sentences = mount.Do("""
            # What a refusal needs is loaded by the runtime, which ends where it finds no descriptor.
            echo 1 > header/size; mv $I $D/away; (echo 1 > header/size) 2> /dev/null; mv $D/away $I; cat header/size last_error > /dev/null
            top=$(ls /proc/$PID/fd | sort -n | tail -1)
            for limit in $(seq $((top + 2)) -1 4); do
                prlimit --pid $PID --nofile=$limit:
                (echo $limit > header/size) 2> $D/error || break
            done
            prlimit --pid $PID --nofile=1024:
            cat last_error; sed 's/.*: //' $D/error
            echo 512 > header/size
            """);
        // The file was opened, and what has its name now could not be.
        Assert.Equal("header/size: the image cannot be found: Too many open files\nToo many open files\n", sentences);
    }
}
