using System.Text;
using Mono.Unix.Native;

namespace Qcow2Fs.Tree.Tests;

/// <summary>Temporary files, and the files of the image that a tool has moved out of its way.</summary>
public sealed class ScratchTests
{
    private const int MaxFiles = 64;
    private const int MaxBytes = 8 << 20;

    [Theory]
    [InlineData("sedABc123")]
    [InlineData("XXabcDEF")]
    [InlineData("tmpabcd_123")]
    [InlineData("tmpABC123")]
    [InlineData(".goutputstream-ABC123")]
    [InlineData(".size.AbCdEf")]
    [InlineData(".size.swp")]
    [InlineData(".size.swx")]
    [InlineData(".size.swpx")]
    [InlineData("4913")]
    [InlineData("5036")]
    [InlineData("size~")]
    [InlineData("size.bak")]
    [InlineData("size.orig")]
    [InlineData("size.tmp")]
    [InlineData("size.new")]
    [InlineData("#size#")]
    [InlineData(".#size")]
    [InlineData("sizeA1b2C3")]
    public void A_name_of_a_tool_can_be_created_beside_every_file(string name)
    {
        using var tree = TreeFixture.Small();
        var before = tree.Bytes;
        tree.Write($"header/{name}", "in memory");
        Assert.Equal("in memory", tree.Text($"header/{name}"));
        Assert.Equal(name, tree.List("header").Last());
        Assert.Equal(before, tree.Bytes);
        tree.Remove($"header/{name}");
        Assert.False(tree.Exists($"header/{name}"));
    }

    [Theory]
    [InlineData("sedABc12")]
    [InlineData("sedABc1234")]
    [InlineData("sedABc12-")]
    [InlineData("XXabcDE")]
    [InlineData("tmpabcd_12")]
    [InlineData("tmp")]
    [InlineData(".goutputstream-ABC12")]
    [InlineData(".size.AbCdE")]
    [InlineData(".size.sw")]
    [InlineData("4914")]
    [InlineData("~")]
    [InlineData(".bak")]
    [InlineData("size.bak2")]
    [InlineData("size.txt")]
    [InlineData("##")]
    [InlineData(".#")]
    [InlineData("sizeA1b2C")]
    [InlineData("sizeA1b2C-")]
    [InlineData("nothingA1b2C3")]
    [InlineData("A1b2C3")]
    public void A_name_that_is_nearly_one_of_a_tool_is_a_typing_error(string name)
    {
        using var tree = TreeFixture.Small();
        tree.Refused(Errno.EPERM, () => tree.Create($"header/{name}"));
        Assert.False(tree.Exists($"header/{name}"));
    }

    [Fact]
    public void The_same_name_in_another_directory_is_another_file()
    {
        using var tree = TreeFixture.Small();
        tree.Write("4913", "root");
        tree.Write("header/4913", "header");
        tree.Write("features/incompatible/4913", "bits");
        Assert.Equal(["root", "header", "bits"], new[] { "4913", "header/4913", "features/incompatible/4913" }.Select(tree.Text));
    }

    [Fact]
    public void There_are_at_most_64_files()
    {
        using var tree = TreeFixture.Small();
        for (var i = 0; i < MaxFiles; i++)
        {
            tree.Write($"{(i % 2 == 0 ? "" : "header/")}{i}~", $"{i}");
        }

        tree.Refused(Errno.ENOSPC, () => tree.Create("one-more~"));
        tree.Refused(Errno.ENOSPC, () => tree.Rename("header/size", "one-more~"));
        Assert.True(tree.Exists("header/size"));
        tree.Write("0~", "once more");
        Assert.Equal("once more", tree.Text("0~"));
        tree.Remove("2~");
        tree.Write("one-more~", "fits");
        Assert.Equal("fits", tree.Text("one-more~"));
        Assert.Equal("63", tree.Text("header/63~"));
    }

