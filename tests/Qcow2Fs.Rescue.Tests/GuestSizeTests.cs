using System.Buffers.Binary;
using System.Diagnostics;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>The size that partition tables and file systems give, as their own tools write them.</summary>
[Trait("Category", "Slow")]
public class GuestSizeTests
{
    private const long Size = 320 << 20;

    [Theory]
    [InlineData("mkfs.ext4 -q -F", "an ext4 file system", Size)]
    [InlineData("mkfs.xfs -q -f", "an XFS file system", Size)]
    [InlineData("mkfs.btrfs -q -f", "a btrfs file system", Size)]
    [InlineData("mkntfs -q -F -f", "an NTFS file system", Size)]
    [InlineData("label: dos\n,10M\n,50M\n", "the MBR's last partition", 61 << 20)]
    [InlineData("label: gpt\n,10M\n,50M\n", "the GPT's backup header", Size)]
    public void Their_words_are_read(string maker, string what, long bytes)
    {
        using var directory = new TempDirectory();
        QemuImg.Do("create", "-q", "-f", "raw", directory["raw"], $"{Size}");
        if (maker.StartsWith("label", StringComparison.Ordinal))
        {
            Tool.Run(new ProcessStartInfo("sfdisk", ["-q", directory["raw"]]), System.Text.Encoding.ASCII.GetBytes(maker)).Expect();
        }
        else
        {
            var words = maker.Split(' ');
            Tool.Run(words[0], [.. words[1..], directory["raw"]]).Expect();
        }

        QemuImg.Do("convert", "-f", "raw", "-O", "qcow2", directory["raw"], directory["image"]);
        var best = Assert.Single(Lost(directory["image"]).Search().Candidates);

        Assert.StartsWith(what, best.Evidence.Single(e => e.What == "size from").Value);
        var size = (long)best.Header[Codec.HeaderFields.Size];
        Assert.True(what.Contains("GPT", StringComparison.Ordinal) ? size == bytes : size >= bytes && size < bytes + (1L << 29), $"{size}");
    }

    /// <summary>A physical volume's label and header, by LVM's on-disk format.</summary>
    [Fact]
    public void The_size_of_a_physical_volume_is_read()
    {
        using var directory = new TempDirectory();
        var sector = new byte[1024];
        "LABELONE"u8.CopyTo(sector.AsSpan(512));
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(512 + 20), 32);
        "LVM2 001"u8.CopyTo(sector.AsSpan(512 + 24));
        BinaryPrimitives.WriteUInt64LittleEndian(sector.AsSpan(512 + 32 + 32), 5UL << 30);
        File.WriteAllBytes(directory["raw"], [.. sector, .. new byte[1 << 20]]);
        QemuImg.Do("convert", "-f", "raw", "-O", "qcow2", directory["raw"], directory["image"]);
        QemuImg.Do("resize", "-q", "-f", "qcow2", directory["image"], "5G");
        var best = Assert.Single(Lost(directory["image"]).Search().Candidates);

        Assert.StartsWith("an LVM physical volume", best.Evidence.Single(e => e.What == "size from").Value);
        Assert.Equal(5UL << 30, best.Header[Codec.HeaderFields.Size]);
    }

    private static MemoryImage Lost(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(0, 65536).Clear();
        return new(bytes);
    }
}
