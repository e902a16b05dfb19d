using System.Text;
using Qcow2Fs.Codec.Tables;
using Qcow2Fs.Mutants;
using static Qcow2Fs.Mutants.Records;

namespace Qcow2Fs.Codec.Tests.Tables;

public class SnapshotTableTests
{
    private const long At = 0x40000;

    [Fact]
    public void Entries_are_decoded_with_their_fields_id_name_and_extra_data()
    {
        var extra = new byte[26];
        extra[7] = 5;
        extra[14] = 2;
        extra[25] = 0xee;
        var first = Snapshot("1", "before", extra);
        var second = Snapshot("two", "");
        var table = Table(2, new MemoryImage(1 << 20).With(At, [.. first, .. second]));

        var entries = table.Entries.ToArray();

        Assert.Null(table.FindProblem());
        Assert.Equal(["1", "two"], entries.Select(e => Encoding.Latin1.GetString(e.ReadId())));
        Assert.Equal(["before", ""], entries.Select(e => Encoding.Latin1.GetString(e.ReadName())));
        Assert.Equal(extra, entries[0].ReadExtraData());
        Assert.Equal(5u, entries[0][SnapshotFields.VmStateSizeLarge]);
        Assert.Equal(512u, entries[0][SnapshotFields.DiskSize]);
        Assert.True(entries[0].Has(SnapshotFields.ICount));
        Assert.False(entries[1].Has(SnapshotFields.VmStateSizeLarge));
        Assert.Equal(1700000000u, entries[1][SnapshotFields.DateSec]);
        Assert.Equal((1, At + first.Length), (entries[1].Index, entries[1].Offset));
    }

    [Fact]
    public void Fields_lie_where_the_specification_says() => Assert.Equal(
        [0, 8, 12, 14, 16, 20, 24, 32, 36, 40, 48, 56], SnapshotFields.All.Select(f => f.Offset));

    [Theory]
    [InlineData(0ul)]
    [InlineData(0x7ffffffffffffe00ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x100000ul)]
    public void A_table_outside_the_file_costs_nothing(ulong offset)
    {
        var image = new MemoryImage(offset == 0 ? 0 : 1 << 20);
        var table = SnapshotTable.Of(Header((HeaderFields.NbSnapshots, uint.MaxValue), (HeaderFields.SnapshotOffset, offset)), image);

        Assert.Empty(table.Entries);
        Assert.Equal("entry 0 lies past the end of the file", table.FindProblem());
        Assert.Equal(0, image.BytesRead);
    }

    [Fact]
    public void Four_billion_entries_end_at_the_limit()
    {
        var table = Table(uint.MaxValue, new MemoryImage(1L << 40));

        Assert.Equal(Limits.Snapshots, table.Entries.Count());
        Assert.Contains("above the limit of 65536", table.FindProblem());
        Assert.Equal(65535, table.Entries.Last().Index);
    }

    [Fact]
    public void Huge_entries_end_at_64_MiB()
    {
        var image = new MemoryImage(1L << 40).With(At, Snapshot("a", "b")).With(At + 48, Snapshot("c", "d", extraSize: 64 << 20));
        var table = Table(3, image);

        Assert.Single(table.Entries);
        Assert.Contains("above the limit of 67108864", table.FindProblem());
    }

    [Fact]
    public void Extra_data_above_the_limit_is_cut_and_the_next_entry_is_found()
    {
        var image = new MemoryImage(1L << 30).With(At, Snapshot("", "", extraSize: 5_000_000)).With(At + 5_000_040, Snapshot("x", ""));
        var entries = Table(2, image).Entries.ToArray();

        Assert.Equal(1024, entries[0].ReadExtraData().Length);
        Assert.Equal("x"u8.ToArray(), entries[1].ReadId());
    }

    [Fact]
    public void Strings_that_the_file_cuts_read_as_zeros()
    {
        var image = new MemoryImage(At + 41).With(At, Snapshot("ab", "c"));

        Assert.Equal([(byte)'a', 0], Table(1, image).Entries.Single().ReadId());
    }

    [Fact]
    public void A_failing_disk_is_not_hidden() =>
        Assert.Throws<IOException>(() => Table(1, new MemoryImage(1 << 20) { FailsFrom = At }).Entries.Count());

    private static SnapshotTable Table(uint count, MemoryImage image) =>
        SnapshotTable.Of(Header((HeaderFields.NbSnapshots, count), (HeaderFields.SnapshotOffset, (ulong)At)), image);
}
