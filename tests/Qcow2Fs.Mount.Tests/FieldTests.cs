using System.Globalization;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class FieldTests
{
    // As in the display column of the specification's page; feature words are hexadecimal.
    private static readonly HashSet<string> s_hex =
    [
        "magic", "backing_file_offset", "backing_file_size", "l1_table_offset", "refcount_table_offset", "snapshot_offset",
        "incompatible_features", "compatible_features", "autoclear_features",
    ];

    public static IEnumerable<object[]> FieldsOfImages =>
        from recipe in new[] { "default", "v2-backing", "everything" }
        from row in ReferenceField.All
        where row.IsIn(112) && (row.Since == 2 || recipe != "v2-backing")
        select new object[] { recipe, row.Name };

    [Theory]
    [MemberData(nameof(FieldsOfImages))]
    public void A_field_reads_as_it_is_and_each_value_can_be_written_and_undone(string recipe, string name)
    {
        using var mount = MountedImage.Of(recipe);
        var field = ReferenceField.Named(name);
        var original = mount.Bytes;
        var value = mount.Header[name];
        Assert.Equal(Shown(name, value) + "\n", mount.Do("cat header/$1", name));
        foreach (var other in Boundaries(field, value))
        {
            mount.Do("echo $2 > header/$1", name, Text(other));
            var written = mount.Bytes;
            var expected = original.ToArray();
            field.Write(expected, other);
            Assert.True(expected.AsSpan().SequenceEqual(written), $"{name} = {other}: {Difference.Of(expected, written)}");
            Assert.Equal(Shown(name, other) + "\n", mount.Do("cat header/$1", name));
            Assert.Equal(other, ReferenceReader.Read(written)[name]);
            mount.Do(ReadAll(name));
            mount.Do("echo $2 > header/$1", name, Text(value));
            Assert.True(original.AsSpan().SequenceEqual(mount.Bytes), $"{name} = {other} and back: {Difference.Of(original, mount.Bytes)}");
        }
    }

    [Theory]
    [InlineData("magic", "0x514649fc")]
    [InlineData("version", "0")]
    [InlineData("version", "4")]
    [InlineData("cluster_bits", "0")]
    [InlineData("cluster_bits", "8")]
    [InlineData("cluster_bits", "22")]
    [InlineData("cluster_bits", "63")]
    [InlineData("cluster_bits", "4294967295")]
    [InlineData("header_length", "0")]
    [InlineData("header_length", "103")]
    [InlineData("header_length", "65537")]
    [InlineData("header_length", "4294967295")]
    [InlineData("backing_file_offset", "0x10001")]
    [InlineData("backing_file_offset", "0xffffffffffffffff")]
    [InlineData("backing_file_size", "1024")]
    [InlineData("backing_file_size", "0xffffffff")]
    [InlineData("refcount_order", "7")]
    [InlineData("refcount_table_clusters", "0")]
    [InlineData("refcount_table_offset", "1")]
    [InlineData("l1_size", "4294967295")]
    [InlineData("l1_table_offset", "0x8000000000000000")]
    [InlineData("nb_snapshots", "65537")]
    [InlineData("snapshot_offset", "7")]
    [InlineData("size", "0x8000000000000000")]
    [InlineData("crypt_method", "3")]
    [InlineData("incompatible_features", "0x8000000000000000")]
    [InlineData("compression_type", "9")]
    public void The_view_stays_usable_where_QEMU_refuses_the_image(string name, string bad)
    {
        using var mount = MountedImage.Of("backing");
        var original = mount.Bytes;
        var old = mount.Line("cat header/$1", name);
        mount.Do("echo $2 > header/$1", name, bad);
        Assert.NotEqual(0, QemuImg.Run("info", "-f", "qcow2", mount.Image).ExitCode);
        mount.Do(ReadAll(name));
        mount.Do("echo 8M > header/size");
        mount.Do("echo 4M > header/size; echo $2 > header/$1", name, old);
        mount.Image_is(original);
        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("0", 0ul)]
    [InlineData("0x0", 0ul)]
    [InlineData("0XaBc", 0xabcul)]
    [InlineData("0o17", 15ul)]
    [InlineData("0b101", 5ul)]
    [InlineData("007", 7ul)]
    [InlineData("1K", 1024ul)]
    [InlineData("3k", 3072ul)]
    [InlineData("5M", 5ul << 20)]
    [InlineData("2G", 2ul << 30)]
    [InlineData("7T", 7ul << 40)]
    [InlineData("1P", 1ul << 50)]
    [InlineData("15E", 15ul << 60)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("0b1111111111111111111111111111111111111111111111111111111111111111", ulong.MaxValue)]
    [InlineData("00000000000000000000000000000000000000000000000001", 1ul)]
    public void A_size_can_be_written_in_many_ways(string text, ulong value)
    {
        using var mount = MountedImage.Of("cluster-512");
        Assert.Equal($"{value}\n", mount.Do("echo $1 > header/size; cat header/size", text));
        Assert.Equal($"{value}\n", mount.Do("echo 1 > header/size; printf %s $1 > header/size; cat header/size", text));
    }

    [Fact]
    public void What_cannot_be_a_value_is_refused_with_a_sentence_and_changes_nothing()
    {
        using var mount = MountedImage.Of("backing");
        const string range = "Numerical result out of range", invalid = "Invalid argument";
        (string Field, string Text, string Words)[] rows =
        [
            ("size", "18446744073709551616", range), ("size", "16E", range), ("size", "0x10000000000000000", range),
            ("size", new string('9', 5000), range),
            ("version", "4294967296", range), ("magic", "0x100000000", range), ("cluster_bits", "4294967296", range),
            ("compression_type", "256", range), ("header_length", "0x100000000", range),
            ("size", "abc", invalid), ("size", "-1", invalid), ("size", "+1", invalid), ("size", " 1", invalid), ("size", "1 ", invalid),
            ("size", "1\t", invalid), ("size", "0x", invalid), ("size", "0b2", invalid), ("size", "0o8", invalid), ("size", "0xg", invalid),
            ("size", "1.5", invalid), ("size", "1e3", invalid), ("size", "K", invalid), ("size", "1KK", invalid), ("size", "0x1K", invalid),
            ("size", "1\n2", invalid), ("size", "1\n\n", invalid), ("size", "\u00e9", invalid), ("size", "1_000", invalid),
            ("size", "1\r", invalid),
            ("cluster_bits", "1K", invalid), ("l1_size", "2M", invalid), ("version", "three", invalid), ("magic", "QFI", invalid),
        ];
        foreach (var (field, text, words) in rows)
        {
            var sentence = mount.Refuses(words, "printf '%s\\n' \"$2\" > $D/v; cat $D/v > header/$1", field, text);
            Assert.True(sentence.Length is > 10 and < 200, sentence);
        }
    }

    [Fact]
    public void Last_error_names_the_newest_refusal_and_starts_empty()
    {
        using var mount = MountedImage.Of("cluster-512");
        Assert.Equal("", mount.Do("cat last_error"));
        Assert.Contains("nonsense", mount.Refuses("Invalid argument", "echo nonsense > header/size"), StringComparison.Ordinal);
        Assert.Contains("cluster_bits", mount.Refuses("Numerical result", "echo 0x100000000 > header/cluster_bits"),
            StringComparison.Ordinal);
    }

    // Where these two point at junk there are thousands of snapshots, which SnapshotTests has.
    private static string ReadAll(string changed) => changed is "nb_snapshots" or "snapshot_offset"
        ? "ls -U snapshots header extensions > /dev/null; find . -path ./snapshots -prune -o -type f -exec cat {} + > /dev/null"
        : "ls -lR . > /dev/null; find . -type f -exec cat {} + > /dev/null";

    // Without the values that move the extension list: those change more than the field, and VersionTests has them.
    private static IEnumerable<ulong> Boundaries(ReferenceField field, ulong value)
    {
        var max = field.Width == 8 ? ulong.MaxValue : (1ul << (8 * field.Width)) - 1;
        ulong[] all = [0, 1, 2, 127, max >> 1, (max >> 1) + 1, max - 1, max, value ^ 1, value + 1];
        return all.Select(v => v & max).Distinct().Where(v => v != value && (field.Name != "version" || v is not (2 or 3)))
            .Where(v => field.Name != "header_length" || v is < 104 or > 2097152);
    }

    private static string Shown(string name, ulong value) =>
        s_hex.Contains(name) ? Text(value) : value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
