using FsCheck.Xunit;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Edits of headers whose list cannot be moved.</summary>
public class MalformedTests
{
    private static readonly Dictionary<string, Func<Header, Header>> s_edits = new()
    {
        ["add"] = h => h.WithExtensionAdded(7, [1]),
        ["set"] = h => h.WithExtension(0x99887766, [1]),
        ["name"] = h => h.WithBackingFile([1]),
        ["format"] = h => h.WithBackingFormat([1]),
        ["feature name"] = h => h.WithFeatureName(FeatureGroup.Incompatible, 9, "nine"u8),
        ["first payload"] = h => h.Extensions.Items.Length > 0 ? h.WithExtensionData(0, new byte[h.Extensions.Items[0].Length + 1])
            : h.WithExtensionAdded(7, []),
        ["first magic"] = h => h.Extensions.Items.Length > 0 ? h.WithExtensionMagic(0, 5) : h.WithExtensionAdded(7, []),
        ["first removed"] = h => h.Extensions.Items.Length > 0 ? h.WithoutExtension(0) : h.WithExtensionAdded(7, []),
        ["all removed"] = h =>
            h.Extensions.Items.Length > 0 ? h.WithoutExtensions(h.Extensions.Items[0].Magic) : h.WithExtensionAdded(7, []),
        ["no name"] = h => h.HasBackingFile ? h.WithoutBackingFile() : h.WithBackingFile([]),
    };

    public static TheoryData<string> Edits => [.. s_edits.Keys];

    [Theory]
    [MemberData(nameof(Edits))]
    public void Structural_edits_are_refused_while_the_list_cannot_be_read(string edit)
    {
        foreach (var bytes in Broken(300))
        {
            var header = Header.Decode(bytes);
            Assert.Equal(HeaderError.Malformed, Assert.Throws<HeaderException>(() => s_edits[edit](header)).Error);
            Assert.Equal(bytes, header.Bytes.ToArray());
            Assert.Same(header, header.WithoutSkip());
        }
    }

    [Fact]
    public void Version_and_header_length_are_then_plain_fields()
    {
        foreach (var bytes in Broken(300))
        {
            var header = Header.Decode(bytes);
            foreach (var (field, value) in new (string, ulong)[]
                { ("version", 2), ("version", 3), ("header_length", 104), ("header_length", 120) })
            {
                if (!header.Has(HeaderFields.All.Find(field)!))
                {
                    continue;
                }

                var expected = (byte[])bytes.Clone();
                ReferenceField.Named(field).Write(expected, value);
                Assert.Equal(expected, header.WithField(HeaderFields.All.Find(field)!, value).Bytes.ToArray());
            }
        }
    }

    [Fact]
    public void Removing_the_rest_keeps_all_before_it_and_zeroes_it()
    {
        var refused = 0;
        var done = 0;
        foreach (var bytes in Broken(1500))
        {
            var reference = ReferenceReader.Read(bytes);
            if (!reference.IsListReachable || reference["cluster_bits"] is < 9 or > 21)
            {
                continue;
            }

            // A name is a part of the rest where it is cut; the model has no END to keep.
            var edit = new Edit("drop the rest", h => h.WithoutMalformedRest(), _ => { }, h => h with { ListProblem = null });
            _ = edit.Check(bytes, "malformed") is null ? done++ : refused++;
        }

        Assert.True(done > 100 && refused > 0, $"{done} done, {refused} without room");
    }

    [Fact]
    public void Seven_bytes_before_the_end_of_the_cluster_are_too_few_for_an_end_marker()
    {
        var header = Header.Decode(new HeaderBuilder().ClusterBits(9).HeaderLength(505).Build());
        Assert.True(header.Extensions.IsMalformed);
        Assert.Equal(7, header.MalformedBytes.Length);
        Assert.Equal(HeaderError.NoRoom, Assert.Throws<HeaderException>(() => header.WithoutMalformedRest()).Error);
    }

    [Fact]
    public void Seven_bytes_before_a_name_are_made_room_by_moving_it()
    {
        var header = Header.Decode(new HeaderBuilder().ClusterBits(9).BackingAt(119, "name"u8.ToArray()).Build());
        Assert.True(header.Extensions.IsMalformed);
        Assert.Equal(new HeaderBuilder().ClusterBits(9).Backing("name").Build(), header.WithoutMalformedRest().Bytes.ToArray());
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void Tidying_removes_every_skip_extension_and_nothing_else(GeneratedHeader good)
    {
        var header = Header.Decode(good.Bytes);
        Assert.Same(header, header.WithoutSkip());
        var random = good.NewRandom();
        if (header.FreeBytes < 80 || header.Extensions.TailEnd == header.Extensions.ItemsEnd)
        {
            return;
        }

        var dirty = header.WithExtensionAdded(ExtensionMagic.Skip, new byte[random.Next(20)])
            .WithExtensionAdded(ExtensionMagic.Skip, [1, 2]);
        if (header.Extensions.Items.Length > 0)
        {
            dirty = dirty.WithExtensionAdded(7, [7]).WithExtensionAdded(ExtensionMagic.Skip, [])
                .WithoutExtension(dirty.Extensions.Items.Length);
        }

        var tidied = ReferenceReader.Read(dirty.WithoutSkip().Bytes.Span);
        Assert.DoesNotContain(tidied.Extensions, e => e.Magic == ReferenceExtension.SkipMagic);
        Assert.Null(ReferenceHeader.Difference(ReferenceReader.Read(good.Bytes), tidied));
    }

    // Whole first clusters whose list is malformed or lost, or whose end is not known.
    private static IEnumerable<byte[]> Broken(int count)
    {
        var seed = Seed.First;
        while (count > 0)
        {
            var bytes = MutatedHeader.Next(new(seed++));
            var reference = ReferenceReader.Read(bytes);
            if (reference.ListProblem is not null || reference["cluster_bits"] is < 9 or > 21)
            {
                count--;
                yield return Agreement.Whole(bytes, reference.ClusterSize);
            }
        }
    }
}
