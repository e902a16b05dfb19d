using Qcow2Fs.Codec;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

/// <summary>An old header and a new one, made by one edit; the seed makes them again.</summary>
internal sealed record HeaderPair(int Seed, string Edit, Header Old, Header New)
{
    /// <summary>The pair of that seed.</summary>
    public static HeaderPair Next(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            var builder = HeaderGenerator.NextBuilder(random);
            // The generator likes small clusters; every third is made as large as it may be.
            var bits = random.Next(9, 22);
            if (random.Next(3) == 0 && 1 << bits > builder.ClusterSize)
            {
                builder.ClusterBits((uint)bits);
            }

            var old = Header.Decode(builder.Build());
            var edited = EditGenerator.Next(random, old);
            // Another cluster size needs other bytes as well: ImageFile reads them and edits again.
            if (edited.After.ClusterSize == old.ClusterSize)
            {
                return new(seed, edited.Name, old, edited.After);
            }
        }
    }

    public override string ToString() => $"seed {Seed}, {Edit}, cluster {Old.ClusterSize}, "
        + $"lists {Old.Extensions.Start}..{Old.Extensions.TailEnd} and {New.Extensions.Start}..{New.Extensions.TailEnd}, "
        + $"names {Old[HeaderFields.BackingFileOffset]}+{Old.BackingFileName.Length} "
        + $"and {New[HeaderFields.BackingFileOffset]}+{New.BackingFileName.Length}";
}
