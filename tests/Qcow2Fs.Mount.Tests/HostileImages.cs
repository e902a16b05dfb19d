using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>
/// Bad images and images that only look bad: the limits of every field and length, what past bugs of QEMU were made of, and
/// names that must not be opened (all of them contain <see cref="Planted"/>).
/// </summary>
internal static class HostileImages
{
    public const string Planted = "planted";

    private const uint Format = 0xe2792aca;
    private const uint DataFile = 0x44415441;
    private const uint Bitmaps = 0x23852875;
    private const uint Crypto = 0x0537be77;
    private const uint FeatureTable = 0x6803f857;

    /// <summary>All of them, by a name.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> All()
    {
        foreach (var (field, values) in Values())
        {
            foreach (var value in values)
            {
                yield return ($"{field}={value:x}", New().Field(field, value).Build());
            }
        }

        foreach (var length in new uint[] { 0x7fffffff, 0xffffffff, 0xfffffff9, 0xfffffff8, 0xff89, 0xff88 })
        {
            yield return ($"extension-{length:x}", New().Extension(1, "x"u8.ToArray(), claimed: length).Build());
            yield return ($"end-{length:x}", New().End([], claimed: length).Build());
        }

        foreach (var length in new[] { 0, 71, 72, 103, 104, 112, 511, 512, 4096 })
        {
            yield return ($"file-{length}", New().Build()[..length]);
        }

        yield return ("names", New().Backing($"/etc/{Planted}-backing").Extension(DataFile, $"/etc/{Planted}-data")
            .Extension(Format, "qcow2").Field("incompatible_features", 4).Build());
        yield return ("json", New().Backing($$"""json:{"driver":"file","filename":"/etc/{{Planted}}-json"}""").Build());
        yield return ("url", New().Backing($"nbd://127.0.0.1/{Planted}").Build());
        yield return ("name-bytes", New().Backing([(byte)'a', 0, (byte)'\n', 0xff, 0x1b, (byte)'[']).Build());
        yield return ("name-in-header", New().BackingAt(1, "x"u8.ToArray()).Field("backing_file_size", 100).Build());
        yield return ("name-size-only", New().Field("backing_file_size", 0xffffffff).Build());
        yield return ("name-at-end", New().Field("backing_file_offset", 0x10000).Field("backing_file_size", 1).Build());
        yield return ("no-end", New().Extensions(8, 0xab).NoEnd().Build());
        yield return ("full", New().ClusterBits(9).Extensions(49, 0xab).NoEnd().Build());
        yield return ("duplicates", New().Extensions(1000, Format, 3).Extensions(20, Bitmaps, 24).Build());
        yield return ("many", New().ClusterBits(21).Extensions(262_000, 0xab).Build());
        yield return ("feature-table-47", New().Extension(FeatureTable, new byte[47]).Build());
        yield return ("feature-table-odd", New().Extension(FeatureTable, [.. Enumerable.Repeat((byte)0xff, 48 * 200)]).Build());
        yield return ("compression-no-bit", New().Field("compression_type", 1).Build());
        yield return ("compression-no-type", New().Field("incompatible_features", 8).Build());
        yield return ("compression-9", New().Field("compression_type", 9).Field("incompatible_features", 8).Build());
        yield return ("format-16", New().Backing("/etc/none").Extension(Format, "0123456789abcdef").Build());
        yield return ("format-4096", New().Backing("/etc/none").Extension(Format, new string('f', 4096)).Build());
        yield return ("bitmaps-23", New().Extension(Bitmaps, new byte[23]).Field("autoclear_features", 1).Build());
        yield return ("bitmaps-25", New().Extension(Bitmaps, new byte[25]).Field("autoclear_features", 1).Build());
        yield return ("bitmaps-none", New().Extension(Bitmaps, new byte[24]).Field("autoclear_features", 1).Build());
        yield return ("crypto-unexpected", New().Extension(Crypto, new byte[16]).Build());
        yield return ("crypto-short", New().Extension(Crypto, new byte[15]).Field("crypt_method", 2).Build());
        yield return ("crypto-far", New().Extension(Crypto, [.. Enumerable.Repeat((byte)0x7f, 16)]).Field("crypt_method", 2).Build());
        yield return ("bitmaps-many", New().Extension(Bitmaps,
            [0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xfc, 0, 0, 0, 0, 0, 0, 0, 0, 0]).Field("autoclear_features", 1).Build());
        yield return ("bitmaps-self", New().Extension(Bitmaps, [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            .Field("autoclear_features", 1).Build());
        yield return ("snapshots-many",
            [.. New().Field("nb_snapshots", 65536).Field("snapshot_offset", 0x10000).Build(), .. new byte[65536 * 40]]);
        yield return ("snapshots-self", New().Field("nb_snapshots", 65536).Field("snapshot_offset", 0x10).Build());
        yield return ("junk", New().Junk(7).Build());
        for (var seed = 0; seed < 60; seed++)
        {
            yield return ($"mutated-{seed}", MutatedHeader.Next(new Random(seed)));
        }
    }

    private static HeaderBuilder New() => new();

    private static IEnumerable<(string Field, ulong[] Values)> Values() =>
    [
        ("magic", [0, 0x514649fa]),
        ("version", [0, 1, 4, 0xffffffff]),
        ("cluster_bits", [0, 8, 22, 63, 0xffffffff]),
        ("header_length", [0, 103, 105, 0x10000, 0x10001, 0x7fffffff, 0xffffffff]),
        ("backing_file_offset", [1, 0x10000, 0x10001, 0x8000000000000000, 0xffffffffffffffff]),
        ("backing_file_size", [1024, 0xffffffff]),
        ("refcount_order", [7, 63, 0xffffffff]),
        ("size", [0, 511, 0x8000000000000000, 0xffffffffffffffff]),
        ("l1_size", [0, 0x400001, 0xffffffff]),
        ("l1_table_offset", [1, 0x8000000000000000, 0xffffffffffffffff]),
        ("refcount_table_offset", [0, 1, 0x8000000000000000, 0xffffffffffffffff]),
        ("refcount_table_clusters", [0, 0xffffffff]),
        ("nb_snapshots", [1, 65537, 0xffffffff]),
        ("snapshot_offset", [1, 0xffffffffffffffff]),
        ("crypt_method", [1, 2, 3, 0xffffffff]),
        ("incompatible_features", [1, 2, 4, 8, 16, 0x8000000000000000, 0xffffffffffffffff]),
        ("compatible_features", [0xffffffffffffffff]),
        ("autoclear_features", [1, 0xffffffffffffffff]),
    ];
}