    [Fact]
    public void They_have_8_MiB_together()
    {
        using var tree = TreeFixture.Small();
        var half = new byte[MaxBytes / 2];
        half.AsSpan().Fill(7);
        tree.Write("1~", half);
        tree.Write("2~", half);
        var handle = tree.Open("2~", write: true);
        tree.Refused(Errno.ENOSPC, () => handle.Write(half.Length, "x"u8, append: false));
        tree.Refused(Errno.ENOSPC, () => handle.Write(0, "x"u8, append: true));
        tree.Refused(Errno.ENOSPC, () => handle.Truncate(half.Length + 1));
        tree.Refused(Errno.ENOSPC, () => tree.Tree.Truncate("1~"u8, 1L << 40));
        tree.Refused(Errno.ENOSPC, () => tree.Write("3~", "x"));
        Assert.Equal(half, handle.Content.ToArray());
        handle.Truncate(half.Length - 6);
        tree.Write("3~", "fits");
        tree.Refused(Errno.ENOSPC, () => tree.Rename("header/size", "4~"));
        Assert.Equal("32768\n", tree.Text("header/size"));
        handle.Release();
    }

    [Fact]
    public void What_is_past_a_shorter_end_does_not_come_back()
    {
        using var tree = TreeFixture.Small();
        tree.Write("1~", "abcdef");
        var handle = tree.Open("1~", write: true);
        handle.Truncate(2);
        handle.Write(4, "x"u8, append: false);
        handle.Write(0, "y"u8, append: true);
        Assert.Equal("ab\0\0xy", Encoding.ASCII.GetString(handle.Content.Span));
        handle.Release();
        Assert.Equal("ab\0\0xy", tree.Text("1~"));
    }

    [Fact]
    public void A_file_removed_while_open_is_served_to_its_handle()
    {
        using var tree = TreeFixture.Small();
        tree.Write("1~", "abc");
        var handle = tree.Open("1~", write: true);
        tree.Remove("1~");
        handle.Write(0, "xyz"u8, append: false);
        Assert.Equal("xyz"u8.ToArray(), handle.Content.ToArray());
        handle.Release();
        Assert.False(tree.Exists("1~"));
    }

    [Fact]
    public void They_vanish_with_the_tree()
    {
        using var tree = TreeFixture.Small();
        tree.Write("1~", "abc");
        tree.Rename("header/size", "2~");
        using var image = Image.ImageFile.At(tree.ImagePath);
        var other = TreeFixture.TreeOf(image);
        Assert.False(other.Exists("1~"));
        Assert.False(other.Exists("2~"));
        Assert.True(other.Exists("header/size"));
    }

    [Fact]
    public void A_file_moved_to_a_temporary_name_is_not_seen_until_something_takes_its_place()
    {
        using var tree = TreeFixture.Small();
        var before = tree.Bytes;
        tree.Rename("header/size", "header/size~");
        Assert.False(tree.Exists("header/size"));
        Assert.DoesNotContain("size", tree.List("header"));
        Assert.Null(tree.Tree.Open("header/size"u8, write: false, truncate: false));
        tree.Refused(Errno.ENOENT, () => tree.Remove("header/size"));
        tree.Refused(Errno.ENOENT, () => tree.Rename("header/size", "header/size.bak"));
        Assert.Equal("32768\n", tree.Text("header/size~"));
        Assert.Equal(before, tree.Bytes);
        Thread.Sleep(1200);
        Assert.False(tree.Exists("header/size"), "with its copy there is no time limit");

        tree.Write("header/size", "5");
        Assert.Equal("5\n", tree.Text("header/size"));
        Assert.Equal("32768\n", tree.Text("header/size~"));
        tree.Rename("header/size~", "header/size");
        Assert.Equal(before, tree.Bytes);
        Assert.False(tree.Exists("header/size~"));
    }

    [Fact]
    public void A_file_comes_back_when_its_copy_is_removed_or_used_elsewhere()
    {
        using var tree = TreeFixture.Small();
        tree.Rename("header/size", "4913");
        tree.Remove("4913");
        Assert.Equal("32768\n", tree.Text("header/size"));
        tree.Rename("header/size", "4913");
        tree.Rename("4913", "header/l1_size");
        Assert.Equal("32768\n", tree.Text("header/size"));
        Assert.Equal("32768\n", tree.Text("header/l1_size"));
    }

