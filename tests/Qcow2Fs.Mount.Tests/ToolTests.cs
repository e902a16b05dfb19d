namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class ToolTests
{
    // Each writes 8388608 to header/size. rsync takes files of one size and one second for equal, but for -I.
    public static TheoryData<string, string> Writers => new()
    {
        { "busybox", "echo 8388608 > $D/v; busybox cp $D/v header/size" },
        { "busybox", "echo 8388608 > $D/v; busybox cat $D/v > header/size" },
        { "busybox", "echo 8388608 | busybox dd of=header/size 2> /dev/null" },
        { "busybox", "echo 8388608 | busybox tee header/size > /dev/null" },
        { "busybox", "printf 8388608xyz | busybox head -c 7 > header/size" },
        { "md5sum", "echo 8388608 > $D/v; cp $D/v header/size" },
        { "md5sum", "echo 8388608 > $D/v; cp -a $D/v header/size" },
        { "md5sum", "echo 8388608 > $D/v; cat $D/v > header/size" },
        { "md5sum", "echo 8388608 | dd of=header/size status=none" },
        { "md5sum", "printf 8388608 | dd of=header/size bs=1 status=none" },
        { "md5sum", "echo 8388608 | dd of=header/size conv=notrunc,fsync status=none" },
        { "md5sum", "echo 8388608 | tee header/size > /dev/null" },
        { "md5sum", "printf 8388608xyz | head -c 7 > header/size" },
        { "md5sum", "truncate -s 0 header/size; printf 838860 > header/size; printf 8388608 > header/size" },
        { "md5sum", "echo 8388608 > $D/v; install -m 644 $D/v $D/w; cp --preserve=all $D/w header/size" },
        { "md5sum", "echo 8388608 | sort -o header/size" },
        { "md5sum", "sed -n 's/.*/8388608/w header/size' header/magic" },
        { "python3", "python3 -c 'open(\"header/size\", \"w\").write(\"8388608\\n\")'" },
        { "python3", "python3 -c 'f = open(\"header/size\", \"r+\"); f.read(); f.seek(0); f.write(\"8388608\"); f.truncate()'" },
        { "python3", "python3 -c 'import os; f = os.open(\"header/size\", os.O_WRONLY | os.O_TRUNC); " +
            "[os.write(f, c.encode()) for c in \"8388608\\n\"]'" },
        { "python3", "python3 -c 'import os; f = os.open(\"header/size\", os.O_WRONLY); os.write(f, b\"8388608\")'" },
        { "python3", "python3 -c 'import os; f = os.open(\"header/size\", os.O_WRONLY); os.ftruncate(f, 0); " +
            "os.pwrite(f, b\"8388608\", 0); os.fsync(f)'" },
        { "perl", "perl -e 'open my $f, \">\", \"header/size\" or die; print $f \"8388608\\n\"; close $f or die'" },
        { "ed", "printf 's/.*/8388608/\\nw\\nq\\n' | ed -s header/size" },
        { "vim", "vim -es -u NONE -i NONE -n -c '%s/.*/8388608/' -c 'w!' -c 'q!' header/size" },
        { "rsync", "echo 8388608 > $D/v; rsync -I --inplace $D/v header/size" },
        { "rsync", "mkdir $D/h; echo 8388608 > $D/h/size; rsync -aI --inplace $D/h/ header/" },
        { "tar", "mkdir $D/h; echo 8388608 > $D/h/size; tar c -C $D/h size | tar x --overwrite -C header" },
    };

    // Each fails to write "nonsense" to header/size and must say so.
    public static TheoryData<string, string, string> FailingWriters => new()
    {
        { "busybox", "echo nonsense > $D/v; busybox cp $D/v header/size", "Invalid argument" },
        { "busybox", "echo nonsense | busybox dd of=header/size", "Invalid argument" },
        { "busybox", "echo nonsense | busybox tee header/size", "I/O error" },
        { "busybox", "echo nonsense > $D/v; busybox cat $D/v > header/size", "Invalid argument" },
        { "md5sum", "echo nonsense > $D/v; cp $D/v header/size", "Invalid argument" },
        { "md5sum", "echo nonsense > $D/v; cat $D/v > header/size", "Invalid argument" },
        { "md5sum", "echo nonsense | dd of=header/size status=none", "Invalid argument" },
        { "md5sum", "echo nonsense | tee header/size", "Invalid argument" },
        { "md5sum", "printf nonsense | head -c 8 > header/size", "Invalid argument" },
        { "md5sum", "echo nonsense | sort -o header/size", "Invalid argument" },
        { "python3", "python3 -c 'open(\"header/size\", \"w\").write(\"nonsense\")'; " +
            "python3 -c 'with open(\"header/size\", \"w\") as f: f.write(\"nonsense\")'", "Invalid argument" },
        { "perl", "perl -e 'open my $f, \">\", \"header/size\" or die; print $f \"nonsense\\n\"; close $f or die $!'", "Invalid argument" },
        { "ed", "printf 's/.*/nonsense/\\nw\\nq\\n' | ed -s header/size", "Invalid argument" },
        { "rsync", "echo nonsense > $D/v; rsync -I --inplace $D/v header/size", "Invalid argument" },
        { "tar", "mkdir $D/h; echo nonsense > $D/h/size; tar c -C $D/h size | tar x --overwrite -C header", "Invalid argument" },
        { "vim", "vim -es -u NONE -i NONE -n -c '%s/.*/nonsense/' -c 'w!' -c 'q!' header/size || { echo failed >&2; exit 1; }", "failed" },
    };

    // Each must print the 4194304 of header/size, the payload of extension 5, or a sum of all.
    public static TheoryData<string, string, string> Readers => new()
    {
        { "busybox", "busybox cat header/size", "4194304" },
        { "busybox", "busybox cp header/size $D/v; cat $D/v", "4194304" },
        { "busybox", "busybox dd if=header/size bs=1 2> /dev/null", "4194304" },
        { "busybox", "busybox head -c 3 header/size", "419" },
        { "busybox", "busybox wc -c < header/size", "8" },
        { "md5sum", "cp header/size $D/v; cat $D/v", "4194304" },
        { "md5sum", "cp -a header $D/h; cat $D/h/size", "4194304" },
        { "md5sum", "dd if=header/size bs=1 status=none", "4194304" },
        { "md5sum", "dd if=header/size bs=1M iflag=direct status=none", "4194304" },
        { "md5sum", "head -c 3 header/size", "419" },
        { "md5sum", "tail -c 4 header/size", "304" },
        { "md5sum", "wc -c < extensions/0x5", "70000" },
        { "md5sum", "cat extensions/0x5 | md5sum | cmp - <(md5sum < $D/payload) && echo same", "same" },
        { "cmp", "cmp extensions/0x5 $D/payload && cmp -i 4000 extensions/0x5 $D/payload && echo same", "same" },
        { "python3", "python3 -c 'import mmap; f = open(\"extensions/0x5\", \"rb\"); " +
            "print(mmap.mmap(f.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)[:] == open(__import__(\"sys\").argv[1], " +
                "\"rb\").read())' $D/payload", "True" },
        { "python3", "python3 -c 'import os; f = os.open(\"header/size\", os.O_RDONLY); print(os.pread(f, 3, 2).decode())'", "943" },
        { "find", "find . -name size -size -9c -size +7c -type f", "./header/size" },
        { "find", "grep -r --include=size . header", "header/size:4194304" },
        { "find", "grep -rl 4194304 header features", "header/size" },
        { "tar", "tar c header extensions | tar x -C $D; cmp extensions/0x5 $D/extensions/0x00000005 && cat $D/header/size", "4194304" },
        { "tar", "tar c . | tar tv | awk '$6 ~ /0x00000005/ { print $3 }'", "70000" },
        { "rsync", "rsync -r header $D; cat $D/header/size", "4194304" },
        { "rsync", "rsync -a . $D/all; diff -r . $D/all && echo same", "same" },
        { "flock", "flock header/size cat header/size", "4194304" },
        { "flock", "flock . cat header/size", "4194304" },
        { "ed", "printf ',p\\nq\\n' | ed -s header/size", "4194304" },
        { "perl", "perl -pe '' header/size", "4194304" },
        { "xxd", "xxd -p header/size", "343139343330340a" },
    };

    [Theory]
    [MemberData(nameof(Writers))]
    public void A_tool_writes_a_value(string program, string script)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("default");
        var original = mount.Bytes;
        mount.Do(script);
        Assert.Equal("8388608\n", mount.Do("cat header/size"));
        Difference.Is_within(original, mount.Bytes, 24, 8);
    }

    [Theory]
    [MemberData(nameof(FailingWriters))]
    public void A_tool_says_that_a_value_was_refused(string program, string script, string words)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("default");
        Assert.Contains("nonsense", mount.Refuses(words, $"set -o pipefail; {script}"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_tool_reads_the_true_content(string program, string script, string output)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("cluster-131072");
        var before = mount.Do("head -c 70000 /dev/urandom > $D/payload; cp $D/payload extensions/0x5; md5sum $I");
        Assert.Equal(output, mount.Line(script));
        Assert.Equal(before, mount.Do("md5sum $I"));
    }

    [Fact]
    public void Nano_writes_a_value()
    {
        Machine.Require("nano");
        using var mount = MountedImage.Of("default");
        mount.Do("""
            python3 -c '
            import fcntl, os, pty, re, struct, termios
            pid, fd = pty.fork()
            if pid == 0:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
                os.environ["TERM"] = "xterm"
                os.execvp("nano", ["nano", "-I", "header/size"])
            # Of the two prompts nano 8 has the second.
            for shown, keys in (b"4194304", b"\x0b8388608\x0f"), (b"File Name|Write to File", b"\r"), (b"Wrote", b"\x18"):
                screen = b""
                while not re.search(shown, screen): screen += os.read(fd, 4096)
                os.write(fd, keys)
            os.waitpid(pid, 0)'
            """);
        Assert.Equal("8388608\n", mount.Do("cat header/size"));
    }

    [Fact]
    public void A_tree_can_be_copied_out_and_back()
    {
        using var mount = MountedImage.Of("backing");
        mount.Do("printf 123 > extensions/0x5");
        var original = mount.Bytes;
        mount.Do("cp -r header extensions features backing_file backing_format $D; for f in $D/header/*; do cp $f header/; done; " +
            "cp $D/extensions/* extensions/; cp $D/backing_* .");
        mount.Image_is(original);
        mount.Do("tar c header extensions backing_file | tar x --overwrite; rsync -a --inplace $D/header $D/extensions .");
        mount.Image_is(original);
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("busybox cat")]
    [InlineData("dd status=none if=/dev/stdin of=/dev/stdout < header/size #")]
    public void A_reader_sees_each_change_at_once(string reader)
    {
        using var mount = MountedImage.Of("default");
        var output = mount.Do($"for i in 5 123456789 7 1024 18446744073709551615 0; do echo $i > header/size; " +
            $"{reader} header/size\nstat -c %s header/size; done");
        Assert.Equal("5\n2\n123456789\n10\n7\n2\n1024\n5\n18446744073709551615\n21\n0\n2\n", output);
    }

    [Fact]
    public void An_open_file_keeps_the_content_of_its_opening()
    {
        using var mount = MountedImage.Of("default");
        Assert.Equal("4194304\n1048576\n", mount.Do("exec 3< header/size; echo 1M > header/size; cat <&3; cat header/size"));
    }
}
