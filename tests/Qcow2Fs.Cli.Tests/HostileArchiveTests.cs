using System.Formats.Tar;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>restore of archives that a stranger made: only images below the working directory are written, and nothing hangs.</summary>
[Trait("Category", "Slow")]
public sealed class HostileArchiveTests : IDisposable
{
    private const string ClusterSuffix = ".header.bin";
    private const string LuksSuffix = ".luks.bin";

    private static readonly byte[] s_old = new HeaderBuilder().ClusterBits(12).Build();
    private static readonly byte[] s_new = new HeaderBuilder().ClusterBits(12).Field("size", 1 << 20).Build();

    private readonly TempDirectory _directory = new();

    public HostileArchiveTests()
    {
        Directory.CreateDirectory(_directory["work/sub"]);
        Directory.CreateDirectory(_directory["outside"]);
        foreach (var name in new[] { "work/a", "work/sub/b", "outside/c" })
        {
            File.WriteAllBytes(_directory[name], [.. s_old, .. new byte[8192]]);
        }

        File.CreateSymbolicLink(_directory["work/link"], _directory["outside"]);
        File.CreateSymbolicLink(_directory["work/c"], _directory["outside/c"]);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/ABSOLUTE/outside/c", "is an absolute name")]
    [InlineData("../outside/c", "leads out of the working directory")]
    [InlineData("sub/../../outside/c", "leads out of the working directory")]
    [InlineData("link/c", "a symbolic link")]
    [InlineData("c", "a symbolic link")]
    [InlineData("a\0b", "is no name of a file")]
    [InlineData(".", "is no name of a file")]
    [InlineData("sub", "")]
    [InlineData("missing", "No such file")]
    public void A_name_leads_to_an_image_below_or_nowhere(string name, string sentence)
    {
        name = name.Replace("/ABSOLUTE", _directory.Path, StringComparison.Ordinal);
        var result = Restore(Tar((name + ClusterSuffix, s_new, Identity("outside/c"))), "--force");
        AssertNothing(result, sentence);
        Assert.Contains("1 refused", result.Error);
    }

    [Fact]
    public void A_link_that_was_named_is_followed()
    {
        Restore(Tar((_directory["outside/c"] + ClusterSuffix, s_new, Identity("outside/c"))), "c").Expect();
        Assert.Equal(s_new, File.ReadAllBytes(_directory["outside/c"])[..4096]);
    }

    [Theory]
    [InlineData(100, "100 bytes of a first cluster of 65536")]
    [InlineData(4095, "4095 bytes of a first cluster of 4096")]
    [InlineData(8192, "8192 bytes of a first cluster of 4096")]
    [InlineData((2 << 20) + 1, "1 entry of the archive skipped")]
    public void A_cluster_that_is_no_cluster_is_refused(int length, string sentence)
    {
        var bytes = s_new.ToArray();
        Array.Resize(ref bytes, length);
        if (length < 512)
        {
            bytes[23] = 0;
        }

        AssertNothing(Restore(Tar(("a" + ClusterSuffix, bytes, Identity("work/a")))), sentence);
    }

    [Fact]
    public void What_is_no_header_is_written_only_to_an_image_that_the_user_names()
    {
        var archive = Tar(("a" + ClusterSuffix, new byte[65536], Identity("work/a")));
        AssertNothing(Restore(archive), "has no qcow2 header");
        Restore(archive, "a").Expect();
        Assert.Equal(new byte[12288], File.ReadAllBytes(_directory["work/a"]));
    }

    [Fact]
    public void The_second_of_two_entries_of_a_name_is_refused()
    {
        var third = new HeaderBuilder().ClusterBits(12).Field("size", 1 << 21).Build();
        var result = Restore(Tar(
            ("sub/b" + ClusterSuffix, s_new, Identity("work/sub/b")),
            ("./sub//b" + ClusterSuffix, third, Identity("work/sub/b")))).Expect(Program.Refused);
        Assert.Contains("./sub//b: is in the archive twice", result.Error);
        Assert.Equal(s_new, File.ReadAllBytes(_directory["work/sub/b"])[..4096]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("qcow2fs")]
    [InlineData("qcow2fs device 1:x inode 1 born 1.1 length 1")]
    [InlineData("qcow2fs device 1:1 inode 99999999999999999999999 born 1.1 length 1")]
    [InlineData("a comment of another program")]
    public void Entries_without_an_identity_are_taken_by_name_if_forced(string identity)
    {
        var archive = Tar(("a" + ClusterSuffix, s_new, identity));
        AssertNothing(Restore(archive), "1 entry of the archive skipped");
        Restore(archive, "--force").Expect();
        Assert.Equal(s_new, File.ReadAllBytes(_directory["work/a"])[..4096]);
    }

    [Fact]
    public void Another_identity_is_refused()
    {
        string own = Identity("work/a"), longer = own + "9", inode = own.Replace("inode ", "inode 1", StringComparison.Ordinal);
        foreach (var identity in new[] { Identity("work/sub/b"), longer, inode })
        {
            var result = Restore(Tar(("a" + ClusterSuffix, s_new, identity)));
            Assert.Equal(Program.Refused, result.ExitCode);
            Assert.Equal(s_old, File.ReadAllBytes(_directory["work/a"])[..4096]);
        }
    }

    [Fact]
    public void Entries_of_other_types_are_skipped()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var type in new[]
            {
                TarEntryType.SymbolicLink, TarEntryType.HardLink, TarEntryType.Directory, TarEntryType.Fifo, TarEntryType.CharacterDevice,
            })
            {
                var entry = new PaxTarEntry(type, "a" + ClusterSuffix, new Dictionary<string, string> { ["comment"] = Identity("work/a") });
                if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                {
                    entry.LinkName = "../outside/c";
                }

                tar.WriteEntry(entry);
            }
        }

