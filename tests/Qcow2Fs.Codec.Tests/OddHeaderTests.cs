using System.Globalization;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>
/// Odd headers by hand, with what QEMU makes of them. Each row: what is odd, the header, and the expected view, written
/// as <c>start: magic[length]@offset ... end from-to | name</c>, where <c>stop</c> is a list without END and <c>bad</c> a malformed one.
/// </summary>
public class OddHeaderTests
{
    private static readonly Dictionary<string, (HeaderBuilder Header, string Expected)> s_rows = new()
    {
        ["plain"] = (V3(), "112: end 112-120 |"),
        ["version 2"] = (V3().Version(2).Extension(7, "ab"), "72: 7[2]@72 end 88-96 |"),
        ["header_length 104: byte 104 is the list's"] = (V3().HeaderLength(104).Extension(0x01020304, "ab"),
            "104: 1020304[2]@104 end 120-128 |"),
        ["header_length 105"] = (V3().HeaderLength(105).Extension(7, "ab"), "105: 7[2]@105 end 121-129 |"),
        ["header_length 111"] = (V3().HeaderLength(111).Extension(7, "ab"), "111: 7[2]@111 end 127-135 |"),
        ["header_length 113"] = (V3().HeaderLength(113).Extension(7, "ab"), "113: 7[2]@113 end 129-137 |"),
        ["header_length is the cluster"] = (V3().HeaderLength(512), "512: stop 512 |"),
        ["header_length leaves 7 bytes"] = (V3().HeaderLength(505), "505: bad 505-512 |"),
        ["header_length leaves 8 bytes"] = (V3().HeaderLength(504), "504: end 504-512 |"),
        ["header_length one above the cluster"] = (V3().Field("header_length", 513), "512: lost |"),
        ["header_length 103"] = (V3().Field("header_length", 103), "104: lost |"),
        ["header_length 0xffffffff"] = (V3().Field("header_length", 0xffffffff), "512: lost |"),
        ["name inside the fixed header"] = (V3().Extension(7, "ab").BackingAt(64, []).Field("backing_file_size", 3),
            "112: stop 112 | 64+3"),
        ["name right at the header's end"] = (V3().BackingAt(112, "abc"u8.ToArray()), "112: stop 112 | 112+3"),
        ["END with a payload"] = (V3().Extension(7, "ab").End("12345"u8.ToArray()).Poke(144, 0, 0, 0, 9), "112: 7[2]@112 end 128-144 |"),
        ["END with a length one too long"] = (V3().End([], claimed: 393), "112: bad 112-512 |"),
        ["END that fills the rest"] = (V3().End(new byte[392]), "112: end 112-512 |"),
        ["no END, zeros follow"] = (V3().Extension(7, "ab").NoEnd(), "112: 7[2]@112 end 128-136 |"),
        ["no END, filled to the byte"] = (V3().Extension(7, new byte[392]).NoEnd(), "112: 7[392]@112 stop 512 |"),
        ["no END, filled to the name"] = (V3().Extension(7, new byte[8]).NoEnd().Backing("n"), "112: 7[8]@112 stop 128 | 128+1"),
        ["padding crosses the cluster's end"] = (V3().HeaderLength(113).Extension(7, new byte[387]).NoEnd(), "113: 7[387]@113 stop 512 |"),
        ["padding crosses into the name"] = (V3().Extension(7, "a").NoEnd().BackingAt(121, "name"u8.ToArray()),
            "112: 7[1]@112 stop 121 | 121+4"),
        ["padding ends in the name, no room for an entry"] = (V3().Extension(7, "a").NoEnd().BackingAt(129, []),
            "112: 7[1]@112 bad 128-129 | 129+0"),
        ["length one over"] = (V3().Extension(7, [], claimed: 393), "112: bad 112-512 |"),
        ["length one over, up to a name"] = (V3().Extension(7, [], claimed: 9).BackingAt(128, "n"u8.ToArray()), "112: bad 112-128 | 128+1"),
        ["second length one over"] = (V3().Extension(7, "ab").Extension(8, [], claimed: 377), "112: 7[2]@112 bad 128-512 |"),
        ["length 0xfffffff9"] = (V3().Extension(7, [], claimed: 0xfffffff9), "112: bad 112-512 |"),
        ["length 0xffffffff"] = (V3().Extension(7, [], claimed: 0xffffffff), "112: bad 112-512 |"),
        ["length 0x80000000"] = (V3().Extension(7, [], claimed: 0x80000000), "112: bad 112-512 |"),
        ["duplicates and empty payloads"] = (V3().Extension(7, []).Extension(8, "x").Extension(7, []),
            "112: 7[0]@112 8[1]@120 7[0]@136 end 144-152 |"),
        ["padding that is not zero"] = (V3().Extension(7, [1], padding: 0xff), "112: 7[1]@112 end 128-136 |"),
        ["name cut by the cluster"] = (V3().BackingAt(500, new byte[12]).Field("backing_file_size", 100), "112: end 112-120 | 500+12"),
        ["name size 0xffffffff"] = (V3().BackingAt(500, new byte[12]).Field("backing_file_size", 0xffffffff), "112: end 112-120 | 500+12"),
        ["name offset is the cluster"] = (V3().BackingAt(512, []), "112: end 112-120 | 512+0"),
        ["name offset above the cluster"] = (V3().BackingAt(513, []).Field("backing_file_size", 5), "112: end 112-120 | 512+0"),
        ["name offset 2^64-1"] = (V3().Field("backing_file_offset", ulong.MaxValue).Field("backing_file_size", 5),
            "112: end 112-120 | 512+0"),
        ["name size without an offset"] = (V3().Field("backing_file_size", 5), "112: end 112-120 |"),
        ["version 0"] = (V3().Field("version", 0), "72: end 72-80 |"),
        ["version 1"] = (V3().Field("version", 1), "72: end 72-80 |"),
        ["version 4"] = (V3().Field("version", 4), "112: end 112-120 |"),
        ["version 0xffffffff"] = (V3().Field("version", 0xffffffff), "112: end 112-120 |"),
        ["cluster_bits 8"] = (V3().ClusterBits(8).Extension(7, new byte[65000]), "112: 7[65000]@112 end 65120-65128 |"),
        ["cluster_bits 22"] = (V3().ClusterBits(22).HeaderLength(65537), "65536: lost |"),
        ["cluster_bits 63"] = (V3().ClusterBits(63).Extension(7, [], claimed: 65417), "112: bad 112-65536 |"),
        ["cluster_bits 0xffffffff"] = (V3().ClusterBits(0xffffffff), "112: end 112-120 |"),
        ["cluster_bits 21"] = (V3().ClusterBits(21).Extension(7, new byte[2_000_000]), "112: 7[2000000]@112 end 2000120-2000128 |"),
    };

