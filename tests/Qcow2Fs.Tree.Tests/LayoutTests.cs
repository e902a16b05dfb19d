using System.Globalization;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

/// <summary>The file <c>layout</c>: a line for every piece of the first cluster.</summary>
public class LayoutTests
{
    [Fact]
    public void Every_piece_has_a_line()
    {
        var header = new HeaderBuilder().ClusterBits(9).Extension(ExtensionMagic.BackingFormat, "qcow2").Extension(0x12345678, new byte[8])
            .Backing("base.img"u8.ToArray(), gap: 6).Build();
        Assert.Equal("""
            0x000000       4  header/magic                     0x514649fb
            0x000004       4  header/version                   3
            """.ReplaceLineEndings("\n"), string.Join('\n', Layout(header).Split('\n')[..2]));
        Assert.Equal("""
            0x000064       4  header/header_length             112
            0x000068       1  header/compression_type          0
            0x000069       7  -                                padding, zero
            0x000070       8  extensions/0xe2792aca            entry header: length 5
            0x000078       5  extensions/0xe2792aca            Backing format
            0x00007d       3  -                                padding, zero
            0x000080       8  extensions/0x12345678            entry header: length 8
            0x000088       8  extensions/0x12345678            unknown
            0x000090       8  -                                end of the list
            0x000098       6  -                                free, zero
            0x00009e       8  backing_file                     base.img
            0x0000a6     346  -                                free, zero

            """.ReplaceLineEndings("\n"), string.Join('\n', Layout(header).Split('\n')[17..]));
    }

    /// <summary>Whatever the header says, the lines cover the first cluster in order, without holes; only the name may overlap.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void Nothing_is_left_out_of_any_header()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var bytes = MutatedHeader.Next(new Random(seed));
            var header = Header.Decode(bytes);
            if (header.Extensions.Items.Length > 10000)
            {
                continue;
            }

            var (at, end) = (0, 0);
            foreach (var line in Layout(bytes).Split('\n')[..^1])
            {
                var parts = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
                var start = int.Parse(parts[0][2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                Assert.True(start >= at && start <= end, $"seed {seed}: {line}");
                Assert.True(start == end || parts[2] != "-", $"seed {seed}: {line}");
                (at, end) = (start, Math.Max(end, start + int.Parse(parts[1], CultureInfo.InvariantCulture)));
            }

            Assert.Equal(Math.Max(header.ClusterSize, 0), end);
        }
    }

    [Fact]
    public void The_size_is_that_of_the_text_and_it_cannot_be_written()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("backing").Make(directory);
        using var image = ImageFile.At(path);
        var tree = new ImageTree(image);
        var view = tree.Read();
        var status = ImageTree.Status(view, tree.Find(view, "layout"u8)!);
        Assert.Equal(status.Size, Encoding.UTF8.GetByteCount(Layout(File.ReadAllBytes(path)[..65536])));
        Assert.Throws<TreeException>(() => tree.Open(view, "layout"u8, write: true, truncate: false));
    }

    private static string Layout(byte[] header)
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["image"], header);
        using var image = ImageFile.At(directory["image"]);
        var tree = new ImageTree(image);
        var handle = tree.Open(tree.Read(), "layout"u8, write: false, truncate: false)!;
        var text = Encoding.UTF8.GetString(handle.Content.Span);
        handle.Release();
        return text;
    }
}
