using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

public sealed class ImageFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _path;

    public ImageFileTests() => _path = QemuImages.Named("default").Make(_directory);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_header_that_has_not_changed_is_the_same_object()
    {
        using var image = ImageFile.At(_path);
        var header = image.ReadHeader();
        Assert.Same(header, image.ReadHeader(header));
        Assert.NotSame(header, image.ReadHeader());
        image.Commit(h => h.WithField(HeaderFields.Size, 1 << 20));
        Assert.Equal(1u << 20, image.ReadHeader(header)[HeaderFields.Size]);
    }

    [Fact]
    public void Reading_what_has_not_changed_allocates_nothing()
    {
        using var image = ImageFile.At(_path);
        var header = image.ReadHeader();
        Reads();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Reads();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Reads()
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.Same(header, image.ReadHeader(header));
                _ = image.Status();
                _ = image.StatusForWriting();
            }
        }
    }

    [Fact]
    public void A_commit_returns_what_the_image_then_holds()
    {
        using var image = ImageFile.At(_path);
        var result = image.Commit(h => h.WithBackingFile("base"u8));
        Assert.False(result.Before.HasBackingFile);
        Assert.True(result.After.Bytes.Span.SequenceEqual(image.ReadHeader().Bytes.Span));
        Assert.Same(result.After, image.ReadHeader(result.After));
        Assert.True(File.ReadAllBytes(_path).AsSpan().StartsWith(result.After.Bytes.Span));
    }

    [Fact]
    public void A_commit_writes_nothing_but_the_header()
    {
        using var image = ImageFile.At(_path);
        var tail = File.ReadAllBytes(_path)[65536..];
        image.Commit(h => h.WithBackingFile(new byte[1000]).WithExtensionAdded(9, new byte[3000]));
        Assert.Equal(tail, File.ReadAllBytes(_path)[65536..]);
    }

    [Fact]
    public void A_commit_that_changes_nothing_does_not_touch_the_file()
    {
        using var image = ImageFile.At(_path);
        var before = image.Status();
        image.Commit(h => h.WithField(HeaderFields.Size, h[HeaderFields.Size]));
        var after = image.Status();
        Assert.Equal((before.Mtime, before.Ctime), (after.Mtime, after.Ctime));
    }

    [Fact]
    public void A_window_reaches_behind_the_cluster()
    {
        var path = QemuImages.Named("cluster-512").Make(_directory);
        using var image = ImageFile.At(path);
        var bytes = File.ReadAllBytes(path);
        var result = image.Commit(h => h.WithRawBytes(900, [1, 2, 3]), new() { Window = 903 });
        Assert.Equal(512, result.After.Bytes.Length);
        bytes[900] = 1;
        bytes[901] = 2;
        bytes[902] = 3;
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_larger_cluster_is_edited_with_all_of_its_bytes()
    {
        var path = QemuImages.Named("cluster-512").Make(_directory);
        using var image = ImageFile.At(path);
        var bytes = File.ReadAllBytes(path);
        var result = image.Commit(h => h.WithField(HeaderFields.ClusterBits, 12));
        Assert.Equal((4096, 4096), (result.Before.Bytes.Length, result.After.Bytes.Length));
        bytes[23] = 12;
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void An_unreadable_header_can_be_repaired()
    {
        using var image = ImageFile.At(_path);
        var good = image.ReadHeader();
        image.Commit(h => h.WithRawBytes(0, [.. Enumerable.Repeat((byte)0xff, 3000)]));
        Assert.False(image.ReadHeader().HasMagic);
        image.Commit(h => h.WithRawBytes(0, good.Bytes.Span[..3000]));
        Assert.True(image.ReadHeader().Bytes.Span.SequenceEqual(good.Bytes.Span));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(71)]
    [InlineData(112)]
    public void A_short_file_reads_as_if_zeros_followed(int length)
    {
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(length);
        }

        using var image = ImageFile.At(_path);
        var header = image.ReadHeader();
        Assert.Equal(length >= 24, header.HasMagic);
        Assert.Empty(header.Extensions.Items);
        Assert.Equal(length, image.Length());
        Assert.Equal(length, image.Read(0, new byte[200]));
        Assert.Equal(0, image.Read(1 << 30, new byte[200]));
        image.Commit(h => h.WithRawBytes(0, [(byte)'Q']));
        Assert.Equal(Math.Max(1, length), image.Length());
    }

    [Fact]
    public void Status_says_what_the_system_says()
    {
        using var image = ImageFile.At(_path);
        File.SetLastWriteTimeUtc(_path, DateTime.UnixEpoch.AddSeconds(12345));
        Tool.Run("chmod", "604", _path).Expect();
        var status = image.Status();
        Assert.Equal(FilePermissions.S_IFREG | FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IROTH, status.Mode);
        Assert.Equal(new FileInfo(_path).Length, status.Size);
        Assert.Equal(new ImageTime(12345, 0), status.Mtime);
        Assert.False(status.IsBlockDevice);
        Assert.True(image.StatusForWriting().IsSameFile(image.Status()));
        Assert.Equal(Tool.Run("stat", "-c", "%u %g %i", _path).Output.Trim(), $"{status.Uid} {status.Gid} {status.Inode}");
    }

    [Theory]
    [InlineData(10, 10, true)]
    [InlineData(2, 10, false)]
    [InlineData(10, 2, false)]
    [InlineData(-60, 10, false)]
    public void Times_settle_after_three_seconds(int sinceWritten, int sinceChanged, bool isSettled)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var status = new ImageStatus
        {
            Mode = FilePermissions.S_IFREG,
            Mtime = new(now - sinceWritten, 0),
            Ctime = new(now - sinceChanged, 0),
        };
        Assert.Equal(isSettled, status.IsSettled);
        Assert.False((status with { Mode = FilePermissions.S_IFBLK }).IsSettled);
    }

    [Fact]
    public void A_file_that_was_just_written_has_not_settled()
    {
        using var image = ImageFile.At(_path);
        File.SetLastWriteTimeUtc(_path, DateTime.UnixEpoch);
        Assert.False(image.Status().IsSettled);
    }
}
