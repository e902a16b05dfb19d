using System.Diagnostics;
using Mono.Unix.Native;
using Posix;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.Image.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

public sealed class LockTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _path;
    private readonly ImageFile _image;

    public LockTests()
    {
        _path = QemuImages.Named("default").Make(_directory);
        _image = ImageFile.At(_path);
    }

    public static TheoryData<string[], bool> Openers => new()
    {
        { [], true },
        { ["-r"], true },
        // Whoever shares everything, or locks nothing, is not in the way.
        { ["-r", "-U"], false },
        { ["-f", "raw"], true },
        { ["-r", "-f", "raw"], false },
    };

    public static TheoryData<string, string?> Tools => new()
    {
        { "qemu-img info -f qcow2 {image}", "Failed to get shared \"write\" lock" },
        { "qemu-img info -U -f qcow2 {image}", null },
        { "qemu-img check -f qcow2 {image}", "Failed to get shared \"write\" lock" },
        { "qemu-img check -U -f qcow2 {image}", null },
        { "qemu-img snapshot -l {image}", "Failed to get shared \"write\" lock" },
        { "qemu-img amend -f qcow2 -o lazy_refcounts=on {image}", "Failed to get \"write\" lock" },
        { "qemu-img resize -f qcow2 {image} +1M", "Failed to get \"write\" lock" },
        { "qemu-io -c quit -f qcow2 {image}", "Failed to get \"write\" lock" },
        { "qemu-io -r -c quit -f qcow2 {image}", "Failed to get shared \"write\" lock" },
        { "qemu-io -r -U -c quit -f qcow2 {image}", null },
        { "qemu-io -r -c quit -f raw {image}", null },
        { "qemu-io -c quit -f raw {image}", "Failed to get \"write\" lock" },
    };

    public static TheoryData<int, bool, bool> Bytes => new()
    {
        { 100, false, false },
        { 101, false, true },
        { 103, false, true },
        { 200, false, true },
        { 201, false, true },
        { 203, false, true },
        { 201, true, true },
        { 100, true, true },
        { 0, true, false },
        { 102, false, false },
    };

    public void Dispose()
    {
        _image.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Openers))]
    public void While_qemu_has_the_image_open_a_commit_is_refused_and_reads_go_on(string[] options, bool isBusy)
    {
        var bytes = File.ReadAllBytes(_path);
        using (new Holder(_path, options))
        {
            Assert.Equal(_image.ReadHeader().Bytes.ToArray(), bytes.AsSpan(0, 65536).ToArray());
            if (isBusy)
            {
                AssertBusy(Grow);
                // Also where nothing would be written.
                AssertBusy(h => h);
                Assert.Equal(bytes, File.ReadAllBytes(_path));
            }
            else
            {
                _image.Commit(Grow);
            }
        }

        _image.Commit(Grow);
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public void During_a_commit_qemu_says_what_it_says_of_a_writer(string command, string? refusal)
    {
        var words = command.Replace("{image}", _path, StringComparison.Ordinal).Split(' ');
        ToolResult? during = null;
        _image.Commit(h =>
        {
            during = Tool.Run(words[0], words[1..]);
            return h;
        });
        if (refusal is null)
        {
            during!.Expect();
        }
        else
        {
            Assert.Contains(refusal, during!.Error, StringComparison.Ordinal);
        }

        Tool.Run(words[0], words[1..]).Expect();
    }

    [Theory]
    [MemberData(nameof(Bytes))]
    public void Single_locks_of_others_count_as_qemu_counts_them(int at, bool isExclusive, bool isBusy)
    {
        using var other = Open();
        Assert.Equal((Errno)0, other.Lock(isExclusive ? LibC.LockKind.Exclusive : LibC.LockKind.Shared, at, 1));
        if (isBusy)
        {
            AssertBusy(Grow);
            Assert.Equal((Errno)0, other.Lock(LibC.LockKind.None, at, 1));
        }

        _image.Commit(Grow);
    }

    [Fact]
    public void A_lock_on_the_whole_file_is_respected()
    {
        using var other = Open();
        Assert.Equal((Errno)0, other.Lock(LibC.LockKind.Exclusive, 0, 0));
        AssertBusy(Grow);
    }

    [Fact]
    public void A_commit_holds_the_locks_of_a_qemu_writer_and_its_turn()
    {
        var held = new List<long>();
        _image.Commit(h =>
        {
            held.AddRange(Held());
            return h;
        });
        Assert.Equal([100, 101, 103, 201, 203, WriterLock.MutexByte], held);
        Assert.Empty(Held());
    }

    [Fact]
    public void A_commit_that_fails_leaves_no_lock_and_no_change()
    {
        var bytes = File.ReadAllBytes(_path);
        Assert.Throws<HeaderException>(() => _image.Commit(h => h.WithField(HeaderFields.Version, ulong.MaxValue)));
        Assert.Empty(Held());
        Assert.Equal(bytes, File.ReadAllBytes(_path));
        using (new Holder(_path, "-r"))
        {
            AssertBusy(Grow);
            Assert.Equal([100, 201, 203], Held());
        }

        Assert.Empty(Held());
    }

    /// <summary>A wait of 100 ms, not of the two seconds that all turns together may take.</summary>
    [Fact]
    public void A_held_turn_is_waited_for_but_not_for_ever()
    {
        using var other = Open();
        Assert.Equal((Errno)0, other.Lock(LibC.LockKind.Exclusive, WriterLock.MutexByte, 1));
        var start = Stopwatch.StartNew();
        var e = AssertBusy(Grow);
        Assert.InRange(start.Elapsed, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
        Assert.Contains("another mount", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Who may only read cannot hold the lock of a commit, so nobody waits for him.</summary>
    [Theory]
    [InlineData(WriterLock.MutexByte, 1)]
    [InlineData(0, 0)]
    public void A_lock_of_a_reader_is_not_waited_for(long start, long length)
    {
        using var other = Open();
        Assert.Equal((Errno)0, other.Lock(LibC.LockKind.Shared, start, length));
        var elapsed = Stopwatch.StartNew();
        var e = AssertBusy(Grow);
        Assert.InRange(elapsed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Contains("reads the image", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_turn_that_changes_hands_is_waited_for_longer()
    {
        var first = Open();
        Assert.Equal((Errno)0, first.Lock(LibC.LockKind.Exclusive, WriterLock.MutexByte, 5));
        var holder = new Thread(() =>
        {
            for (var length = 6; length < 12; length++)
            {
                Thread.Sleep(40);
                _ = first.Lock(LibC.LockKind.Exclusive, WriterLock.MutexByte, length);
            }

            first.Dispose();
        });
        holder.Start();
        _image.Commit(Grow);
        holder.Join();
    }

    private static Header Grow(Header header) => header.WithField(HeaderFields.Size, header[HeaderFields.Size] + 512);

    private ImageException AssertBusy(Func<Header, Header> edit)
    {
        var e = Assert.Throws<ImageException>(() => _image.Commit(edit));
        Assert.Equal((Errno.EBUSY, false), (e.Errno, e.StateUnknown));
        return e;
    }

    private FileDescriptor Open()
    {
        Assert.Equal((Errno)0, FileDescriptor.CurrentDirectory.Open(NativeName.Of(_path), OpenMode.ReadWrite, out var handle));
        return handle;
    }

    private List<long> Held()
    {
        using var other = Open();
        return [.. Enumerable.Range(0, 300).Select(i => (long)i).Append(WriterLock.MutexByte).Where(IsHeld)];

        bool IsHeld(long at) => other.IsLockedByOthers(at, out var locked) == 0 && locked;
    }
}
