using System.Text;
using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Images that the real qemu-img made: the codec, the reference reader and qemu-img say the same.</summary>
public class QemuImageTests
{
    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(QemuImages.Names), MemberType = typeof(QemuImages))]
    public void Codec_reference_reader_and_qemu_img_agree(string name)
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named(name).Make(directory);
        var bytes = FirstCluster(path);

        Agreement.Check(bytes, name);
        var header = Header.Decode(bytes);
        Assert.Null(header.Extensions.Problem);
        Assert.True(header.HasMagic);
        Assert.Equal(header.ClusterSize, bytes.Length);
        AssertInfo(header, QemuImg.Info(path));
    }

    internal static byte[] FirstCluster(string path)
    {
        using var file = File.OpenRead(path);
        var start = new byte[512];
        file.ReadExactly(start);
        var bytes = new byte[ReferenceReader.Read(start).ClusterSize];
        file.Position = 0;
        file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes;
    }

    private static void AssertInfo(Header header, JsonElement info)
    {
        var data = info.GetProperty("format-specific").GetProperty("data");
        Assert.Equal(info.GetProperty("virtual-size").GetUInt64(), header[HeaderFields.Size] & ~511ul);
        Assert.Equal(info.GetProperty("cluster-size").GetInt32(), header.ClusterSize);
        Assert.Equal(data.GetProperty("compat").GetString(), header.Version == 2 ? "0.10" : "1.1");
        Assert.Equal(data.GetProperty("refcount-bits").GetInt32(), 1 << (int)header[HeaderFields.RefcountOrder]);
        Assert.Equal(data.GetProperty("compression-type").GetString(), header[HeaderFields.CompressionType] == 0 ? "zlib" : "zstd");
        Assert.Equal(Flag(info, "dirty-flag"), IsSet(header, FeatureGroup.Incompatible, 0));
        Assert.Equal(Flag(data, "corrupt"), IsSet(header, FeatureGroup.Incompatible, 1));
        Assert.Equal(Flag(data, "extended-l2"), IsSet(header, FeatureGroup.Incompatible, 4));
        Assert.Equal(Flag(data, "lazy-refcounts"), IsSet(header, FeatureGroup.Compatible, 0));
        Assert.Equal(Flag(data, "data-file-raw"), IsSet(header, FeatureGroup.Autoclear, 1));
        Assert.Equal(Text(info, "backing-filename"), header.HasBackingFile ? Encoding.UTF8.GetString(header.BackingFileName) : null);
        Assert.Equal(Text(info, "backing-filename-format"), TextOf(header, ExtensionMagic.BackingFormat));
        Assert.Equal(Text(data, "data-file"), TextOf(header, ExtensionMagic.DataFile));
        Assert.Equal(Count(data, "bitmaps"), header.LastIndexOf(ExtensionMagic.Bitmaps) is >= 0 and var i
            ? (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header.DataOf(header.Extensions.Items[i]))
            : 0);
        Assert.Equal(Count(info, "snapshots"), (int)header[HeaderFields.NbSnapshots]);
        Assert.Equal(data.TryGetProperty("encrypt", out _), header[HeaderFields.CryptMethod] == 2);
        Assert.Equal(header[HeaderFields.CryptMethod] == 2, header.LastIndexOf(ExtensionMagic.CryptoHeader) >= 0);
    }

    private static bool IsSet(Header header, FeatureGroup group, int bit) => (header[group.Field] >> bit & 1) == 1;

    private static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.GetBoolean();

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static int Count(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetArrayLength() : 0;

    private static string? TextOf(Header header, uint magic) => header.LastIndexOf(magic) is >= 0 and var index
        ? Encoding.UTF8.GetString(header.DataOf(header.Extensions.Items[index]))
        : null;
}
