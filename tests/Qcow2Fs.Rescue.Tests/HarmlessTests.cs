using System.Buffers.Binary;
using System.Diagnostics;
using Qcow2Fs.Codec;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>What must not be taken for an image that has lost its header, and what a hostile file must not do.</summary>
public class HarmlessTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public void Healthy_images_are_left_alone()
    {
        using var directory = new TempDirectory();
        Assert.All(QemuImages.All, image => Assert.True(
            new MemoryImage(File.ReadAllBytes(image.Make(directory))).Search().IsHealthy, image.Name));
    }

    [Fact]
    public void Files_of_other_kinds_give_nothing()
    {
        using var directory = new TempDirectory();
        foreach (var format in new[] { "raw", "vdi", "vmdk", "vpc", "qed", "qcow", "parallels" })
        {
            QemuImg.Do("create", "-q", "-f", format, directory[format], "4M");
        }

        var random = new Random(Seed.First);
        for (var i = 0; i < 20; i++)
        {
            var noise = new byte[random.Next(1 << 20)];
            random.NextBytes(noise);
            File.WriteAllBytes(directory[$"noise-{i}"], noise);
        }

        File.WriteAllBytes(directory["program"], File.ReadAllBytes(typeof(HarmlessTests).Assembly.Location));
        File.WriteAllBytes(directory["ones"], [.. Enumerable.Repeat((byte)1, 1 << 20)]);
        Assert.All(Directory.GetFiles(directory.Path), path =>
        {
            var result = new MemoryImage(File.ReadAllBytes(path)).Search();
            Assert.False(result.IsHealthy, path);
            Assert.Empty(result.Candidates);
        });
    }

    /// <summary>Files in which everything looks like a table cost some reads of all their bytes, and no more.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    [InlineData(16)]
    public void Reading_is_bounded(int clusterBits)
    {
        const int Size = 4 << 20;
        var bytes = new byte[Size];
        for (var at = 0; at < Size; at += 8)
        {
            // Every word is the offset of a cluster, and as a refcount block of 64 bits it counts nothing; so each block's first word is 1.
            var isFirst = at % (1 << clusterBits) == 0 && at / (1 << clusterBits) % 2 == 0;
            var value = isFirst ? 1UL : (ulong)(at / 8 % (Size >> clusterBits)) << clusterBits;
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), value);
        }

        var image = new MemoryImage(bytes);
        var watch = Stopwatch.StartNew();
        image.Search();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange(image.BytesRead, 0, 400L * Size);
    }

    /// <summary>Damage anywhere in an image is answered with candidates or none, in time.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void Nothing_in_a_damaged_image_stops_a_search()
    {
        using var directory = new TempDirectory();
        var originals = QemuImages.All.Where(i => !i.IsEncrypted).Select(i => File.ReadAllBytes(i.Make(directory)))
            .Where(bytes => bytes.Length < 4 << 20).ToArray();
        var random = new Random(Seed.First);
        for (var i = 0; i < 600; i++)
        {
            var bytes = originals[random.Next(originals.Length)].ToArray();
            bytes.AsSpan(0, Math.Min(bytes.Length, 512)).Clear();
            for (var damage = random.Next(1, 12); damage > 0; damage--)
            {
                // Where the tables are, words that are likely to mean something.
                var at = (bytes.Length < 1 << 18 || random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(1 << 18)) & ~7;
                var word = random.Next(6) switch
                {
                    0 => random.NextInt64(),
                    1 => -1,
                    2 => random.NextInt64(bytes.Length) & -512,
                    3 => (random.NextInt64(bytes.Length) & -65536) | long.MinValue,
                    4 => random.NextInt64(4) | (random.NextInt64(4) << 32),
                    _ => 1L << random.Next(64),
                };
                BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(Math.Min(at, bytes.Length - 8)), word);
            }

            var image = new MemoryImage(bytes);
            try
            {
                image.Search(random.Next(2) == 0 ? null : new() { Size = (ulong)random.NextInt64(1L << random.Next(1, 63)) });
            }
            catch (HeaderException e) when (e.Error == HeaderError.OutOfRange)
            {
                // No L1 table has room for the size.
            }

            Assert.InRange(image.BytesRead, 0, 2000L * bytes.Length);
        }
    }
}
