using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests;

/// <summary>What a folder of images remembers, and what comes, goes and changes in it.</summary>
public sealed class FolderTreeTests : IDisposable
{
    // More than twice as many as a folder's tree remembers.
    private const int Many = 40;

    private readonly TempDirectory _directory = new();
    private readonly ImageFolder _folder;
    private readonly ITree _tree;

    public FolderTreeTests()
    {
        _folder = ImageFolder.At(_directory.Path);
        _tree = TreeFixture.TreeOf(_folder);
    }

    [Fact]
    public void Images_and_folders_come_and_go_at_once()
    {
        Assert.Empty(Sorted(""));
        Make("a.qcow2", "1");
        Assert.Equal(["a.qcow2"], Sorted(""));
        Directory.CreateDirectory(_directory["sub/deep"]);
        Make("sub/deep/b.qcow2", "2");
        Assert.Equal(["a.qcow2", "sub"], Sorted(""));
        Assert.Equal("2", _tree.ReadText("sub/deep/b.qcow2/extensions/0x1"));
        Directory.Move(_directory["sub"], _directory["other"]);
        Assert.Equal(["a.qcow2", "other"], Sorted(""));
        Assert.False(_tree.Exists("sub"));
        Assert.Equal("2", _tree.ReadText("other/deep/b.qcow2/extensions/0x1"));
        File.Delete(_directory["a.qcow2"]);
        Assert.Equal(["other"], Sorted(""));
        Assert.False(_tree.Exists("a.qcow2"));
        Make("a.qcow2/inside", "3");
        Assert.Equal("3", _tree.ReadText("a.qcow2/inside/extensions/0x1"));
    }

    [Fact]
    public void Only_images_and_folders_are_shown()
    {
        Make("image", "1");
        File.WriteAllText(_directory["text"], "QFI");
        File.WriteAllBytes(_directory["empty"], []);
        File.WriteAllBytes(_directory["short"], [(byte)'Q', (byte)'F', (byte)'I', 0xfb]);
        File.CreateSymbolicLink(_directory["link"], "image");
        Directory.CreateDirectory(_directory["folder"]);
        File.CreateSymbolicLink(_directory["linked folder"], "folder");
        File.CreateSymbolicLink(_directory["folder/up"], "..");
        Assert.Equal(0, Syscall.mkfifo(_directory["fifo"], FilePermissions.S_IRUSR));
        Assert.Equal(["folder", "image", "short"], Sorted(""));
        Assert.Empty(Sorted("folder"));
        Assert.All(new[] { "text", "empty", "link", "linked folder", "fifo", "folder/up", "link/header" },
            path => Assert.False(_tree.Exists(path), path));
        Assert.Equal("0x514649fb\n", _tree.ReadText("short/header/magic"));
    }

    [Fact]
    public void A_folder_that_turns_into_a_link_is_not_followed()
    {
        Make("sub/a.qcow2", "1");
        Assert.Equal("1", _tree.ReadText("sub/a.qcow2/extensions/0x1"));
        Directory.Move(_directory["sub"], _directory["real"]);
        Directory.CreateSymbolicLink(_directory["sub"], "real");
        Assert.False(_tree.Exists("sub"));
        Assert.False(_tree.Exists("sub/a.qcow2"));
        Assert.Null(_tree.List("sub"));
        Assert.False(_tree.Exists("sub/a.qcow2/extensions/0x1"));
    }

    [Fact]
    public void Names_are_bytes()
    {
        Make("plain", "1");
        Program("mv plain $'\\xff odd\\n\\x01'");
        var entry = Assert.Single(_tree.List("")!, e => e.IsDirectory);
        Assert.Equal([0xff, .. " odd\n\x01"u8], entry.NameBytes.ToArray());
        byte[] path = [.. entry.NameBytes, .. "/header/size"u8];
        var handle = _tree.Open(path, write: true, truncate: true)!;
        handle.Write(0, "5"u8, append: false);
        handle.Flush();
        handle.Release();
        Assert.Equal(2, _tree.Stat(path)!.Value.Size);
        Assert.Equal(_tree.Stat(entry.NameBytes)!.Value.Image.Inode, _tree.Stat(path)!.Value.Image.Inode);
        // .NET cannot name it, so it could not remove it.
        Program("rm *odd*");
    }

