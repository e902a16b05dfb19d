using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

public sealed class HeaderBinTests
{
    [Fact]
    public void What_was_first_can_be_put_back()
    {
        using var tree = TreeFixture.Small();
        var original = tree.Bytes;
        Assert.Equal(original, tree.Read("header.orig.bin"));
        tree.Write("header/size", "12345");
        tree.Write("extensions/0x99", new byte[700]);
        tree.Remove("backing_file");
        Assert.Equal(original, tree.Read("header.orig.bin"));
        Assert.NotEqual(original, tree.Bytes);
        tree.Write("header.bin", tree.Read("header.orig.bin"));
        Assert.Equal(original, tree.Bytes);
        tree.Refused(Errno.EACCES, () => tree.Open("header.orig.bin", write: true));
    }

    [Fact]
    public void Bytes_are_written_at_once_wherever_they_are()
    {
        using var tree = TreeFixture.Small();
        var expected = tree.Bytes;
        var random = new Random(7);
        var handle = tree.Open("header.bin", write: true, truncate: true);
        for (var i = 0; i < 50; i++)
        {
            var data = new byte[random.Next(1, 900)];
            random.NextBytes(data);
            var at = random.Next(512, expected.Length - data.Length);
            data.CopyTo(expected, at);
            handle.Write(at, data, append: false);
            Assert.Equal(expected, tree.Bytes);
        }

        tree.Refused(Errno.ENOSPC, () => handle.Write(expected.Length, [1], append: false));
        handle.Release();
    }

    [Fact]
    public void A_backup_brings_its_cluster_size_along()
    {
        using var tree = TreeFixture.Small();
        var backup = tree.Read("header.bin");
        tree.Write("header/cluster_bits", "9");
        Assert.Equal(512, tree.Read("header.bin").Length);
        tree.Write("header.bin", backup);
        Assert.Equal(backup, tree.Bytes);
    }

    [Theory]
    [InlineData("header/magic", "0")]
    [InlineData("header/version", "0")]
    [InlineData("header/version", "4")]
    [InlineData("header/version", "0xffffffff")]
    [InlineData("header/cluster_bits", "8")]
    [InlineData("header/cluster_bits", "63")]
    [InlineData("header/header_length", "0")]
    [InlineData("header/header_length", "0xffffffff")]
    [InlineData("header/backing_file_offset", "0xffffffffffffffff")]
    [InlineData("header/backing_file_offset", "1")]
    [InlineData("header/backing_file_size", "0xffffffff")]
    [InlineData("header/incompatible_features", "0xffffffffffffffff")]
    public void A_value_that_QEMU_refuses_can_be_written_and_undone(string path, string value)
    {
        using var tree = TreeFixture.Small();
        var original = tree.Bytes;
        var old = tree.Text(path);
        tree.Write(path, value);
        Assert.NotEqual(original, tree.Bytes);
        tree.Write(path, old);
        Assert.Equal(original, tree.Bytes);
    }

    [Fact]
    public void What_a_crash_left_behind_is_not_seen_and_goes_with_the_next_change()
    {
        using var tree = new TreeFixture(new HeaderBuilder().Extension(0x51324653, new byte[600]).Extension(1, "one").Backing("base")
            .Build());
        Assert.Equal(["0x00000001"], tree.List("extensions"));
        Assert.Equal("base\n", tree.Text("backing_file"));
        tree.Write("header/size", "1M");
        var read = ReferenceReader.Read(tree.Bytes);
        Assert.Equal(1u, Assert.Single(read.Extensions).Magic);
        Assert.Equal("base"u8.ToArray(), read.BackingName!.Value.AsSpan().ToArray());
        Assert.Equal(1UL << 20, read["size"]);
    }
}
