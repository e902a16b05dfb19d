using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>header.json as a function from header to header.</summary>
public class JsonTests
{
    public static IEnumerable<object[]> Images => QemuImages.Names;

    [Property(Arbitrary = [typeof(HeaderArbitraries)], MaxTest = 300)]
    public bool Written_back_it_changes_no_byte(GeneratedHeader header) => IsUnchanged(header.Bytes);

    [Property(Arbitrary = [typeof(HeaderArbitraries)], MaxTest = 300)]
    public bool Written_back_to_a_hostile_header_it_changes_no_byte(HostileHeader header) => IsUnchanged(header.Bytes);

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Images))]
    public void Written_back_to_an_image_it_changes_no_byte(string name)
    {
        using var image = TestImage.Of(name);
        Assert.True(IsUnchanged(image.Bytes[..image.Header.ClusterSize]));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void A_document_makes_any_header_what_it_says_or_names_the_key()
    {
        var done = 0;
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var wanted = HeaderGenerator.Next(random);
            var header = Sized(random, wanted.Length);
            try
            {
                var result = Apply(header, HeaderDocument.Write(Header.Decode(wanted)));
                Assert.True(ReferenceHeader.Difference(ReferenceReader.Read(wanted), ReferenceReader.Read(result)) is null,
                    $"seed {seed}: {ReferenceHeader.Difference(ReferenceReader.Read(wanted), ReferenceReader.Read(result))}");
                done++;
            }
            catch (HeaderException e)
            {
                Assert.Matches("^(header\\.[a-z0-9_]+|extensions|malformed|backing_file): ", e.Message);
            }
        }

        Assert.InRange(done, 500, 1000);
    }

    [Fact]
    public void Any_mutation_of_a_document_is_followed_or_refused()
    {
        for (var seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            var bytes = HeaderGenerator.Next(random);
            if (bytes.Length > 8192)
            {
                continue;
            }

            var document = HeaderDocument.Write(Header.Decode(bytes));
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                document = Mutate(random, document);
            }

            try
            {
                Assert.Equal(bytes.Length, Apply(bytes, document).Length);
            }
            catch (HeaderException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"header":{"size":"2M"}}""", "size=2097152")]
    [InlineData("""{"header":{"compatible_features":[0,"9"]}}""", "compatible_features=513")]
    [InlineData("""{"header":{"incompatible_features":["dirty","corrupt"]}}""", "incompatible_features=3")]
    [InlineData("""{"header":{"autoclear_features":"0xf0"}}""", "autoclear_features=240")]
    [InlineData("""{"header":{"header_length":120}}""", "header_length=120")]
    [InlineData("""{"header":{"version":2}}""", "version=2 header_length=72")]
    [InlineData("""{"backing_file":null}""", "backing_file_size=0")]
    [InlineData("""{"backing_file":"longer.qcow2"}""", "backing_file_size=12")]
    [InlineData("""{"backing_file":{"hex":"ff00"}}""", "backing_file_size=2")]
    [InlineData("""{"header":{"backing_file_size":3}}""", "backing_file_size=3")]
    [InlineData("""{"backing_file":"base","header":{"backing_file_offset":300}}""", "backing_file_offset=300 backing_file_size=4")]
    public void A_partial_document_changes_what_it_says(string json, string expected)
    {
        var before = Sample();
        var after = ReferenceReader.Read(Apply(before, Encoding.UTF8.GetBytes(json)));
        var said = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(e => e.Split('=')).ToDictionary(e => e[0], e => ulong.Parse(e[1], null));
        Assert.All(said, e => Assert.Equal(e.Value, after[e.Key]));
        Assert.Equal(ReferenceReader.Read(before).Extensions.Select(e => e.Magic), after.Extensions.Select(e => e.Magic));
        Assert.Null(after.ListProblem);
    }

    [Fact]
    public void Extensions_are_reordered_added_and_removed_at_once()
    {
        var json = """
            {"extensions":[{"magic":"0x2","text":"new"},{"magic":3735928559,"hex":"00ff"},
            {"magic":"0xe2792aca","name":"anything","text":"raw"}]}
            """;
        var after = ReferenceReader.Read(Apply(Sample(), Encoding.UTF8.GetBytes(json)));
        Assert.Equal([2u, 0xdeadbeef, 0xe2792aca], after.Extensions.Select(e => e.Magic));
        Assert.Equal("base"u8.ToArray(), after.BackingName!.Value.ToArray());
    }

    [Fact]
    public void Padding_and_the_payload_of_the_end_marker_are_kept()
    {
        var before = new HeaderBuilder().Extension(1, [1], padding: 0xaa).Extension(2, [2], padding: 0xbb).End([9, 9]).Build();
        var after = Apply(before, """{"extensions":[{"magic":2,"hex":"02"},{"magic":1,"hex":"01"}]}"""u8.ToArray());
        Assert.Equal(before[128..144], after[112..128]);
        Assert.Equal(before[112..128], after[128..144]);
        Assert.Equal(before[144..], after[144..]);
    }

    [Fact]
    public void A_malformed_rest_is_shown_kept_and_removed()
    {
        var before = new HeaderBuilder().ClusterBits(9).Extension(1, "x").NoEnd().Poke(128, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff).Build();
        var document = JsonDocument.Parse(HeaderDocument.Write(Header.Decode(before))).RootElement;
        Assert.StartsWith("00000007ffffffff", document.GetProperty("malformed").GetString());
        Assert.Contains("malformed: ", Refusal(before, """{"malformed":"00"}"""));
        Assert.Contains("extensions: ", Refusal(before, """{"extensions":[]}"""));
        Assert.Null(ReferenceReader.Read(Apply(before, """{"malformed":null}"""u8.ToArray())).ListProblem);
        Assert.Empty(ReferenceReader.Read(Apply(before, """{"malformed":null,"extensions":[]}"""u8.ToArray())).Extensions);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON: line 1")]
    [InlineData("[]", "the document: it must be an object")]
    [InlineData("""{"size":1}""", "size: there is no such key")]
    [InlineData("""{"header":{"sizes":1}}""", "header.sizes: there is no such key")]
    [InlineData("""{"header":{"size":-1}}""", "header.size: ")]
    [InlineData("""{"header":{"size":1.5}}""", "header.size: ")]
    [InlineData("""{"header":{"size":"big"}}""", "header.size: 'big' is not a number")]
    [InlineData("""{"header":{"size":true}}""", "header.size: it must be a number, or a string with one")]
    [InlineData("""{"header":{"l1_size":4294967296}}""", "header.l1_size: ")]
    [InlineData("""{"header":{"compatible_features":[64]}}""", "header.compatible_features: ")]
    [InlineData("""{"header":{"header_length":100000,"unknown_bytes":"00"}}""", "header.unknown_bytes: ")]
    [InlineData("""{"header":{"unknown_bytes":"0"}}""", "header.unknown_bytes: it must be pairs of hex digits")]
    [InlineData("""{"extensions":{}}""", "extensions: it must be an array")]
    [InlineData("""{"extensions":[{"hex":""}]}""", "extensions[0].magic: ")]
    [InlineData("""{"extensions":[{"magic":0,"hex":""}]}""", "extensions[0].magic: ")]
    [InlineData("""{"extensions":[{"magic":1}]}""", "extensions[0]: it has no hex and no text")]
    [InlineData("""{"extensions":[{"magic":1,"hex":"61","text":"b"}]}""", "extensions[0]: hex and text have different contents")]
    [InlineData("""{"extensions":[{"magic":1,"text":"\ud800"}]}""", "extensions[0].text: it is not text")]
    [InlineData("""{"\ud800":1}""", "a key is not text")]
    [InlineData("""{"header":{"size":1,"size":1}}""", "header.size: it is there twice")]
    [InlineData("""{"header":{"size":1,"s\u0069ze":1}}""", "header.size: it is there twice")]
    [InlineData("""{"header":{},"header":{}}""", "header: it is there twice")]
    [InlineData("""{"extensions":[{"magic":1,"magic":1}]}""", "extensions[0].magic: it is there twice")]
    [InlineData("""{"header":{"size":1,"\ud800":1}}""", "a key is not text")]
    [InlineData("""{"backing_file":5}""", "backing_file: it must be a string")]
    [InlineData("""{"backing_file":{}}""", "backing_file: ")]
    [InlineData("""{"backing_file":"base","header":{"backing_file_offset":0}}""", "header.backing_file_offset: ")]
    [InlineData("""{"backing_file":"base","header":{"backing_file_offset":113}}""", "header.backing_file_offset: ")]
    [InlineData("""{"backing_file":"base","header":{"backing_file_offset":18446744073709551615}}""", "header.backing_file_offset: ")]
    [InlineData("""{"header":{"version":2,"incompatible_features":[0]}}""", "header.incompatible_features: ")]
    public void A_refusal_names_the_key(string json, string sentence) => Assert.Contains(sentence, Refusal(Sample(), json));

    private static byte[] Sample() =>
        new HeaderBuilder().ClusterBits(9).Extension(0xe2792aca, "raw").Extension(7, "seven").Backing("base").Build();

    private static string Refusal(byte[] header, string json) =>
        Assert.Throws<HeaderException>(() => Apply(header, Encoding.UTF8.GetBytes(json))).Message;

    private static byte[] Apply(byte[] header, byte[] json) =>
        Header.Decode(header).WithDocument(HeaderDocument.Read(json)).Bytes.ToArray();

    private static bool IsUnchanged(byte[] bytes)
    {
        var header = Header.Decode(bytes);
        var json = HeaderDocument.Write(header);
        return json.Length <= HeaderDocument.MaxLength(header.ClusterSize)
            && header.WithDocument(HeaderDocument.Read(json)).Bytes.Span.SequenceEqual(header.Bytes.Span)
            && HeaderDocument.Write(header).AsSpan().SequenceEqual(json);
    }

    private static byte[] Sized(Random random, int length)
    {
        var bytes = HeaderGenerator.Next(random);
        while (bytes.Length != length)
        {
            bytes = HeaderGenerator.Next(random);
        }

        return bytes;
    }

    private static byte[] Mutate(Random random, byte[] document)
    {
        var at = random.Next(document.Length);
        var bytes = document.ToList();
        switch (random.Next(4))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, random.Next(Math.Min(20, document.Length - at)));
                break;
            case 2:
                bytes.InsertRange(at, document.Skip(random.Next(document.Length)).Take(random.Next(30)).ToList());
                break;
            default:
                // A digit for a digit keeps it a document.
                var digits = Enumerable.Range(0, document.Length).Where(i => char.IsAsciiDigit((char)document[i])).ToList();
                bytes[digits[random.Next(digits.Count)]] = (byte)random.Next('0', '9' + 1);
                break;
        }

        return [.. bytes];
    }
}
