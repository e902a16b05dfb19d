using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;
using Qcow2Fs.Tree;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Cli.Tests;

/// <summary>header.json as a file.</summary>
[Trait("Category", "Slow")]
public class JsonFileTests
{
    [Fact]
    public void Cat_and_write_bring_a_header_from_one_image_to_another()
    {
        using var from = TestImage.Of("everything");
        using var to = TestImage.Of("cluster-16384");
        var json = Program.Bytes("cat", from.Path, "header.json");
        Program.RunWith(json, "write", to.Path, "header.json", "-").Expect();
        Assert.True(ReferenceHeader.SameContent(from.Header, to.Header));
        Assert.Equal(json, Program.Bytes("cat", to.Path, "header.json"));
    }

    [Fact]
    public void Sed_can_edit_it()
    {
        using var image = TestImage.Of("backing");
        Program.Shell("qcow2fs cat $1 header.json | sed 's/base.qcow2/other.qcow2/' | qcow2fs write $1 header.json -", image.Path).Expect();
        Assert.Equal("other.qcow2"u8.ToArray(), image.Header.BackingName!.Value.ToArray());
    }

    [Fact]
    public void A_refused_document_changes_nothing_and_names_the_key()
    {
        using var image = TestImage.Of("default");
        var before = image.Bytes;
        Program.AssertRefused(Program.RunWith("""{"header":{"size":1,"l1_size":-1}}"""u8.ToArray(), "write", image.Path, "header.json",
            "-"), "header.json: header.l1_size: ");
        Program.AssertRefused(Program.Run("write", image.Path, "header.json", "{"), "header.json: not JSON: line 1");
        Program.AssertRefused(Program.Run("write", image.Path, "header.json", "5"), "header.json: the document: it must be an object");
        Program.Run("write", image.Path, "header.json", "").Expect();
        Assert.Equal(before, image.Bytes);
    }

    [Fact]
    public void Pieces_are_staged_and_committed_at_flush()
    {
        using var image = TestImage.Of("default");
        using var file = ImageFile.At(image.Path);
        var tree = new ImageTree(file);
        var handle = Open(tree, truncate: true);
        handle.Flush();
        var json = """{"header": {"size": 1048576}}"""u8.ToArray();
        for (var i = 0; i < json.Length; i++)
        {
            handle.Write(i, json.AsSpan(i, 1), append: false);
        }

        Assert.Equal(4ul << 20, image.Header["size"]);
        handle.Flush();
        Assert.Equal(1ul << 20, image.Header["size"]);
        handle.Release();
    }

    [Fact]
    public void What_cannot_become_a_document_is_refused_by_write()
    {
        using var image = TestImage.Of("default");
        using var file = ImageFile.At(image.Path);
        var tree = new ImageTree(file);
        var handle = Open(tree, truncate: true);
        Assert.Equal(Errno.EINVAL, Refused(() => handle.Write(0, "{\"header\": {x"u8, append: false)));
        Assert.Equal(Errno.EINVAL, Refused(() => handle.Write(0, "{\"head\": {}}"u8, append: false)));
        Assert.Equal(Errno.ERANGE, Refused(() => handle.Write(0, "{\"header\": {\"version\": 4294967296}}"u8, append: false)));
        Assert.Equal(Errno.EINVAL, Refused(() => handle.Write(5000, "x"u8, append: false)));
        handle.Write(0, "{\"header\""u8, append: false);
        Assert.Equal(Errno.EINVAL, Refused(handle.Flush));
        handle.Write(0, ": {}}"u8, append: true);
        handle.Flush();
        var lastError = tree.Open("last_error"u8, write: false, truncate: false)!;
        Assert.Contains("not JSON", Encoding.UTF8.GetString(lastError.Content.Span));
    }

    [Fact]
    public void An_editor_may_write_in_place()
    {
        using var image = TestImage.Of("default");
        using var file = ImageFile.At(image.Path);
        var tree = new ImageTree(file);
        var handle = Open(tree, truncate: false);
        var text = Encoding.UTF8.GetString(handle.Content.Span);
        handle.Write(0, Encoding.UTF8.GetBytes(text.Replace("\"version\": 3", "\"version\": 2", StringComparison.Ordinal)), append: false);
        handle.Flush();
        Assert.Equal(2ul, image.Header["version"]);
        var second = Open(tree, truncate: false);
        var content = second.Content.ToArray();
        second.Write(2, "\t\t"u8, append: false);
        Assert.Equal(content, Open(tree, truncate: false).Content.ToArray());
    }

    [Fact]
    public void Its_length_is_bounded()
    {
        using var image = TestImage.Of("cluster-512");
        Program.AssertRefused(Program.RunWith(new byte[200_000], "write", image.Path, "header.json", "-"), "has at most");
        Program.AssertRefused(Program.RunWith(Encoding.UTF8.GetBytes(new string('[', 10_000)), "write", image.Path, "header.json", "-"),
            "not JSON");
    }

    [Fact]
    public void The_longest_list_has_a_document()
    {
        var builder = new HeaderBuilder().ClusterBits(16);
        using var image = TestImage.Of(builder.Extensions((builder.ClusterSize - 112 - 8) / 8, 0xe2792aca).Build());
        var before = image.Bytes;
        Program.RunWith(Program.Bytes("cat", image.Path, "header.json"), "write", image.Path, "header.json", "-").Expect();
        Assert.Equal(before, image.Bytes);
    }

    private static FileHandle Open(ImageTree tree, bool truncate) => tree.Open("header.json"u8, write: true, truncate)!;

    private static Errno Refused(Action action) => Assert.Throws<TreeException>(action).Errno;
}
