using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

public class HeaderBinTests
{
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("default", 65536)]
    [InlineData("cluster-512", 512)]
    [InlineData("v2-backing", 65536)]
    [InlineData("cluster-2097152", 2097152)]
    public void It_is_the_first_cluster_can_be_poked_anywhere_and_put_back(string recipe, int size)
    {
        using var mount = MountedImage.Of(recipe);
        var original = mount.Bytes;
        mount.Do("cp header.bin $D/saved; cmp -n $1 header.bin $I; cmp -n $1 header.orig.bin $I; test $(stat -c %s $D/saved) = $1",
            $"{size}");
        foreach (var offset in new[] { 0, 3, 4, 20, 23, 72, 100, 103, 104, 111, 112, 120, 200, size - 513, size - 2, size - 1 }
            .Where(o => o >= 0 && o < size).Distinct())
        {
            mount.Do("printf '\\252' | dd of=header.bin bs=1 seek=$1 conv=notrunc status=none", $"{offset}");
            var expected = original.ToArray();
            expected[offset] = 0xaa;
            mount.Image_is(expected);
            mount.Do("find . -type f -exec cat {} + > /dev/null; cmp -n $1 $D/saved header.orig.bin; cp $D/saved header.bin", $"{size}");
            mount.Image_is(original);
        }

        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("cat $D/other > header.bin")]
    [InlineData("cp $D/other header.bin")]
    [InlineData("dd if=$D/other of=header.bin bs=100 status=none")]
    [InlineData("dd if=$D/other of=header.bin bs=1M status=none")]
    [InlineData("tee header.bin < $D/other > /dev/null")]
    public void Every_way_of_copying_brings_a_header_back(string script)
    {
        using var mount = MountedImage.Of("cluster-4096");
        mount.Do("cp header.bin $D/other; echo 8M > header/size; printf abc > extensions/0x1; echo name > backing_file");
        mount.Do(script);
        mount.Do("cmp header.bin $D/other; cmp -n 4096 $I $D/other");
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_byte_behind_its_end_is_refused()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Refuses("No space left on device", "printf x >> header.bin");
        mount.Refuses("No space left on device", "printf xx | dd of=header.bin bs=2 seek=511 oflag=seek_bytes conv=notrunc status=none");
        mount.Refuses("No space left on device", "printf x | dd of=header.bin bs=1 seek=4G conv=notrunc status=none");
        mount.Refuses("No space left on device", "head -c 513 $I > $D/x; cp $D/x header.bin");
    }

    [Fact]
    public void Truncating_it_changes_nothing()
    {
        using var mount = MountedImage.Of("default");
        var original = mount.Bytes;
        mount.Do(": > header.bin; truncate -s 0 header.bin; truncate -s 100 header.bin; python3 -c 'import os; " +
            "os.truncate(\"header.bin\", 0)'");
        mount.Image_is(original);
        Assert.Equal("65536\n", mount.Do("stat -c %s header.bin"));
    }

    [Fact]
    public void The_original_stays_what_it_was_before_the_first_change()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("head -c 512 $I > $D/first; echo 7M > header/size; echo 8M > header/size; cmp header.orig.bin $D/first; " +
            "! cmp -s header.bin $D/first");
        mount.Refuses("Permission denied", "echo 'echo x > header.orig.bin' > $D/s; setpriv --bounding-set=-all --inh-caps=-all bash $D/s");
        mount.Do("cp header.orig.bin header.bin; cmp -n 512 $I $D/first");
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_change_from_outside_before_ours_belongs_to_the_original()
    {
        using var mount = MountedImage.Of("cluster-512");
        QemuImg.Do("resize", "-q", mount.Image, "5M");
        mount.Do("head -c 512 $I > $D/first; cmp header.orig.bin $D/first; echo 6M > header/size; cmp header.orig.bin $D/first");
    }

    [Fact]
    public void It_restores_a_header_whose_cluster_size_was_poked_away()
    {
        using var mount = MountedImage.Of("cluster-2097152");
        var original = mount.Bytes;
        mount.Do("cp header.bin $D/saved; echo 9 > header/cluster_bits; test $(stat -c %s header.bin) = 512; cp $D/saved header.bin");
        mount.Image_is(original);
        mount.Do("echo 63 > header/cluster_bits; test $(stat -c %s header.bin) = 65536; cp header.orig.bin header.bin");
        mount.Image_is(original);
    }
}