    [Fact]
    public void Another_image_under_the_same_name_has_a_past_of_its_own()
    {
        Make("a.qcow2", "1");
        _tree.WriteFile("a.qcow2/header/size", "5"u8);
        Assert.Throws<TreeException>(() => _tree.WriteFile("a.qcow2/header/size", "x"u8));
        Assert.NotEqual("", _tree.ReadText("a.qcow2/last_error"));
        Make("b", "2");
        File.Move(_directory["b"], _directory["a.qcow2"], overwrite: true);
        Assert.True(_tree.Exists("a.qcow2"));
        Assert.Equal("2", _tree.ReadText("a.qcow2/extensions/0x1"));
        Assert.Equal("", _tree.ReadText("a.qcow2/last_error"));
        Assert.Equal(File.ReadAllBytes(_directory["a.qcow2"]), _tree.ReadFile("a.qcow2/header.orig.bin"));
    }

    [Fact]
    public void An_image_whose_magic_was_changed_here_stays_until_it_goes()
    {
        Make("a.qcow2", "1");
        var original = File.ReadAllBytes(_directory["a.qcow2"]);
        _tree.WriteFile("a.qcow2/header/magic", "0"u8);
        Assert.Equal(["a.qcow2"], Sorted(""));
        Assert.True(_tree.Stat("a.qcow2"u8)!.Value.IsDirectory);
        Assert.Equal("0x0\n", _tree.ReadText("a.qcow2/header/magic"));
        Assert.Equal(original, _tree.ReadFile("a.qcow2/header.orig.bin"));

        // Also after many others.
        MakeMany();
        Assert.Equal("0x0\n", _tree.ReadText("a.qcow2/header/magic"));
        _tree.WriteFile("a.qcow2/header.bin", _tree.ReadFile("a.qcow2/header.orig.bin"));
        Assert.Equal(original, File.ReadAllBytes(_directory["a.qcow2"]));

        _tree.WriteFile("a.qcow2/header/magic", "0"u8);
        File.Delete(_directory["a.qcow2"]);
        Assert.DoesNotContain("a.qcow2", Sorted(""));
        Assert.False(_tree.Exists("a.qcow2"));
        File.WriteAllText(_directory["a.qcow2"], "another file, and no image");
        Assert.DoesNotContain("a.qcow2", Sorted(""));
        Assert.False(_tree.Exists("a.qcow2"));
    }

    [Fact]
    public void A_file_whose_magic_another_program_changes_is_no_image_any_more()
    {
        Make("a.qcow2", "1");
        Assert.True(_tree.Exists("a.qcow2/header/size"));
        using (var file = File.OpenHandle(_directory["a.qcow2"], access: FileAccess.Write))
        {
            RandomAccess.Write(file, "raw!"u8, 0);
        }

        Assert.False(_tree.Exists("a.qcow2"));
        Assert.Empty(Sorted(""));
    }

    [Fact]
    public void What_was_done_to_an_image_is_remembered_however_many_others_are_looked_at()
    {
        foreach (var name in new[] { "changed", "refused", "names", "open", "scratch", "hidden" })
        {
            Make(name, "1", "2");
        }

        var original = File.ReadAllBytes(_directory["changed"]);
        _tree.WriteFile("changed/header/size", "5"u8);
        Assert.Throws<TreeException>(() => _tree.WriteFile("refused/header/size", "x"u8));
        _tree.Remove("names/extensions/0x1"u8);
        var handle = _tree.OpenFile("open/extensions/0x1", write: true);
        handle.Write(0, "x"u8, append: false);
        _tree.WriteFile("scratch/size~", "kept"u8);
        _tree.RenameFile("hidden/header/size", "hidden/header/size~");
        MakeMany();

        Assert.Equal(original, _tree.ReadFile("changed/header.orig.bin"));
        Assert.Contains("'x' is not a number", _tree.ReadText("refused/last_error"), StringComparison.Ordinal);
        Assert.Equal(["0x00000001.2"], _tree.Names("names/extensions"));
        handle.Flush();
        handle.Release();
        Assert.Equal("x", _tree.ReadText("open/extensions/0x1"));
        Assert.Equal("kept", _tree.ReadText("scratch/size~"));
        Assert.False(_tree.Exists("hidden/header/size"));
    }