    public static TheoryData<string> Names => [.. s_rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_odd_header_reads_as_QEMU_reads_it(string name)
    {
        var bytes = s_rows[name].Header.Build();
        Assert.Equal(s_rows[name].Expected, View(Header.Decode(bytes)));
        Agreement.Check(bytes, name);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Names))]
    public void Qemu_img_refuses_an_odd_list_exactly_where_it_is_called_malformed(string name)
    {
        var bytes = s_rows[name].Header.Build();
        var reference = ReferenceReader.Read(bytes);
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["odd"], bytes);
        var result = QemuImg.Run("info", "-f", "qcow2", "--output=json", directory["odd"]);

        // Headers that QEMU refuses before it comes to the list, or whose name it refuses after.
        var isRefused = reference["version"] is not (2 or 3) || reference["cluster_bits"] is < 9 or > 21 || !reference.IsListReachable
            || reference["backing_file_offset"] > (ulong)reference.ClusterSize
            || (reference.BackingName is not null
                && reference["backing_file_size"] > (ulong)Math.Min(1023, reference.ClusterSize - reference.BackingNameOffset));
        var isTooLarge = !isRefused && reference.ListProblem is not null;
        Assert.True(result.ExitCode == (isRefused || isTooLarge ? 1 : 0), result.ToString());
        Assert.True(isTooLarge == result.Error.Contains("Header extension too large", StringComparison.Ordinal), result.ToString());
    }

    private static HeaderBuilder V3() => new HeaderBuilder().ClusterBits(9);

    private static string View(Header header)
    {
        var list = header.Extensions;
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{list.Start}:");
        foreach (var item in list.Items)
        {
            text.Append(CultureInfo.InvariantCulture, $" {item.Magic:x}[{item.Length}]@{item.Offset}");
        }

        text.Append(list switch
        {
            { IsMalformed: true } => $" bad {list.ItemsEnd}-{list.AreaEnd}",
            { Problem: not null } => " lost",
            _ => list.TailEnd > list.ItemsEnd ? $" end {list.ItemsEnd}-{list.TailEnd}" : $" stop {list.ItemsEnd}",
        });
        var name = header.HasBackingFile ? $" {header.NameStart}+{header.BackingFileName.Length}" : "";
        return text.Append(" |").Append(name).ToString();
    }
}