    [Fact]
    public void A_file_that_mv_unlinks_stays_as_it_is_until_the_new_content_comes()
    {
        using var tree = TreeFixture.Small();
        var before = tree.Bytes;
        tree.Remove("backing_file", replacing: true);
        Assert.False(tree.Exists("backing_file"));
        Assert.DoesNotContain("backing_file", tree.List(""));
        Assert.Equal(before, tree.Bytes);
        var handle = tree.Create("backing_file");
        Assert.Equal(before, tree.Bytes);
        handle.Write(0, "new.img"u8, append: false);
        handle.Flush();
        handle.Release();
        Assert.Equal("new.img\n", tree.Text("backing_file"));
    }

    [Fact]
    public void A_file_that_mv_unlinks_comes_back_by_itself_after_a_second()
    {
        using var tree = TreeFixture.Small();
        var before = tree.Bytes;
        tree.Remove("header/size", replacing: true);
        Assert.False(tree.Exists("header/size"));
        var time = System.Diagnostics.Stopwatch.StartNew();
        Assert.True(SpinWait.SpinUntil(() => tree.Exists("header/size"), TimeSpan.FromSeconds(30)));
        Assert.InRange(time.Elapsed.TotalSeconds, 0.8, 29);
        Assert.Equal("32768\n", tree.Text("header/size"));
        Assert.Equal(before, tree.Bytes);
    }

    [Fact]
    public void A_refused_replacement_leaves_the_temporary_file_and_the_target()
    {
        using var tree = TreeFixture.Small();
        tree.Write("header/size~", "no number");
        tree.Refused(Errno.EINVAL, () => tree.Rename("header/size~", "header/size"));
        Assert.Equal("no number", tree.Text("header/size~"));
        Assert.Equal("32768\n", tree.Text("header/size"));
    }

    [Fact]
    public void A_name_that_could_not_be_listed_is_refused()
    {
        using var tree = TreeFixture.Small();
        tree.Refused(Errno.ENAMETOOLONG, () => tree.Create(new string('x', 255) + "~"));
        tree.Create(new string('x', 254) + "~").Release();
        Assert.Contains(new string('x', 254) + "~", tree.List(""));
    }

    [Fact]
    public void Two_names_that_are_not_text_are_two_files()
    {
        using var tree = TreeFixture.Small();
        byte[][] names = [[.. "header/"u8, 0xff, (byte)'~'], [.. "header/"u8, 0xfe, (byte)'~']];
        foreach (var name in names)
        {
            var handle = tree.Tree.Create(name);
            handle.Write(0, name, append: false);
            handle.Release();
        }

        foreach (var name in names)
        {
            Assert.Equal(name, tree.Tree.Open(name, write: false, truncate: false)!.Content.ToArray());
            Assert.Contains(tree.Tree.List("header")!, e => e.NameBytes.SequenceEqual(name.AsSpan("header/".Length)));
        }
    }

    [Theory]
    [InlineData("features/incompatible/6", "features/incompatible/6")]
    [InlineData("features/incompatible/6", "features/incompatible/7")]
    [InlineData("header/size", "header/size")]
    [InlineData("backing_format", "backing_format")]
    public void What_is_there_already_and_a_bit_without_a_name_can_be_renamed_onto_a_file(string from, string to)
    {
        using var tree = TreeFixture.Small();
        tree.Create("features/incompatible/6").Release();
        tree.Write("backing_format", "");
        var content = tree.Read(from);
        tree.Write($"{to}~", content);
        tree.Rename($"{to}~", to);
        Assert.Equal(content, tree.Read(to));
        tree.Write("header/size~", "\n");
        tree.Refused(Errno.EINVAL, () => tree.Rename("header/size~", "header/size"));
    }

    [Fact]
    public void A_length_near_the_largest_number_is_refused()
    {
        using var tree = TreeFixture.Small();
        tree.Write("a~", "x");
        tree.Write("b~", "x");
        tree.Refused(Errno.ENOSPC, () => tree.Tree.Truncate("b~"u8, long.MaxValue));
    }

    [Fact]
    public void A_name_does_not_end_with_a_newline()
    {
        using var tree = TreeFixture.Small();
        Assert.Equal(Errno.EPERM, Assert.Throws<TreeException>(() => tree.Create("size.bak\n")).Errno);
    }
}
