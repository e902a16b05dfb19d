using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>Entries of tables through a real mount; qemu-img says what has become of the image.</summary>
[Trait("Category", "Slow")]
public sealed class TableTests
{
    [Fact]
    public void Entries_are_read_set_replaced_and_removed_and_qemu_sees_it()
    {
        using var mount = MountedImage.Made(
            "qemu-img create -q -f qcow2 $I 1G; qemu-io -c 'write -q 0 128k' -c 'write -q -z 1M 64k' $I");
        var before = mount.Bytes;
        Assert.Equal("0x8000000000040000\n0\n0\n1\n16\n", mount.Do("cat l1/0; ls l1; ls l2/0"));
        Assert.Equal("0 1 2 3 4 5 6 ", mount.Do("ls refcounts | tr '\\n' ' '"));

        mount.Do("rm refcounts/5; echo 3 > refcounts/6; touch l1/1 refcounts/9");
        Assert.Equal("0 1 2 3 4 6 ", mount.Do("ls refcounts | tr '\\n' ' '"));
        var check = QemuImg.Check(mount.Image);
        Assert.Contains("ERROR cluster 5 refcount=0 reference=1", check.Output + check.Error, StringComparison.Ordinal);
        Assert.Contains("Leaked cluster 6 refcount=3 reference=1", check.Output + check.Error, StringComparison.Ordinal);

        mount.Do("echo 1 > refcounts/5; sed -i s/3/1/ refcounts/6; test $(cat refcounts/6) = 1");
        mount.Image_is(before);
        mount.Do("echo 1 > $D/x; mv $D/x refcounts/7; cp refcounts/7 refcounts/8; rm refcounts/[78]");
        mount.Image_is(before);
        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("Invalid argument", "echo much > l1/0")]
    [InlineData("Invalid argument", "echo 1 > l1/1")]
    [InlineData("Invalid argument", "touch l1/x")]
    [InlineData("Numerical result out of range", "echo 65536 > refcounts/0")]
    [InlineData("No such file or directory", "echo 1 > refcounts/40000")]
    [InlineData("Operation not permitted", "mkdir l2/1")]
    [InlineData("Operation not permitted", "rmdir l2/0")]
    [InlineData("Operation not permitted", "mv l2/0/0 l2/0/5")]
    [InlineData("Operation not permitted", "rm snapshots/0/date_sec")]
    [InlineData("Permission denied", "echo x > snapshots/0/name")]
    [InlineData("No such device or address", "echo 1 > snapshots/1/l1/0")]
    public void What_is_wrong_is_refused(string words, string script)
    {
        using var mount = MountedImage.Made(
            "qemu-img create -q -f qcow2 $I 4M; qemu-io -c 'write -q 0 64k' $I; qemu-img snapshot -c one $I; " +
            "qemu-img snapshot -c two $I; $Q write $I snapshots/1/l1_table_offset 0x40000000");
        mount.Refuses(words, script);
    }

    [Fact]
    public void Snapshots_have_their_own_tables()
    {
        using var mount = MountedImage.Made("""
            qemu-img create -q -f qcow2 $I 4M; qemu-io -c 'write -q 0 64k' $I
            qemu-img snapshot -c one $I; qemu-io -c 'write -q 0 64k' $I
            """);
        // The same guest cluster, before and after; both L2 tables lead to another host cluster.
        Assert.Equal("different\n", mount.Do("cmp -s snapshots/0/l2/0/0 l2/0/0 || echo different"));
        mount.Do("cp snapshots/0/l2/0/0 $D/old; echo 1000000000 > snapshots/0/date_sec");
        Assert.Equal("2001-09-09", mount.Line("TZ=UTC qemu-img snapshot -l $I | grep -o 2001-09-09"));
    }

    /// <summary>A program that removes what it lists sees each entry once: an index moves no other.</summary>
    [Fact]
    public void Entries_and_extensions_can_be_removed_while_they_are_listed()
    {
        Machine.Require("python3");
        using var mount = MountedImage.Made("""
            qemu-img create -q -f qcow2 -o cluster_size=64k $I 1G
            python3 - $I <<'end'
            import struct, sys
            with open(sys.argv[1], "r+b") as file:
                file.seek(0x20000)
                file.write(struct.pack(">3000H", *[1] * 3000))
                file.seek(112)
                file.write(b"".join(struct.pack(">II", 0x1000 + i // 3, 0) for i in range(900)) + bytes(8))
            end
            """);
        mount.Do("""
            cat > $D/remove.py <<'end'
            import os, sys
            names = []
            for entry in os.scandir(sys.argv[1]):
                names.append(entry.name)
                os.unlink(entry.path)
            assert len(names) == len(set(names)) == int(sys.argv[2]), len(names)
            assert os.listdir(sys.argv[1]) == []
            end
            python3 $D/remove.py refcounts 3000; python3 $D/remove.py extensions 900
            """);
    }
}
