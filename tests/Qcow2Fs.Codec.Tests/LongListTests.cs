using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>The longest list that there can be: a quadratic step in it would take minutes.</summary>
public class LongListTests
{
    private const int Count = 262_000;

    private static readonly byte[] s_bytes = Bytes();

    [Fact]
    public void It_decodes()
    {
        var header = Header.Decode(s_bytes);
        Assert.Equal(Count, header.Extensions.Items.Length);
        Assert.Null(header.Extensions.Problem);
        Assert.Equal((2 << 20) - 120 - (8 * Count), header.FreeBytes);
    }

    [Fact]
    public void One_more_is_added_and_removed()
    {
        var header = Header.Decode(s_bytes);
        var more = header.WithExtensionAdded(0xabcd, [1, 2, 3]);
        Assert.Equal(Count + 1, more.Extensions.Items.Length);
        Assert.Equal([1, 2, 3], more.DataOf(more.Extensions.Items[Count]).ToArray());
        Assert.Equal(s_bytes, more.WithoutExtension(Count).Bytes.ToArray());
        Assert.Equal(Count - 1, header.WithoutExtension(0).Extensions.Items.Length);
    }

    [Fact]
    public void All_of_a_magic_are_removed_at_once()
    {
        var header = Header.Decode(s_bytes).WithoutExtensions(1);
        Assert.Equal(Count / 2, header.Extensions.Items.Length);
        Assert.All(header.Extensions.Items, item => Assert.Equal(2u, item.Magic));
        Assert.Equal(new HeaderBuilder().ClusterBits(21).Build(), header.WithoutExtensions(2).Bytes.ToArray());
    }

    [Fact]
    public void The_header_before_it_grows()
    {
        var header = Header.Decode(s_bytes).WithField(HeaderFields.HeaderLength, 120);
        Assert.Equal(Count, header.Extensions.Items.Length);
        Assert.Equal(120, header.Extensions.Items[0].Offset);
    }

    private static byte[] Bytes()
    {
        var bytes = new HeaderBuilder().ClusterBits(21).Build();
        for (var i = 0; i < Count; i++)
        {
            bytes[112 + (8 * i) + 3] = (byte)(1 + (i % 2));
        }

        return bytes;
    }
}
