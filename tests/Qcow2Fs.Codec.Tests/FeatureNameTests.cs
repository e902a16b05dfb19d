using System.Text;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

public class FeatureNameTests
{
    private const uint Table = 0x6803f857;

    [Fact]
    public void The_names_of_a_table_are_read_as_QEMU_reads_it()
    {
        var header = WithTable(Record(0, 0, "dirty bit"), Record(1, 0, "lazy"), Record(0, 0, "last wins"),
            Record(2, 63, new string('x', 46)),
            Record(0, 5, ""), Record(0, 6, "behind a nameless record"));
        Assert.Equal("last wins", Name(header, FeatureGroup.Incompatible, 0));
        Assert.Equal("lazy", Name(header, FeatureGroup.Compatible, 0));
        Assert.Equal(new string('x', 46), Name(header, FeatureGroup.Autoclear, 63));
        Assert.Equal("", Name(header, FeatureGroup.Incompatible, 6));
        Assert.Equal("", Name(header, FeatureGroup.Autoclear, 0));
    }

    [Fact]
    public void The_last_of_two_tables_is_the_one_that_counts()
    {
        var bytes = new HeaderBuilder().Extension(Table, Record(0, 1, "first")).Extension(Table, Record(0, 2, "second")).Build();
        var header = Header.Decode(bytes);
        Assert.Equal("", Name(header, FeatureGroup.Incompatible, 1));
        Assert.Equal("second", Name(header, FeatureGroup.Incompatible, 2));
        var named = header.WithFeatureName(FeatureGroup.Incompatible, 2, "other"u8);
        Assert.Equal(new HeaderBuilder().Extension(Table, Record(0, 1, "first")).Extension(Table, Record(0, 2, "other")).Build(),
            named.Bytes.ToArray());
    }

    [Fact]
    public void A_new_name_goes_before_the_first_nameless_record_and_a_cut_record_stays_last()
    {
        var header = WithTable(Record(0, 0, "a"), Record(0, 5, ""), [9, 9, 9]);
        var named = header.WithFeatureName(FeatureGroup.Autoclear, 7, "new"u8);
        Assert.Equal(WithTable(Record(0, 0, "a"), Record(2, 7, "new"), Record(0, 5, ""), [9, 9, 9]).Bytes.ToArray(), named.Bytes.ToArray());
    }

    [Fact]
    public void A_header_without_a_table_gets_one_and_a_name_is_read_back()
    {
        var header = Header.Decode(new HeaderBuilder().Extension(7, "x").Build());
        foreach (var group in FeatureGroup.All)
        {
            foreach (var bit in new[] { 0, 9, 63 })
            {
                header = header.WithFeatureName(group, bit, Encoding.UTF8.GetBytes($"{group.Name} {bit}"));
            }
        }

        Assert.Equal([7, Table], header.Extensions.Items.Select(i => i.Magic));
        Assert.Equal(9 * 48, header.Extensions.Items[1].Length);
        Assert.All(FeatureGroup.All, g => Assert.All([0, 9, 63], bit => Assert.Equal($"{g.Name} {bit}", Name(header, g, bit))));
    }

    [Theory]
    [InlineData("dirty", 0)]
    [InlineData("extended_l2", 4)]
    [InlineData("0", 0)]
    [InlineData("4", 4)]
    [InlineData("63", 63)]
    [InlineData("64", null)]
    [InlineData("00", null)]
    [InlineData("07", null)]
    [InlineData("-1", null)]
    [InlineData("100", null)]
    [InlineData("Dirty", null)]
    [InlineData("lazy_refcounts", null)]
    [InlineData("", null)]
    [InlineData("\u0661", null)]
    public void A_bit_is_found_by_name_or_number(string name, int? bit) => Assert.Equal(bit, FeatureGroup.Incompatible.FindBit(name));

    [Fact]
    public void A_bit_s_own_name_finds_it()
    {
        Assert.All(FeatureGroup.All, g => Assert.All(Enumerable.Range(0, 64), bit => Assert.Equal(bit, g.FindBit(g.NameOf(bit)))));
        Assert.Equal("5", FeatureGroup.Incompatible.NameOf(5));
    }

    private static Header WithTable(params byte[][] records) =>
        Header.Decode(new HeaderBuilder().Extension(Table, [.. records.SelectMany(r => r)]).Build());

    private static byte[] Record(byte type, byte bit, string name) =>
        [type, bit, .. Encoding.UTF8.GetBytes(name), .. new byte[46 - name.Length]];

    private static string Name(Header header, FeatureGroup group, int bit) => Encoding.UTF8.GetString(header.FeatureNameOf(group, bit));
}