    [Fact]
    public void Many_images_show_each_its_own_content_in_any_order()
    {
        MakeMany();
        var random = new Random(Seed.First);
        for (var i = 0; i < 400; i++)
        {
            var number = random.Next(Many);
            Assert.Equal($"{number}", _tree.ReadText($"many/{number}.qcow2/extensions/0x1"));
        }
    }

    [Fact]
    public void Each_image_has_its_own_last_error_and_room()
    {
        Make("a", "1");
        Make("b", "a longer one");
        Assert.Throws<TreeException>(() => _tree.WriteFile("a/header/size", "x"u8));
        Assert.NotEqual("", _tree.ReadText("a/last_error"));
        Assert.Equal("", _tree.ReadText("b/last_error"));
        Assert.EndsWith("no", _tree.Refuse("b/header"u8, Errno.EPERM, "no").Message, StringComparison.Ordinal);
        Assert.EndsWith("no\n", _tree.ReadText("b/last_error"), StringComparison.Ordinal);
        Assert.Equal((0, 0), _tree.Room(""u8));
        Assert.Equal(8, _tree.Room("a"u8).Free - _tree.Room("b/header/size"u8).Free);
    }

    [Fact]
    public void What_is_refused_in_an_image_is_in_the_folder_s_last_error_with_the_image_s_path()
    {
        Make("sub/a", "1");
        foreach (var (operation, path) in new (Action, string)[]
        {
            (() => _tree.WriteFile("sub/a/header/size", "x"u8), "sub/a/header/size"),
            (() => _tree.Remove("sub/a/header/size"u8), "sub/a/header/size"),
            (() => _tree.Create("sub/a/extensions/name"u8), "sub/a/extensions/name"),
            (() => _tree.RenameFile("sub/a/header/size", "sub/a/header/magic"), "sub/a/header/magic"),
            (() => _tree.Truncate("sub/a/problems"u8, 1), "sub/a/problems"),
        })
        {
            Assert.Throws<TreeException>(operation);
            Assert.StartsWith($"{path}: ", _tree.ReadText("last_error"), StringComparison.Ordinal);
            Assert.Equal(_tree.ReadText("last_error"), $"sub/a/{_tree.ReadText("sub/a/last_error")}");
        }
    }

    [Fact]
    public void What_is_refused_outside_of_images_is_in_the_folder_s_own_last_error()
    {
        Make("sub/a", "1");
        Make("b", "2");
        Assert.Equal("", _tree.ReadText("last_error"));
        foreach (var operation in new Action[]
        {
            () => _tree.Create("new"u8),
            () => _tree.Remove("b"u8),
            () => _tree.Truncate("sub"u8, 0),
            () => _tree.RenameFile("sub/a/extensions/0x1", "b/extensions/0x1"),
        })
        {
            var refused = Assert.Throws<TreeException>(operation);
            Assert.Equal(refused.Message + "\n", _tree.ReadText("last_error"));
        }

        Assert.Equal("", _tree.ReadText("sub/a/last_error"));
        Assert.Equal("", _tree.ReadText("b/last_error"));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _directory.Dispose();
    }

    // Images and folders; the folder's own last_error is a file.
    private IEnumerable<string> Sorted(string path) =>
        _tree.List(path)!.Where(e => e.IsDirectory).Select(e => Encoding.UTF8.GetString(e.NameBytes))
            .Order(StringComparer.Ordinal);

    private void Make(string name, params string[] payloads)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory[name])!);
        var header = payloads.Aggregate(new HeaderBuilder().ClusterBits(12), (header, payload) => header.Extension(1, payload));
        File.WriteAllBytes(_directory[name], header.Build());
    }

    // And looks at them, so that whatever can be forgotten is.
    private void MakeMany()
    {
        for (var i = 0; i < Many; i++)
        {
            Make($"many/{i}.qcow2", $"{i}");
            Assert.True(_tree.Exists($"many/{i}.qcow2"));
            Assert.Equal($"{i}", _tree.ReadText($"many/{i}.qcow2/extensions/0x1"));
        }
    }

    private void Program(string script) =>
        Tool.Run(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = _directory.Path }).Expect();
}
