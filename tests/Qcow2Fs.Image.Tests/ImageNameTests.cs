using System.Runtime.InteropServices;
using Mono.Unix.Native;
using Posix;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.Image.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

/// <summary>An image is a name in a directory: what that name may be, and become.</summary>
public sealed class ImageNameTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _path;

    public ImageNameTests() => _path = QemuImages.Named("default").Make(_directory);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_name_for_the_system_ends_with_a_zero()
    {
        Assert.Equal([0xc3, 0xa9, (byte)'x', 0], BytesOf(NativeName.Of("\u00e9x"), 4));
        Assert.Equal([0xff, 0], BytesOf(NativeName.Of([0xff]), 2));
        Assert.Equal([0], BytesOf(NativeName.Of(""), 1));
        Assert.Equal([0], BytesOf(default, 1));

        static byte[] BytesOf(NativeName name, int count) =>
            MemoryMarshal.CreateReadOnlySpan(in NativeName.Marshaller.GetPinnableReference(name), count).ToArray();
    }

    [Fact]
    public void Symbolic_links_are_resolved_once()
    {
        File.CreateSymbolicLink(_directory["link"], "default.qcow2");
        Directory.CreateSymbolicLink(_directory["here"], ".");
        using var image = ImageFile.At(Path.Combine(_directory["here"], "link"));
        Assert.Equal(_path, image.Path);
        File.Delete(_directory["link"]);
        Assert.True(image.ReadHeader().HasMagic);
    }

    [Fact]
    public void A_link_in_the_place_of_the_image_is_not_followed()
    {
        using var image = ImageFile.At(_path);
        File.Move(_path, _directory["moved"]);
        File.CreateSymbolicLink(_path, "moved");
        Expect(Errno.ELOOP, () => image.ReadHeader());
    }

    [Fact]
    public void The_directory_may_be_moved_or_hidden()
    {
        Directory.CreateDirectory(_directory["a"]);
        File.Move(_path, Path.Combine(_directory["a"], "image"));
        using var image = ImageFile.At(Path.Combine(_directory["a"], "image"));
        Directory.Move(_directory["a"], _directory["b"]);
        image.Commit(h => h.WithField(HeaderFields.Size, 512));
        Assert.Equal(512u, image.ReadHeader()[HeaderFields.Size]);
    }

    [Fact]
    public void What_is_not_there_is_not_found()
    {
        Expect(Errno.ENOENT, () => ImageFile.At(_directory["none"]));
        Expect(Errno.ENOTDIR, () => ImageFile.At(_path + "/below"));
        using var image = ImageFile.At(_path);
        File.Delete(_path);
        Expect(Errno.ENOENT, () => image.ReadHeader());
        Expect(Errno.ENOENT, () => image.Status());
        Expect(Errno.ENOENT, () => image.Commit(h => h));
        Expect(Errno.ENOENT, () => image.StatusForWriting());
    }

    [Fact]
    public void What_is_not_a_file_is_refused_at_once()
    {
        Tool.Run("mkfifo", _directory["fifo"]).Expect();
        Directory.CreateDirectory(_directory["directory"]);
        foreach (var path in new[] { _directory["fifo"], _directory["directory"], "/dev/zero", "/dev/full" })
        {
            using var image = ImageFile.At(path);
            Expect(Errno.EINVAL, () => image.ReadHeader());
            Expect(path == _directory["directory"] ? Errno.EISDIR : Errno.EINVAL, () => image.Commit(h => h));
        }

        Expect(Errno.EISDIR, () => ImageFile.At("/"));
    }

    [Fact]
    public void A_link_that_leads_to_itself_is_refused()
    {
        File.CreateSymbolicLink(_directory["loop"], "loop");
        Expect(Errno.ELOOP, () => ImageFile.At(_directory["loop"]));
    }

    [Fact]
    public void Another_file_under_the_name_is_the_image_from_then_on()
    {
        using var image = ImageFile.At(_path);
        var known = image.ReadHeader();
        QemuImg.Do("create", "-q", "-f", "qcow2", _directory["other"], "77M");
        File.Move(_directory["other"], _path, overwrite: true);
        Assert.Equal(77u << 20, image.ReadHeader(known)[HeaderFields.Size]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_file_that_is_replaced_while_a_commit_waits_is_not_changed(int replacements)
    {
        using var image = ImageFile.At(_path);
        for (var i = 0; i < replacements; i++)
        {
            QemuImg.Do("create", "-q", "-f", "qcow2", _directory[$"new{i}"], "5M");
        }

        // Long enough for a loaded machine.
        image.IsPatient = true;

        // The commit opens the file and waits for its turn; meanwhile another file comes into its place.
        var turns = new Queue<FileDescriptor>([Turn(_path), .. Enumerable.Range(0, replacements).Select(i => Turn(_directory[$"new{i}"]))]);
        var commit = Task.Run(() => image.Commit(h => h.WithField(HeaderFields.Size, 512)));
        for (var i = 0; i < replacements; i++)
        {
            await Until(() => IsOpenTwice(_path));
            Tool.Run("ln", _path, _directory[$"old{i}"]).Expect();
            File.Move(_directory[$"new{i}"], _path, overwrite: true);
            turns.Dequeue().Dispose();
        }

        turns.Dequeue().Dispose();
        if (replacements == 1)
        {
            await commit;
            Assert.Equal(512u, image.ReadHeader()[HeaderFields.Size]);
        }
        else
        {
            var e = await Assert.ThrowsAsync<ImageException>(() => commit);
            Assert.Equal((Errno.ESTALE, false), (e.Errno, e.StateUnknown));
            Assert.Equal(5u << 20, image.ReadHeader()[HeaderFields.Size]);
        }

        using var old = ImageFile.At(_directory["old0"]);
        Assert.Equal(4u << 20, old.ReadHeader()[HeaderFields.Size]);
    }

    private static void Expect(Errno error, Action action)
    {
        var e = Assert.Throws<ImageException>(action);
        Assert.Equal((error, false), (e.Errno, e.StateUnknown));
        Assert.StartsWith("the image ", e.Message, StringComparison.Ordinal);
    }

    private static FileDescriptor Turn(string path)
    {
        Assert.Equal((Errno)0, FileDescriptor.CurrentDirectory.Open(NativeName.Of(path), OpenMode.ReadWrite, out var handle));
        Assert.Equal((Errno)0, handle.Lock(LibC.LockKind.Exclusive, WriterLock.MutexByte, 1));
        return handle;
    }

    // Once by this test, once by the commit.
    private static bool IsOpenTwice(string path) =>
        Directory.EnumerateFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget == path) >= 2;

    private static async Task Until(Func<bool> condition)
    {
        var start = DateTime.UtcNow;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow - start < TimeSpan.FromSeconds(20), "it did not happen");
            await Task.Delay(5);
        }
    }
}
