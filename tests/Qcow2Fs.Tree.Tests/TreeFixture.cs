using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.Image;
using Qcow2Fs.TestKit;
using Qcow2Fs.Tree.Handles;

namespace Qcow2Fs.Tree.Tests;

/// <summary>The tree of an image in a file, used as a file system would use it.</summary>
internal sealed class TreeFixture : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ImageFile _image;

    public TreeFixture(byte[] firstCluster)
    {
        ImagePath = _directory["disk.qcow2"];
        File.WriteAllBytes(ImagePath, firstCluster);
        _image = ImageFile.At(ImagePath);
        Tree = new(_image);
    }

    public string ImagePath { get; }

    public ImageTree Tree { get; }

    public byte[] Bytes => File.ReadAllBytes(ImagePath);

    public static TreeFixture Small() => new(new HeaderBuilder().Backing("base.img").Extension(0xe2792aca, "raw").Build());

    public FileHandle Open(string path, bool write = false, bool truncate = false) =>
        Tree.Open(Encoding.UTF8.GetBytes(path), write, truncate)!;

    public FileHandle Create(string path) => Tree.Create(Encoding.UTF8.GetBytes(path));

    public bool Exists(string path) => Tree.Stat(Encoding.UTF8.GetBytes(path)) is not null;

    public byte[] Read(string path)
    {
        var handle = Open(path);
        var buffer = new byte[4 << 20];
        var content = buffer[..handle.Read(0, buffer)];
        Close(handle);
        Assert.Equal(Tree.Stat(Encoding.UTF8.GetBytes(path))?.Size, content.Length);
        return content;
    }

    public string Text(string path) => Encoding.UTF8.GetString(Read(path));

    /// <summary>As <c>printf text > path</c> in a shell.</summary>
    public void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    public void Write(string path, byte[] data)
    {
        var handle = Exists(path) ? Open(path, write: true, truncate: true) : Create(path);
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

    public void Remove(string path) => Tree.Remove(Encoding.UTF8.GetBytes(path));

    public void Rename(string from, string to) => Tree.Rename(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to), noReplace: false);

    public IEnumerable<string> List(string path) => Tree.List(Encoding.UTF8.GetBytes(path))!.Select(e => Encoding.UTF8.GetString(e.NameBytes));

    /// <summary>The operation is refused with that errno, says why in last_error, and changes no byte.</summary>
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

    private static void Close(FileHandle handle)
    {
        handle.Flush();
        handle.Release();
    }
}
