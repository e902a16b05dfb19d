using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData("65536\n", 65536)]
    [InlineData("65536", 65536)]
    [InlineData("0x10000", 65536)]
    [InlineData("0o20", 16)]
    [InlineData("0b101\n", 5)]
    [InlineData("3K", 3072)]
    [InlineData("2e\n", 2UL << 60)]
    public void A_number_can_be_written_in_every_base_and_the_size_with_a_suffix(string text, ulong size)
    {
        using var tree = TreeFixture.Small();
        tree.Write("header/size", text);
        Assert.Equal($"{size}\n", tree.Text("header/size"));
    }

    [Theory]
    [InlineData("header/size", "x", Errno.EINVAL)]
    [InlineData("header/size", "5 \n", Errno.EINVAL)]
    [InlineData("header/size", "5\n\n", Errno.EINVAL)]
    [InlineData("header/size", "-1", Errno.EINVAL)]
    [InlineData("header/size", "0x", Errno.EINVAL)]
    [InlineData("header/size", "K", Errno.EINVAL)]
    [InlineData("header/size", "18446744073709551616", Errno.ERANGE)]
    [InlineData("header/size", "16E", Errno.ERANGE)]
    [InlineData("header/l1_size", "1K", Errno.EINVAL)]
    [InlineData("header/l1_size", "4294967296", Errno.ERANGE)]
    [InlineData("header/compression_type", "256", Errno.ERANGE)]
    [InlineData("header/header_length", "65537", default(Errno))]
    [InlineData("header/cluster_bits", "4294967295", default(Errno))]
    [InlineData("backing_format", "sixteen_bytes_16", Errno.ENAMETOOLONG)]
    public void A_value_is_judged_in_the_write_that_brings_it(string path, string text, Errno errno)
    {
        using var tree = TreeFixture.Small();
        var handle = tree.Open(path, write: true, truncate: true);
        if (errno == 0)
        {
            handle.Write(0, Encoding.UTF8.GetBytes(text), append: false);
            Assert.Equal(text + "\n", tree.Text(path));
        }
        else
        {
            tree.Refused(errno, () => handle.Write(0, Encoding.UTF8.GetBytes(text), append: false));
        }

        handle.Release();
    }

    [Fact]
    public void A_value_in_pieces_is_the_whole_text_so_far()
    {
        using var tree = TreeFixture.Small();
        var handle = tree.Open("header/size", write: true, truncate: true);
        handle.Flush();
        handle.Write(0, "1"u8, append: false);
        Assert.Equal("1\n", tree.Text("header/size"));
        handle.Write(1, "2"u8, append: false);
        Assert.Equal("12\n", tree.Text("header/size"));
        tree.Refused(Errno.EINVAL, () => handle.Write(2, "x"u8, append: false));
        handle.Write(2, "3\n"u8, append: false);
        Assert.Equal("123\n", tree.Text("header/size"));
        handle.Release();
    }

    [Fact]
    public void A_write_at_the_start_replaces_the_value_and_appending_continues_the_text()
    {
        using var tree = TreeFixture.Small();
        tree.Write("header/size", "65536");
        var handle = tree.Open("header/size", write: true);
        handle.Write(0, "3"u8, append: false);
        Assert.Equal("3\n", tree.Text("header/size"));
        handle.Release();

        handle = tree.Open("header/size", write: true);
        tree.Refused(Errno.EINVAL, () => handle.Write(2, "4"u8, append: true));
        handle.Write(2, "\n"u8, append: true);
        handle.Release();
        Assert.Equal("3\n", tree.Text("header/size"));
    }

    [Fact]
    public void Truncating_and_empty_writes_change_nothing()
    {
        using var tree = TreeFixture.Small();
        var before = tree.Bytes;
        tree.Write("backing_file", "");
        tree.Write("backing_file", "\n");
        tree.Tree.Truncate("/header/size"u8, 0);
        var handle = tree.Open("backing_file", write: true);
        handle.Truncate(2);
        handle.Flush();
        handle.Release();
        Assert.Equal(before, tree.Bytes);
    }

    [Fact]
    public void A_name_is_bytes_and_loses_one_newline()
    {
        using var tree = TreeFixture.Small();
        byte[] name = [0xff, (byte)'\n', 0, 0xfe];
        tree.Write("backing_file", [.. name, (byte)'\n']);
        Assert.Equal([.. name, (byte)'\n'], tree.Read("backing_file"));
        tree.Write("data_file", "json:{}\n\n");
        Assert.Equal("json:{}\n\n", tree.Text("data_file"));
        Assert.Equal("json:{}\n", Encoding.UTF8.GetString(tree.Read("extensions/0x44415441")));
    }

    [Fact]
    public void A_reader_keeps_the_content_of_its_open()
    {
        using var tree = TreeFixture.Small();
        var handle = tree.Open("backing_file");
        tree.Write("backing_file", "other");
        Assert.Equal("base.img\n"u8.ToArray(), handle.Content.ToArray());
        handle.Release();
    }

    [Fact]
    public void Names_come_and_go_with_their_files()
    {
        using var tree = TreeFixture.Small();
        foreach (var path in new[] { "backing_file", "backing_format" })
        {
            tree.Remove(path);
            Assert.False(tree.Exists(path));
            tree.Refused(Errno.ENOENT, () => tree.Remove(path));
            var created = tree.Create(path);
            Assert.True(tree.Exists(path), "a file that is being created has a name");
            created.Release();
            Assert.False(tree.Exists(path));
            tree.Write(path, "new\n");
            Assert.Equal("new\n", tree.Text(path));
        }
    }

    [Fact]
    public void Fields_that_the_header_lacks_are_no_files()
    {
        using var version2 = new TreeFixture(new HeaderBuilder().Version(2).Build());
        Assert.Equal("snapshot_offset", version2.List("header").Last());
        version2.Refused(Errno.EINVAL, () => version2.Create("header/refcount_order"));
        version2.Refused(Errno.EINVAL, () => version2.Create("features/incompatible/3"));
        using var shortest = new TreeFixture(new HeaderBuilder().HeaderLength(104).Build());
        Assert.Equal("header_length", shortest.List("header").Last());
        shortest.Refused(Errno.EPERM, () => shortest.Create("header/sise"));
        shortest.Refused(Errno.EPERM, () => shortest.Remove("header/size"));
    }
}
