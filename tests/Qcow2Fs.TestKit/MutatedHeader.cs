namespace Qcow2Fs.TestKit;

/// <summary>Hostile headers: a good one with random writes to fields and lengths, cut or random at all.</summary>
public static class MutatedHeader
{
    private static readonly ulong[] s_edges =
        [0, 1, 7, 8, 71, 72, 73, 103, 104, 105, 111, 112, 113, 511, 512, 513, 1023, 1024, 65535, 65536, 65537, 1 << 21,
         0x7fffffff, 0x80000000, 0xfffffff8, 0xfffffff9, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0xffffffffffffffff];

    private static readonly string[] s_layout = ["version", "backing_file_offset", "backing_file_size", "cluster_bits", "header_length"];

    /// <summary>The next one. It may be shorter than its cluster, even empty.</summary>
    public static byte[] Next(Random random)
    {
        var bytes = HeaderGenerator.Next(random);
        for (var pokes = random.Next(1, 5); pokes > 0; pokes--)
        {
            bytes = Mutate(random, bytes);
        }

        return bytes;
    }

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        if (bytes.Length < 112)
        {
            return bytes;
        }

        switch (random.Next(12))
        {
            case 0:
                return bytes[..random.Next(Math.Min(bytes.Length, 1024))];
            case 1:
                bytes[random.Next(Math.Min(bytes.Length, 512))] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2 or 3:
                PokeEntry(random, bytes);
                return bytes;
            case 4:
                random.NextBytes(bytes.AsSpan(0, random.Next(bytes.Length)));
                return bytes;
            case 5:
                var field = ReferenceField.All[random.Next(ReferenceField.All.Length)];
                field.Write(bytes, s_edges[random.Next(s_edges.Length)]);
                return bytes;
            case 6:
                // A list that fills all that there is with entries of no length.
                bytes.AsSpan(112).Clear();
                for (var at = 112; at + 8 <= bytes.Length; at += 8)
                {
                    bytes[at] = 0xab;
                }

                return bytes;
            default:
                var name = s_layout[random.Next(s_layout.Length)];
                ReferenceField.Named(name).Write(bytes, Layout(random, name, bytes.Length));
                return bytes;
        }
    }

    private static ulong Layout(Random random, string name, int cluster) => name switch
    {
        "version" => (ulong)random.Next(6),
        "cluster_bits" => (ulong)random.Next(random.Next(2) == 0 ? 14 : 66),
        _ => random.Next(3) switch
        {
            0 => s_edges[random.Next(s_edges.Length)],
            1 => (ulong)Math.Max(0, cluster + random.Next(-9, 10)),
            _ => (ulong)random.Next(cluster),
        },
    };

    // Pokes the magic or the length of an entry that is really there.
    private static void PokeEntry(Random random, byte[] bytes)
    {
        var header = ReferenceReader.Read(bytes);
        if (header.Extensions.Length == 0)
        {
            return;
        }

        var entry = header.Extensions[random.Next(header.Extensions.Length)];
        var left = header.AreaEnd - entry.Offset - 8;
        var (at, value) = random.Next(5) switch
        {
            0 => (entry.Offset, 0ul),
            1 => (entry.Offset + 4, (ulong)Math.Max(0, left + random.Next(-8, 9))),
            2 => (entry.Offset + 4, s_edges[random.Next(s_edges.Length)]),
            3 => (entry.Offset + 4, (ulong)entry.Payload.Length + (ulong)random.Next(1, 20)),
            _ => (entry.Offset + 4, (ulong)random.Next(1 << 10)),
        };
        for (var i = 3; i >= 0 && at + i < bytes.Length; i--)
        {
            bytes[at + i] = (byte)value;
            value >>= 8;
        }
    }
}
