using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

/// <summary>Where no order of writes is safe, nothing is written.</summary>
public class RefusalTests
{
    public static TheoryData<int> ClusterBits => [10, 11, 12];

    [Theory]
    [MemberData(nameof(ClusterBits))]
    public void A_nearly_full_cluster_is_left_alone_and_the_refusal_says_why(int bits)
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named($"cluster-{1 << bits}").Make(directory);
        var room = (1 << bits) - 112 - 8 - 16 - 40;
        using var image = ImageFile.At(path);
        image.Commit(h => h.WithExtensionAdded(1, new byte[8]).WithExtensionAdded(2, [.. Enumerable.Repeat((byte)2, room)]));
        var before = File.ReadAllBytes(path);

        // It fits, but everything behind the first extension moves, and there is no room to do that aside.
        var e = Assert.Throws<ImageException>(() => image.Commit(h => h.WithExtensionData(0, new byte[16])));
        Assert.Equal((Errno.ENOSPC, false), (e.Errno, e.StateUnknown));
        Assert.Contains("too little room", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));

        // A change in one atomic step still works, and so does the same change where there is room.
        image.Commit(h => h.WithField(HeaderFields.Size, 512));
        image.Commit(h => h.WithExtensionData(1, new byte[8]));
        image.Commit(h => h.WithExtensionData(0, new byte[16]));
        Assert.Equal(0, QemuImg.Check(path).ExitCode);
    }

    [Fact]
    public void A_cluster_of_one_sector_never_refuses()
    {
        using var directory = new TempDirectory();
        using var image = ImageFile.At(QemuImages.Named("cluster-512").Make(directory));
        image.Commit(h => h.WithExtensionAdded(1, new byte[8]).WithExtensionAdded(2, new byte[358]));
        image.Commit(h => h.WithExtensionData(0, new byte[16]));
        Assert.Equal(0, image.ReadHeader().FreeBytes);
    }
}
