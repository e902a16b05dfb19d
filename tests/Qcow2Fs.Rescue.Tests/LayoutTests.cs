using System.Buffers.Binary;
using Qcow2Fs.Codec;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>Tables that are not where, or not as, a new image has them.</summary>
public class LayoutTests
{
    /// <summary>QEMU writes an L1 table's entries and leaves what the cluster had behind them.</summary>
    [Fact]
    public void An_L1_table_may_end_before_its_cluster()
    {
        using var directory = new TempDirectory();
        var bytes = Make(directory, "8M", "write -q -P 7 1M 300k");
        var l1 = (int)HeaderFields.L1TableOffset.Read(bytes);
        new Random(Seed.First).NextBytes(bytes.AsSpan(l1 + 8, 60000));
        AssertFound(directory, bytes, new());
    }

    /// <summary>The tables of an image in the guest's disk look as its own do, with offsets that mean something else.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void An_image_in_the_guests_disk_is_no_table()
    {
        using var directory = new TempDirectory();
        var inner = Make(directory, "64M", "write -q -P 9 0 2M");
        File.WriteAllBytes(directory["inner"], inner);
        QemuImg.Do("create", "-q", "-f", "qcow2", directory["image"], "64M");
        Tool.Run("qemu-io", "-f", "qcow2", "-c", $"write -q -s {directory["inner"]} 1M {inner.Length / 65536 * 65536}", directory["image"])
            .Expect();
        Tool.Run("qemu-io", "-f", "qcow2", "-c", "write -q -P 3 40M 300k", directory["image"]).Expect();
        AssertFound(directory, File.ReadAllBytes(directory["image"]), new());
    }

    /// <summary>The empty beginning of a disk is zeros in the L1 table: its first clusters do not look like a table.</summary>
    [Fact]
    public void An_L1_table_may_start_with_empty_clusters()
    {
        using var directory = new TempDirectory();
        var bytes = Make(directory, "40M", "write -q -P 7 30M 300k", "-o", "cluster_size=512");
        AssertFound(directory, bytes, new() { Size = 40 << 20 });
    }

    private static byte[] Make(TempDirectory directory, string size, string write, params string[] options)
    {
        QemuImg.Do(["create", "-q", "-f", "qcow2", .. options, directory["image"], size]);
        Tool.Run("qemu-io", "-f", "qcow2", "-c", write, directory["image"]).Expect();
        return File.ReadAllBytes(directory["image"]);
    }

    /// <summary>The header that is found without the first cluster makes the same disk of the image.</summary>
    private static void AssertFound(TempDirectory directory, byte[] bytes, RescueOptions options)
    {
        File.WriteAllBytes(directory["original"], bytes);
        Assert.Equal(0, QemuImg.Check(directory["original"]).ExitCode);
        var clusterSize = 1 << BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(HeaderFields.ClusterBits.Offset));
        bytes.AsSpan(0, clusterSize).Clear();
        var best = Assert.Single(new MemoryImage(bytes).Search(options).Candidates);
        best.Header.Bytes.Span.CopyTo(bytes);
        File.WriteAllBytes(directory["found"], bytes);
        Assert.Equal(0, QemuImg.Check(directory["found"]).ExitCode);
        QemuImg.Do("compare", "-f", "qcow2", "-F", "qcow2", directory["original"], directory["found"]);
    }
}
