using FsCheck.Xunit;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

public class FieldEditTests
{
    public static TheoryData<string> Fields => [.. ReferenceField.All.Select(f => f.Name)];

    /// <summary>Any field but the two whose change moves the list.</summary>
    public static TheoryData<string> PlainFields => [.. ReferenceField.All.Select(f => f.Name).Except(["version", "header_length"])];

    [Theory]
    [MemberData(nameof(PlainFields))]
    public void A_plain_field_changes_its_own_bytes_only_and_writing_it_back_restores_all(string name)
    {
        var (field, reference) = (HeaderFields.All.Find(name)!, ReferenceField.Named(name));
        var first = Seed.First;
        for (var seed = first; seed < first + 300; seed++)
        {
            var random = new Random(seed);
            var bytes = Agreement.Whole(MutatedHeader.Next(random), 512);
            var header = Header.Decode(bytes);
            var old = ReferenceReader.Read(bytes);
            var value = Value(random, reference);
            if (!old.Present.Contains(name))
            {
                Assert.Equal(HeaderError.Invalid, Assert.Throws<HeaderException>(() => header.WithField(field, value)).Error);
                continue;
            }

            var changed = header.WithField(field, value);
            var expected = (byte[])bytes.Clone();
            reference.Write(expected, value);
            Assert.True(changed.Bytes.Span.SequenceEqual(expected), $"seed {seed}: {name} = {value}");
            Assert.True(header.Bytes.Span.SequenceEqual(bytes), $"seed {seed}: {name} = {value} changed its input");
            Assert.Equal(value, changed[field]);
            Assert.True(changed.WithField(field, old[name]).Bytes.Span.SequenceEqual(bytes),
                $"seed {seed}: {name} written back leaves other bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_number_that_does_not_fit_the_field_is_out_of_range(string name)
    {
        var field = HeaderFields.All.Find(name)!;
        var header = Header.Decode(new HeaderBuilder().HeaderLength((uint)ReferenceField.FullLength).Build());
        Assert.Equal(field.Width == 8 ? ulong.MaxValue : (1ul << (8 * field.Width)) - 1, field.MaxValue);
        if (field.Width < 8)
        {
            Assert.Equal(HeaderError.OutOfRange, Assert.Throws<HeaderException>(() => header.WithField(field, field.MaxValue + 1)).Error);
            Assert.Equal(HeaderError.OutOfRange, Assert.Throws<HeaderException>(() => header.WithField(field, ulong.MaxValue)).Error);
        }
    }

    [Theory]
    [InlineData("version", 0ul)]
    [InlineData("version", 1ul)]
    [InlineData("version", 4ul)]
    [InlineData("header_length", 0ul)]
    [InlineData("header_length", 103ul)]
    [InlineData("header_length", 513ul)]
    [InlineData("header_length", 0xfffffffful)]
    [InlineData("cluster_bits", 8ul)]
    [InlineData("cluster_bits", 63ul)]
    [InlineData("magic", 0ul)]
    public void A_value_that_QEMU_refuses_is_taken_and_can_be_taken_back(string name, ulong value)
    {
        var bytes = new HeaderBuilder().ClusterBits(9).Extension(7, "payload").Backing("name").Build();
        var field = HeaderFields.All.Find(name)!;
        var header = Header.Decode(bytes);
        var broken = header.WithField(field, value);
        Assert.NotEqual(bytes, broken.Bytes.ToArray());
        Assert.Equal(bytes, broken.WithField(field, header[field]).Bytes.ToArray());
    }

    [Fact]
    public void Version_3_to_2_clears_the_bits_that_QEMU_clears_and_leaves_no_byte_of_version_3()
    {
        var bytes = new HeaderBuilder().ClusterBits(9).Field("compatible_features", 0x8001).Field("autoclear_features", 3)
            .Extension(7, "ab").Build();
        var header = Header.Decode(bytes).WithField(HeaderFields.Version, 2);
        Assert.Equal(new HeaderBuilder().ClusterBits(9).Version(2).Extension(7, "ab").Build(), header.Bytes.ToArray());
    }

    [Theory]
    [InlineData("incompatible_features", 1ul)]
    [InlineData("incompatible_features", 8ul)]
    [InlineData("refcount_order", 3ul)]
    [InlineData("compression_type", 1ul)]
    public void Version_3_to_2_is_refused_where_version_2_cannot_say_it(string name, ulong value)
    {
        var header = Header.Decode(new HeaderBuilder().ClusterBits(9).Field(name, value).Build());
        Assert.Equal(HeaderError.Invalid, Assert.Throws<HeaderException>(() => header.WithField(HeaderFields.Version, 2)).Error);
    }

    [Theory]
    [InlineData(105u, 104, 104ul)]
    [InlineData(112u, 104, 104ul)]
    [InlineData(112u, 111, 111ul)]
    [InlineData(121u, 120, 120ul)]
    [InlineData(200u, 150, 112ul)]
    public void A_shorter_header_length_is_refused_over_a_byte_that_is_not_zero(uint length, int at, ulong shorter)
    {
        var builder = new HeaderBuilder().ClusterBits(9).HeaderLength(length).Extension(7, "ab").Backing("name");
        var zero = Header.Decode(builder.Build()).WithField(HeaderFields.HeaderLength, shorter);
        Assert.Equal((int)shorter, zero.Extensions.Items[0].Offset);
        var header = Header.Decode(builder.Poke(at, 1).Build());
        Assert.Equal(HeaderError.Invalid, Assert.Throws<HeaderException>(() => header.WithField(HeaderFields.HeaderLength, shorter)).Error);
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void A_feature_bit_is_set_and_cleared_and_no_other_bit_changes(GeneratedHeader good)
    {
        var random = good.NewRandom();
        var (group, bit) = (FeatureGroup.All[random.Next(3)], random.Next(64));
        var header = Header.Decode(good.Bytes);
        if (header.Version == 2)
        {
            Assert.Equal(HeaderError.Invalid, Assert.Throws<HeaderException>(() => header.WithFeature(group, bit, true)).Error);
            Assert.False(header.HasFeature(group, bit));
            return;
        }

        // Bits are big-endian: bit 0 is in the word's last byte.
        var at = (group.Type * 8) + 72 + 7 - (bit / 8);
        var expected = (byte[])good.Bytes.Clone();
        expected[at] |= (byte)(1 << (bit % 8));
        Assert.Equal(expected, header.WithFeature(group, bit, true).Bytes.ToArray());
        Assert.True(header.WithFeature(group, bit, true).HasFeature(group, bit));
        expected[at] &= (byte)~(1 << (bit % 8));
        Assert.Equal(expected, header.WithFeature(group, bit, false).Bytes.ToArray());
        Assert.False(header.WithFeature(group, bit, false).HasFeature(group, bit));
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void Raw_bytes_go_where_they_are_told_and_nowhere_else(HostileHeader hostile)
    {
        var random = new Random(hostile.Seed);
        var header = Header.Decode(hostile.Bytes);
        var data = HeaderGenerator.Payload(random, random.Next(header.Bytes.Length + 1));
        var offset = random.Next(header.Bytes.Length - data.Length + 1);
        byte[] expected = [.. header.Bytes.Span[..offset], .. data, .. header.Bytes.Span[(offset + data.Length)..]];
        Assert.Equal(expected, header.WithRawBytes(offset, data).Bytes.ToArray());
    }

    private static ulong Value(Random random, ReferenceField field)
    {
        var value = random.Next(3) == 0 ? (ulong)random.Next(30) : (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1);
        return field.Width == 8 ? value : value & ((1ul << (8 * field.Width)) - 1);
    }
}
