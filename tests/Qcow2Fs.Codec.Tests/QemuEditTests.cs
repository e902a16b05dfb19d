using System.Text;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>Edits of images that qemu-img made; after each one, qemu-img opens the image and finds nothing else changed.</summary>
[Trait("Category", "Slow")]
public class QemuEditTests
{
    private const string NewName = "other.raw";

    private static readonly string[] s_images =
    [
        "default", "v2", "v2-backing", "v2-512", "cluster-512", "cluster-2097152", "backing", "backing-json", "backing-512", "data-file",
        "luks",
        "zstd", "extended-l2", "bitmap", "bitmaps-4k", "snapshots", "everything",
    ];

    private static readonly string[] s_version3Facts = ["compat", "lazy-refcounts", "corrupt", "extended-l2"];

    public static TheoryData<string> Images => [.. s_images];

    [Theory]
    [MemberData(nameof(Images))]
    public void Qemu_img_agrees_after_every_edit(string name)
    {
        using var directory = new TempDirectory();
        var image = new Edited(QemuImages.Named(name).Make(directory));
        QemuImg.Do("create", "-q", "-f", "raw", directory[NewName], "1M");

        image.Apply("add an extension", h => h.WithExtensionAdded(0x12345678, "payload"u8));
        image.Apply("change its payload", h => h.WithExtension(0x12345678, "a longer payload"u8));
        image.Apply("change its magic", h => h.WithExtensionMagic(h.Extensions.Items.Length - 1, 0x87654321));
        image.Apply("remove it", h => h.WithoutExtensions(0x87654321));
        image.Apply("shrink the disk", h => h.WithField(HeaderFields.Size, h[HeaderFields.Size] - 512), "virtual-size");
        image.ApplyIf(h => h.Version == 2, "version 2 to 3", h => h.WithField(HeaderFields.Version, 3), s_version3Facts);
        image.Apply("a longer header", h => h.WithField(HeaderFields.HeaderLength, 120));
        image.ApplyIf(h => h[HeaderFields.CompressionType] == 0, "the shortest header", h => h.WithField(HeaderFields.HeaderLength, 104));
        image.Apply("set lazy_refcounts", h => h.WithFeature(FeatureGroup.Compatible, 0, true), "lazy-refcounts");
        image.Apply("clear lazy_refcounts", h => h.WithFeature(FeatureGroup.Compatible, 0, false), "lazy-refcounts");
        image.Apply("mark corrupt", h => h.WithFeature(FeatureGroup.Incompatible, 1, true), "corrupt");
        image.Apply("mark sound", h => h.WithFeature(FeatureGroup.Incompatible, 1, false), "corrupt");
        // A raw data file cannot have a backing file, all others can.
        image.ApplyIf(h => !h.HasFeature(FeatureGroup.Incompatible, 2), "name a backing file",
            h => h.WithBackingFile(Encoding.UTF8.GetBytes(NewName)).WithBackingFormat("raw"u8),
            "backing-filename", "full-backing-filename", "backing-filename-format");
        image.Apply("name no backing file", h => h.WithoutBackingFile(),
            "backing-filename", "full-backing-filename", "backing-filename-format");
        image.ApplyIf(h => name.StartsWith("v2", StringComparison.Ordinal) || name == "default", "version 3 to 2",
            h => h.WithField(HeaderFields.Version, 2), s_version3Facts);
    }

    [Fact]
    public void Info_shows_what_was_written()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("cluster-512").Make(directory);
        QemuImg.Do("create", "-q", "-f", "raw", directory[NewName], "1M");
        Write(path, Read(path).WithBackingFile("first"u8).WithBackingFile(Encoding.UTF8.GetBytes(NewName)).WithBackingFormat("raw"u8)
            .WithField(HeaderFields.Size, 512).WithFeature(FeatureGroup.Compatible, 0, true));
        var info = QemuImg.Info(path);
        Assert.Equal(NewName, info.GetProperty("backing-filename").GetString());
        Assert.Equal("raw", info.GetProperty("backing-filename-format").GetString());
        Assert.Equal(512, info.GetProperty("virtual-size").GetInt32());
        Assert.True(info.GetProperty("format-specific").GetProperty("data").GetProperty("lazy-refcounts").GetBoolean());
    }

    [Fact]
    public void Qemu_img_names_an_unknown_feature_by_the_name_that_was_given()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("default").Make(directory);
        Write(path, Read(path).WithFeatureName(FeatureGroup.Incompatible, 60, "sixty"u8).WithFeature(FeatureGroup.Incompatible, 60, true));
        Assert.Contains("Unsupported qcow2 feature(s): sixty", QemuImg.Run("info", path).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_made_readable_again_opens()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("backing").Make(directory);
        var header = Read(path);
        var broken = header.WithRawBytes(header.Extensions.Items[^1].Offset + 4, [0xff]);
        Write(path, broken);
        Assert.Contains("Header extension too large", QemuImg.Run("info", path).Error, StringComparison.Ordinal);
        Write(path, broken.WithoutMalformedRest());
        Assert.Equal("base.qcow2", QemuImg.Info(path).GetProperty("backing-filename").GetString());
    }

    private static Header Read(string path) => Header.Decode(QemuImageTests.FirstCluster(path));

    private static void Write(string path, Header header)
    {
        using var file = File.OpenWrite(path);
        file.Write(header.Bytes.Span);
    }

    private sealed class Edited
    {
        private readonly string _path;
        private readonly int _exitCode;
        private Dictionary<string, string> _info;

        public Edited(string path)
        {
            _path = path;
            _exitCode = QemuImg.Check(path).ExitCode;
            _info = Facts();
        }

        public void ApplyIf(Func<Header, bool> applies, string what, Func<Header, Header> edit, params string[] changes)
        {
            if (applies(Read(_path)))
            {
                Apply(what, edit, changes);
            }
        }

        /// <summary>Applies the edit and expects that qemu-img sees one or more of these facts change and no other.</summary>
        public void Apply(string what, Func<Header, Header> edit, params string[] changes)
        {
            var header = Read(_path);
            var edited = edit(header);
            Write(_path, edited);
            var check = QemuImg.Check(_path);
            Assert.True(check.ExitCode == _exitCode, $"{what}: {check}");
            var info = Facts();
            var changed = info.Keys.Union(_info.Keys).Where(k => info.GetValueOrDefault(k) != _info.GetValueOrDefault(k)).ToList();
            var isSeen = changes.Length > 0 && !edited.Bytes.Span.SequenceEqual(header.Bytes.Span);
            Assert.True(changed.All(changes.Contains)
                && changed.Count > 0 == isSeen, $"{what}: changed are [{string.Join(", ", changed)}]");
            _info = info;
        }

        // All that info says of the image but its use of space.
        private Dictionary<string, string> Facts()
        {
            var info = QemuImg.Info(_path);
            return info.EnumerateObject().Concat(info.GetProperty("format-specific").GetProperty("data").EnumerateObject())
                .Where(p => p.Name is not ("actual-size" or "format-specific"))
                .ToDictionary(p => p.Name, p => p.Value.GetRawText());
        }
    }
}