        AssertNothing(Restore(bytes.ToArray()), "5 entries of the archive skipped");
    }

    [Fact]
    public void A_LUKS_header_goes_where_the_cluster_says_and_never_past_the_end()
    {
        var secret = new byte[1024];
        secret.AsSpan().Fill(7);
        // Alone, or of another image, it has no place.
        AssertNothing(Restore(Tar(("a" + LuksSuffix, secret, Identity("work/a")))), "1 entry of the archive skipped");
        AssertLuks(Crypto(4096, 1024), "sub/b", "skipped");
        AssertLuks(Crypto(4096, 512), "a", "does not name");
        AssertLuks(Crypto(0, 1024), "a", "does not name");
        AssertLuks(Crypto(4097, 1024), "a", "does not name");
        AssertLuks(Crypto(0xfffffffffffff000, 1024), "a", "does not name");
        AssertLuks(Crypto(1L << 40, 1024), "a", "the file ends before");
        AssertLuks(Crypto(12288 - 512, 1024), "a", "the file ends before");
        Restore(Tar(
            ("a" + ClusterSuffix, Crypto(4096, 1024), Identity("work/a")),
            ("a" + LuksSuffix, secret, Identity("work/a")))).Expect();
        Assert.Equal([.. Crypto(4096, 1024), .. secret, .. new byte[12288 - 5120]], File.ReadAllBytes(_directory["work/a"]));

        void AssertLuks(byte[] cluster, string name, string sentence)
        {
            var result = Restore(Tar(("a" + ClusterSuffix, cluster, Identity("work/a")), (name + LuksSuffix, secret, Identity("work/a"))));
            Assert.Contains(sentence, result.Error);
            var now = File.ReadAllBytes(_directory["work/a"]);
            Assert.Equal(12288, now.Length);
            Assert.True(now.AsSpan(4096).IndexOfAnyExcept((byte)0) < 0);
            File.WriteAllBytes(_directory["work/a"], [.. s_old, .. new byte[8192]]);
        }

        static byte[] Crypto(ulong offset, ulong length) => new HeaderBuilder().ClusterBits(12).Extension(0x0537be77,
            [.. BitConverter.GetBytes(offset).Reverse(), .. BitConverter.GetBytes(length).Reverse()]).Build();
    }

    [Theory]
    [InlineData("", "is no tar archive")]
    [InlineData("text", "is no tar archive")]
    [InlineData("x2147483647", "extended header of 2147483647 bytes")]
    [InlineData("x8589934591", "extended header of 8589934591 bytes")]
    [InlineData("x70000", "extended header of 70000 bytes")]
    [InlineData("x100", "an extended header that cannot be read")]
    [InlineData("08589934591", "ends in the middle of an entry")]
    [InlineData("L8589934591", "ends in the middle of an entry")]
    public void Numbers_of_the_archive_take_no_memory(string header, string sentence)
    {
        var archive = header is [var type, _, ..] && header != "text"
            ? (byte[])[.. Block("a", type, long.Parse(header[1..], System.Globalization.CultureInfo.InvariantCulture)), .. new byte[512]]
            : Encoding.ASCII.GetBytes(header);
        File.WriteAllBytes(_directory["tar"], archive);
        var result = Program.Shell("cd \"$1\" && ulimit -d 400000 && qcow2fs restore \"$2\"", _directory["work"], _directory["tar"]);
        AssertNothing(result, $"{_directory["tar"]}: ");
        Assert.Contains(sentence, result.Error);
    }

    [Fact]
    public void An_archive_may_be_cut_or_damaged_anywhere()
    {
        var archive = Tar(("a" + ClusterSuffix, s_new, Identity("work/a")), ("sub/b" + ClusterSuffix, s_new, Identity("work/sub/b")));
        var random = new Random(5);
        for (var i = 0; i < 24; i++)
        {
            var bytes = archive.ToArray();
            if (i % 2 == 0)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }
            else
            {
                for (var n = random.Next(1, 6); n > 0; n--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
                }
            }

            var result = Restore(bytes, "-n");
            Assert.True(result.ExitCode is 0 or 1 && !result.Error.Contains("internal error", StringComparison.Ordinal), result.ToString());
        }

        // What comes before the damage is restored.
        var cut = Restore(archive[..^3000]).Expect(Program.Refused);
        Assert.Contains("ends in the middle of an entry", cut.Error);
        Assert.Equal(s_new, File.ReadAllBytes(_directory["work/a"])[..4096]);
        Assert.Equal(s_old, File.ReadAllBytes(_directory["work/sub/b"])[..4096]);
    }

    private void AssertNothing(ToolResult result, string sentence)
    {
        Assert.Equal(Program.Refused, result.ExitCode);
        Assert.Contains(sentence, result.Error);
        foreach (var name in new[] { "work/a", "work/sub/b", "outside/c" })
        {
            Assert.Equal(s_old, File.ReadAllBytes(_directory[name])[..4096]);
        }
    }

    private ToolResult Restore(byte[] archive, params string[] words)
    {
        File.WriteAllBytes(_directory["tar"], archive);
        string[] options = [.. words.Where(word => word is ['-', ..])];
        return Program.Shell("cd \"$1\" && shift && exec qcow2fs restore \"$@\"",
            [_directory["work"], .. options, _directory["tar"], .. words.Except(options)]);
    }

    // The identity as backup writes it.
    private string Identity(string name)
    {
        var archive = Program.Bytes("backup", _directory[name]);
        var text = Encoding.Latin1.GetString(archive);
        var start = text.IndexOf("qcow2fs device", StringComparison.Ordinal);
        return text[start..text.IndexOf('\n', start)];
    }

    private static byte[] Tar(params (string Name, byte[] Content, string Identity)[] entries)
    {
        using var bytes = new MemoryStream();
        foreach (var (name, content, identity) in entries)
        {
            var records = Record("path", name) + Record("comment", identity);
            Add('x', "x", Encoding.UTF8.GetBytes(records));
            Add('0', "name", content);
        }

        bytes.Write(new byte[1024]);
        return bytes.ToArray();

        void Add(char type, string name, byte[] content)
        {
            bytes.Write(Block(name, type, content.Length));
            bytes.Write(content);
            bytes.Write(new byte[-content.Length & 511]);
        }

        static string Record(string key, string value)
        {
            var length = Encoding.UTF8.GetByteCount($"000 {key}={value}\n");
            return $"{length:d3} {key}={value}\n";
        }
    }

    private static byte[] Block(string name, char type, long size)
    {
        var block = new byte[512];
        Encoding.ASCII.GetBytes(name, block);
        "0000600"u8.CopyTo(block.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0'), block.AsSpan(124));
        block[156] = (byte)type;
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "        "u8.CopyTo(block.AsSpan(148));
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(b => b), 8).PadLeft(6, '0') + "\0 ", block.AsSpan(148));
        return block;
    }
}
