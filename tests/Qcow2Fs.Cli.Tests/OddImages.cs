using System.Buffers.Binary;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>Images that qemu-img does not make and that qcow2.py can dump. Whole files, the same at every run.</summary>
internal static class OddImages
{
    private const uint Bitmaps = 0x23852875;
    private const int Cluster = 4096;

    public static readonly IReadOnlyDictionary<string, Func<byte[]>> All = new Dictionary<string, Func<byte[]>>
    {
        ["zeros"] = () => new byte[Cluster],
        ["version-1"] = () => New().Version(1).Field("header_length", 112).Build(),
        ["version-4"] = () => New().Version(4).Build(),
        ["version-2-with-rest"] = () => New().Version(2).Extension(0xe2792aca, "raw").Junk(7).Build(),
        ["all-bits"] = () => New().Field("incompatible_features", ulong.MaxValue).Field("compatible_features", 1UL << 63)
            .Field("autoclear_features", 0x8000_0000_0000_0003).Build(),
        ["every-field-full"] = () => ReferenceField.All
            .Where(f => f.IsIn(112) && f.Name is not ("version" or "cluster_bits" or "backing_file_offset" or "header_length"))
            .Aggregate(New(), (b, f) => b.Field(f.Name, ulong.MaxValue)).Build(),
        ["printable"] = () => New().Extension(0x11111111, "it's \"quoted\" and \\slashed\\ \t\n\r\v\f end").Extension(0xe2792aca, "")
            .Extension(0x44415441, "data.raw").Build(),
        ["binary"] = () => New().Extension(0x22222222, [0x61, 0x00]).Extension(0x22222222, [0x7f]).Extension(0x22222222, "ä").Build(),
        ["known-names"] = () => New().Extension(0xe2792aca, "qcow2").Extension(0x6803f857, new byte[48]).Extension(0x0537be77, new byte[16])
            .Extension(0x44415441, "x").Extension(0xffffffff, "last").Build(),
        ["end-with-payload"] = () => New().Extension(1, "one").End([1, 2, 3]).Build(),
        ["length-out-of-area"] = () =>
            New().Extension(5, [0x61, 0x62, 0x63], claimed: 3900).Backing("name").Field("backing_file_offset", 200).Build(),
        ["length-out-of-file"] = () => Poked(
            [.. New().Build().AsSpan(0, 112), .. Enumerable.Repeat((byte)0x71, 4000)], 112, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff),
        ["list-at-zero"] = () => New().Field("header_length", 0).Field("version", 3).Build(),
        ["list-behind-cluster"] = () => New().Field("header_length", 5000).Build(),
        ["unaligned-list"] = () => New().HeaderLength(113).Extension(9, "odd").Build(),
        ["huge-cluster"] = () => New().Field("cluster_bits", 70).Extension(7, "seven").Build(),
        ["bitmaps"] = () => WithBitmaps(24),
        ["bitmaps-long-extension"] = () => WithBitmaps(32),
        ["bitmaps-huge-cluster"] = () => Poked(WithBitmaps(24), 20, 0, 0, 0, 100),
        ["bitmaps-none"] = () => New().Extension(Bitmaps, new byte[24]).Extension(3, "after").Build(),
    };

    public static IEnumerable<object[]> Names => All.Keys.Select(name => new object[] { name });

    // Every default is said, so that the golden files do not depend on the builder's.
    private static HeaderBuilder New() => new HeaderBuilder().ClusterBits(12).Field("size", 1 << 20).Field("l1_size", 1)
        .Field("l1_table_offset", 3 * Cluster).Field("refcount_table_offset", Cluster).Field("refcount_table_clusters", 1);

    // Two bitmaps: odd flags, extra data, a name with control characters, table entries of every type.
    private static byte[] WithBitmaps(int length)
    {
        var extension = new byte[length];
        BinaryPrimitives.WriteUInt32BigEndian(extension, 2);
        BinaryPrimitives.WriteUInt64BigEndian(extension.AsSpan(8), 999);
        BinaryPrimitives.WriteUInt64BigEndian(extension.AsSpan(16), Cluster);
        var header = New().Extension(Bitmaps, extension).Extension(8, "behind").Build();
        var tables = Numbers(0, 1, 0x5000, 0x5001, 0xff000000000001fe, 0x00fffffffffffe00, ulong.MaxValue);
        byte[] directory = [.. Entry(2 * Cluster, 7, 0x80000007, "one", 0), .. Entry(2 * Cluster, 0, 0, "t\"w\\o\n\t\u007f\u0001", 5)];
        Array.Resize(ref directory, Cluster);
        return [.. header, .. directory, .. tables];
    }

    private static byte[] Entry(ulong table, uint entries, uint flags, string name, int extra)
    {
        var entry = new byte[(24 + extra + name.Length + 7) & ~7];
        BinaryPrimitives.WriteUInt64BigEndian(entry, table);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(8), entries);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(12), flags);
        (entry[16], entry[17]) = (1, 16);
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(18), (ushort)name.Length);
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(20), (uint)extra);
        Encoding.ASCII.GetBytes(name, entry.AsSpan(24 + extra));
        return entry;
    }

    private static byte[] Numbers(params ulong[] values)
    {
        var bytes = new byte[8 * values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 * i), values[i]);
        }

        return bytes;
    }

    private static byte[] Poked(byte[] bytes, int offset, params byte[] data)
    {
        data.CopyTo(bytes, offset);
        return bytes;
    }
}
