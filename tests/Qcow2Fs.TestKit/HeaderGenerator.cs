namespace Qcow2Fs.TestKit;

/// <summary>Random headers that a reader must understand: all cluster sizes, versions, header lengths, lists and names.</summary>
public static class HeaderGenerator
{
    /// <summary>The magics that mean something, and some that do not; duplicates come by themselves.</summary>
    private static readonly uint[] s_magics =
        [0xe2792aca, 0x6803f857, 0x23852875, 0x0537be77, 0x44415441, 0x12345678, 0xdeadbeef, 0xffffffff, 1, 0x7fffffff];

    // Small clusters are where room is short, so they come most often.
    private static readonly uint[] s_clusterBits = [9, 9, 9, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 12, 12, 12, 13, 14, 16];

    /// <summary>A header with a list that decodes to its end, one cluster long.</summary>
    public static byte[] Next(Random random) => NextBuilder(random).Build();

    /// <summary>The same before it is built, so that a test can go on from there.</summary>
    public static HeaderBuilder NextBuilder(Random random)
    {
        var builder = new HeaderBuilder().ClusterBits(ClusterBits(random));
        var cluster = builder.ClusterSize;
        if (random.Next(4) == 0)
        {
            builder.Version(2);
        }
        else
        {
            Version3(random, builder);
        }

        PlainFields(random, builder);
        if (random.Next(3) == 0)
        {
            builder.Junk(random.Next());
        }

        if (Entries(random, builder, cluster) is { } room)
        {
            Name(random, builder, room);
        }

        return builder;
    }

    /// <summary>Random bytes, sometimes text.</summary>
    public static byte[] Payload(Random random, int length)
    {
        var data = new byte[Math.Max(length, 0)];
        if (random.Next(2) == 0)
        {
            random.NextBytes(data);
        }
        else
        {
            data.AsSpan().Fill((byte)random.Next('a', 'z' + 1));
        }

        return data;
    }

    /// <summary>A magic, known or not; never 0.</summary>
    public static uint Magic(Random random) =>
        random.Next(5) == 0 ? (uint)random.NextInt64(1, 1L << 32) : s_magics[random.Next(s_magics.Length)];

    private static uint ClusterBits(Random random) => random.Next(60) == 0
        ? (uint)random.Next(9, 22)
        : s_clusterBits[random.Next(s_clusterBits.Length)];

    private static void Version3(Random random, HeaderBuilder builder)
    {
        var cluster = builder.ClusterSize;
        var length = random.Next(6) switch
        {
            0 => 104,
            1 => random.Next(105, 121),
            2 => random.Next(104, Math.Min(cluster - 16, 4096) + 1),
            3 => 112 + (8 * random.Next(0, 6)),
            _ => 112,
        };
        builder.HeaderLength((uint)length)
            .Field("compatible_features", (ulong)random.Next(4))
            .Field("autoclear_features", (ulong)random.Next(4))
            .Field("incompatible_features", random.Next(3) == 0 ? (ulong)random.NextInt64() : 0)
            .Field("refcount_order", random.Next(3) == 0 ? (ulong)random.Next(7) : 4);
        if (length > 104 && random.Next(2) == 0)
        {
            builder.Poke(104, Payload(random, length - 104));
        }
    }

    private static void PlainFields(Random random, HeaderBuilder builder)
    {
        foreach (var name in new[] { "size", "l1_table_offset", "refcount_table_offset", "snapshot_offset" })
        {
            if (random.Next(2) == 0)
            {
                builder.Field(name, (ulong)random.NextInt64() >> random.Next(60));
            }
        }

        foreach (var name in new[] { "crypt_method", "l1_size", "refcount_table_clusters", "nb_snapshots" })
        {
            if (random.Next(4) == 0)
            {
                builder.Field(name, (ulong)random.NextInt64(0, 1L << 32));
            }
        }
    }

    // Ends the list inside the cluster and says how many bytes are left behind it; null if a name is no longer wanted.
    private static int? Entries(Random random, HeaderBuilder builder, int cluster)
    {
        var count = random.Next(10) switch { 0 => random.Next(201), < 4 => random.Next(3), _ => random.Next(8) };
        var largest = random.Next(4) == 0 ? cluster / 4 : 40;
        var at = builder.ListStart;
        var dataEnd = at;
        for (var i = 0; i < count; i++)
        {
            var length = random.Next(4) == 0 ? 0 : random.Next(largest + 1);
            var footprint = 8 + ((length + 7) / 8 * 8);
            if (at + footprint + 8 > cluster)
            {
                break;
            }

            builder.Extension(Magic(random), Payload(random, length), random.Next(3) == 0 ? (byte)random.Next(256) : (byte)0);
            dataEnd = at + 8 + length;
            at += footprint;
        }

        var left = cluster - at - 8;
        switch (random.Next(12))
        {
            case 0 when left >= 16:
                var payload = Payload(random, random.Next(1, Math.Min(left, 64)));
                builder.End(payload, (byte)random.Next(256));
                return left - ((payload.Length + 7) / 8 * 8);
            case 1:
                // An exact fill: the last entry reaches the end of the cluster to the byte, or its padding would cross it.
                builder.Extension(Magic(random), Payload(random, left), 0xcc).NoEnd();
                return null;
            case 2:
                // The name ends the list, right behind the last entry or within its padding.
                builder.NoEnd().BackingAt(random.Next(dataEnd, at + 1), Payload(random, random.Next(Math.Min(left + 8, 1023) + 1)));
                return null;
            default:
                return left;
        }
    }

    private static void Name(Random random, HeaderBuilder builder, int room)
    {
        var longest = Math.Min(room, 1023);
        switch (random.Next(5))
        {
            case 0 or 1 when longest > 0:
                builder.Backing(Payload(random, random.Next(longest + 1)));
                break;
            case 2 when longest > 0:
                var name = Payload(random, random.Next(Math.Min(longest, 60) + 1));
                builder.Backing(name, gap: random.Next(room - name.Length + 1));
                break;
            case 3 when random.Next(4) == 0:
                // Inside the fixed header or at its end: QEMU then reads no list at all.
                builder.BackingAt(random.Next(1, builder.ListStart + 1), []).Field("backing_file_size", (ulong)random.Next(30));
                break;
            case 3 when random.Next(4) == 0:
                // A name that the cluster cuts, or that lies behind it.
                builder.Backing(Payload(random, room)).Field("backing_file_size", (ulong)(room + random.Next(1, 2000)));
                break;
            case 3 when random.Next(4) == 0:
                builder.Field("backing_file_offset", (ulong)builder.ClusterSize + (ulong)random.Next(2000)).Field("backing_file_size", 10);
                break;
            case 4 when random.Next(4) == 0:
                // A size without an offset names nothing.
                builder.Field("backing_file_size", (ulong)random.Next(2000));
                break;
            default:
                break;
        }
    }
}
