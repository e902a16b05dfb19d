using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;
using Qcow2Fs.Tree.Folders;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Tests;

/// <summary>The tree of an image in a file, used as a file system uses it. Trees are made here and nowhere else.</summary>
internal sealed class TreeFixture : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ImageFile _image;

    public TreeFixture(byte[] image)
    {
        ImagePath = _directory["disk.qcow2"];
        File.WriteAllBytes(ImagePath, image);
        _image = ImageFile.At(ImagePath);
        Tree = TreeOf(_image);
    }

    public string ImagePath { get; }

    public ITree Tree { get; }

    public byte[] Bytes => File.ReadAllBytes(ImagePath);

    public static ITree TreeOf(ImageFile image) => new ImageTree(image);

    public static ITree TreeOf(ImageFolder folder) => new FolderTree(folder);

    public static TreeFixture Small() => new(new HeaderBuilder().Backing("base.img").Extension(0xe2792aca, "raw").Build());

    public FileHandle Open(string path, bool write = false, bool truncate = false) => Tree.OpenFile(path, write, truncate);

    public FileHandle Create(string path) => Tree.Create(Encoding.UTF8.GetBytes(path));

    public bool Exists(string path) => Tree.Exists(path);

    public byte[] Read(string path)
    {
        var content = Tree.ReadFile(path);
        Assert.Equal(Tree.Stat(Encoding.UTF8.GetBytes(path))!.Value.Size, content.Length);
        return content;
    }

    public string Text(string path) => Encoding.UTF8.GetString(Read(path));

    /// <summary>As <c>printf text > path</c> in a shell.</summary>
    public void Write(string path, string text) => Tree.WriteFile(path, Encoding.UTF8.GetBytes(text));

    public void Write(string path, byte[] data) => Tree.WriteFile(path, data);

    public void Remove(string path, bool replacing = false) => Tree.Remove(Encoding.UTF8.GetBytes(path), replacing);

    public void Rename(string from, string to, bool noReplace = false) => Tree.RenameFile(from, to, noReplace);

    public IEnumerable<string> List(string path) => Tree.Names(path);

    /// <summary>The operation is refused with that errno, the reason is in last_error, and no byte changes.</summary>
    public void Refused(Errno errno, Action operation)
    {
        var before = Bytes;
        var refused = Assert.Throws<TreeException>(operation);
        Assert.Equal(errno, refused.Errno);
        Assert.Equal(refused.Message + "\n", Text("last_error"));
        Assert.Equal(before, Bytes);
    }

    public void Dispose()
    {
        _image.Dispose();
        _directory.Dispose();
    }
}

/// <summary>The operations of a tree with paths as UTF-8 text and files as a whole.</summary>
internal static class TreeOperations
{
    public static FileHandle OpenFile(this ITree tree, string path, bool write = false, bool truncate = false) =>
        tree.Open(Encoding.UTF8.GetBytes(path), write, truncate) ?? throw new FileNotFoundException($"there is no {path}");

    public static bool Exists(this ITree tree, string path) => tree.Stat(Encoding.UTF8.GetBytes(path)) is not null;

    public static byte[] ReadFile(this ITree tree, string path)
    {
        var handle = tree.OpenFile(path);
        var buffer = new byte[handle.Content.Length + 1];
        var content = buffer[..handle.Read(0, buffer)];
        handle.Flush();
        handle.Release();
        return content;
    }

    public static string ReadText(this ITree tree, string path) => Encoding.UTF8.GetString(tree.ReadFile(path));

    /// <summary>As a shell's redirection: opened with O_TRUNC, or created.</summary>
    public static void WriteFile(this ITree tree, string path, ReadOnlySpan<byte> data)
    {
        var name = Encoding.UTF8.GetBytes(path);
        var handle = tree.Open(name, write: true, truncate: true) ?? tree.Create(name);
        try
        {
            handle.Write(0, data, append: false);
            handle.Flush();
        }
        finally
        {
            handle.Release();
        }
    }

    public static void RenameFile(this ITree tree, string from, string to, bool noReplace = false) =>
        tree.Rename(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to), noReplace);

    /// <summary>All entries of a directory, or null if there is none.</summary>
    public static IReadOnlyList<IEntry>? List(this ITree tree, string path)
    {
        if (tree.OpenDirectory(Encoding.UTF8.GetBytes(path)) is not { } directory)
        {
            return null;
        }

        var entries = new List<IEntry>();
        for (long? after = 0; after is { } cursor;)
        {
            var page = directory.Read(cursor);
            entries.AddRange(page.Entries.Select(listed => listed.Entry));
            after = page.Next;
        }

        directory.Release();
        return entries;
    }

    public static IEnumerable<string> Names(this ITree tree, string path) =>
        from entry in tree.List(path) ?? throw new DirectoryNotFoundException($"there is no directory {path}")
        select Encoding.UTF8.GetString(entry.NameBytes);
}
