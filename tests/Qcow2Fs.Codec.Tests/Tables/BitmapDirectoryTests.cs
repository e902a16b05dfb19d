using System.Text;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Codec.Tables;
using Qcow2Fs.Mutants;
using static Qcow2Fs.Mutants.Records;

namespace Qcow2Fs.Codec.Tests.Tables;

public class BitmapDirectoryTests
{
    private const long At = 0x40000;

    [Fact]
    public void Entries_are_decoded_with_their_fields_name_and_table()
    {
        var first = Bitmap("b0", flags: 3, granularity: 9, tableSize: 2);
        var second = Bitmap("", extra: 5);
        var image = new MemoryImage(1 << 20).With(At, [.. first, .. second])
            .With(0x60000, [0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        var directory = Directory(image, 2, (ulong)(first.Length + second.Length))!;

        var entries = directory.Entries.ToArray();

        Assert.Null(directory.FindProblem());
        Assert.Equal(["b0", ""], entries.Select(e => Encoding.Latin1.GetString(e.ReadName())));
        Assert.Equal([0x70000ul, 1ul], entries[0].ReadTable().Select(e => e.Value));
        Assert.Equal((9ul, 3ul, true), (entries[0][BitmapFields.GranularityBits], entries[0][BitmapFields.Flags], entries[0].IsInUse));
        Assert.Equal(new byte[5], entries[1].ReadExtraData());
        Assert.Equal((1, At + first.Length), (entries[1].Index, entries[1].Offset));
        Assert.Equal((ulong)At, directory[BitmapExtensionFields.DirectoryOffset]);
    }

    [Fact]
    public void Fields_lie_where_the_specification_says()
    {
        Assert.Equal([0, 8, 12, 16, 17, 18, 20], BitmapFields.All.Select(f => f.Offset));
        Assert.Equal([0, 4, 8, 16], BitmapExtensionFields.All.Select(f => f.Offset));
    }

    [Fact]
    public void Without_the_extension_there_is_no_directory() => Assert.Null(BitmapDirectory.Of(Header(), new MemoryImage(0)));

    [Fact]
    public void A_short_extension_is_zero_extended_and_a_problem()
    {
        var directory = BitmapDirectory.Of(Header().WithExtensionAdded(ExtensionMagic.Bitmaps, [0, 0, 0, 9]), new MemoryImage(1 << 20))!;

        Assert.Equal(9u, directory[BitmapExtensionFields.NbBitmaps]);
        Assert.Empty(directory.Entries);
        Assert.Equal("the bitmaps extension has 4 bytes, not 24", directory.FindProblem());
    }

    [Theory]
    [InlineData(2u, 64ul, 2, null)]
    [InlineData(1u, 64ul, 1, "the extension gives 1 entries in 64 bytes, there are 1 in 32")]
    [InlineData(3u, 64ul, 2, "the extension gives 3 entries in 64 bytes, there are 2 in 64")]
    [InlineData(2u, 60ul, 1, "entry 1 crosses the end of the directory, 60 bytes past its start")]
    [InlineData(2u, 40ul, 1, "entry 1 crosses the end of the directory, 40 bytes past its start")]
    [InlineData(1u, 0ul, 0, "the extension gives 1 entries in 0 bytes, there are 0 in 0")]
    public void Count_and_size_must_agree(uint count, ulong size, int found, string? problem)
    {
        var image = new MemoryImage(1 << 20).With(At, [.. Bitmap("a"), .. Bitmap("b")]);
        var directory = Directory(image, count, size)!;

        Assert.Equal(found, directory.Entries.Count());
        Assert.Equal(problem, directory.FindProblem());
        Assert.Equal(size == 60 ? [false, true] : Enumerable.Repeat(false, found), directory.Records.Select(record => record.IsCut));
    }

    [Fact]
    public void Four_billion_entries_end_at_the_limit()
    {
        var directory = Directory(new MemoryImage(1L << 40), uint.MaxValue, ulong.MaxValue)!;

        Assert.Equal(Limits.Bitmaps, directory.Entries.Count());
        Assert.Contains("above the limit of 65535", directory.FindProblem());
    }

    [Fact]
    public void Tables_that_claim_much_end_with_the_file()
    {
        var image = new MemoryImage(0x60010).With(At, [.. Bitmap("a", tableSize: uint.MaxValue), .. Bitmap("b", table: ulong.MaxValue)]);
        var directory = Directory(image, 2, 64)!;

        Assert.Equal([2, 0], directory.Entries.Select(e => e.ReadTable().Count()));
        Assert.True(image.BytesRead < 1 << 20);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x8000000000000000ul)]
    [InlineData(0x100000ul)]
    public void A_directory_outside_the_file_costs_nothing(ulong offset)
    {
        var image = new MemoryImage(1 << 20);
        var directory = Directory(image, 7, 1000, offset)!;

        Assert.Empty(directory.Entries);
        Assert.Equal("entry 0 lies past the end of the file", directory.FindProblem());
        Assert.Equal(0, image.BytesRead);
    }

    private static BitmapDirectory? Directory(MemoryImage image, uint count, ulong size, ulong offset = (ulong)At) =>
        BitmapDirectory.Of(Header().WithExtensionAdded(ExtensionMagic.Bitmaps, BitmapExtension(count, size, offset)), image);
}
