using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

/// <summary>The names of extensions that share a magic, where more than this tree changes the list.</summary>
public sealed class ExtensionNameTests
{
    private const uint Magic = 0xcafe;

    [Fact]
    public void A_list_made_before_can_be_worked_off()
    {
        using var tree = new TreeFixture(Image("1", "2", "3", "4"));
        var names = tree.List("extensions").ToList();
        Assert.Equal(["0x0000cafe", "0x0000cafe.2", "0x0000cafe.3", "0x0000cafe.4"], names);
        foreach (var (name, i) in names.Select((n, i) => (n, i + 1)))
        {
            Assert.Equal($"{i}", tree.Text($"extensions/{name}"));
            tree.Remove($"extensions/{name}");
        }

        Assert.Empty(tree.List("extensions"));
    }

    [Fact]
    public void A_name_that_became_free_is_given_to_a_new_extension_at_the_end()
    {
        using var tree = new TreeFixture(Image("1", "2", "3"));
        tree.Remove("extensions/0xcafe.2");
        tree.Write("extensions/0xcafe.2", "new");
        Assert.Equal(["0x0000cafe", "0x0000cafe.3", "0x0000cafe.2"], tree.List("extensions"));
        Assert.Equal(["1", "3", "new"], tree.List("extensions").Select(n => tree.Text($"extensions/{n}")));
    }

    [Fact]
    public void A_rename_keeps_the_index_and_frees_the_old_name()
    {
        using var tree = new TreeFixture(Image("1", "2", "3"));
        tree.Rename("extensions/0xcafe.2", "extensions/0x1");
        Assert.Equal(["0x0000cafe", "0x00000001", "0x0000cafe.3"], tree.List("extensions"));
        tree.Rename("extensions/0xcafe.3", "extensions/0xcafe");
        Assert.Equal(["0x00000001", "0x0000cafe"], tree.List("extensions"));
        Assert.Equal("3", tree.Text("extensions/0xcafe"));
    }

    [Fact]
    public void What_another_program_adds_gets_the_first_free_number_and_what_it_removes_the_last()
    {
        using var tree = new TreeFixture(Image("1", "2", "3"));
        tree.Remove("extensions/0xcafe");
        Assert.Equal(["0x0000cafe.2", "0x0000cafe.3"], tree.List("extensions"));
        File.WriteAllBytes(tree.ImagePath, Image("2", "3", "other"));
        Assert.Equal(["0x0000cafe.2", "0x0000cafe.3", "0x0000cafe"], tree.List("extensions"));
        Assert.Equal("other", tree.Text("extensions/0xcafe"));
        File.WriteAllBytes(tree.ImagePath, Image("2"));
        Assert.Equal(["0x0000cafe.2"], tree.List("extensions"));
    }

    [Fact]
    public void Another_file_under_the_image_s_name_starts_with_fresh_names()
    {
        using var tree = new TreeFixture(Image("1", "2", "3"));
        tree.Remove("extensions/0xcafe");
        File.WriteAllBytes(tree.ImagePath + ".new", Image("a", "b"));
        File.Move(tree.ImagePath + ".new", tree.ImagePath, overwrite: true);
        Assert.Equal(["0x0000cafe", "0x0000cafe.2"], tree.List("extensions"));
        Assert.Equal(tree.Bytes[..4096], tree.Read("header.orig.bin"));
    }

    private static byte[] Image(params string[] payloads) =>
        payloads.Aggregate(new HeaderBuilder().ClusterBits(12), (header, payload) => header.Extension(Magic, payload)).Build();
}
