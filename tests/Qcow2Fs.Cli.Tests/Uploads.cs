using System.Buffers.Binary;
using System.IO.Compression;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>A file that a stranger uploads.</summary>
/// <param name="Name">Its name, unique.</param>
/// <param name="Rule">The rule that must object; null for a good image.</param>
/// <param name="Make">Writes it into a directory, under any name, and returns the path.</param>
public sealed record Upload(string Name, string? Rule, Func<TempDirectory, string> Make)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Good images of every option of qemu-img, every attack of docs/security.md, and files of every other format.</summary>
public static class Uploads
{
    private const int Cluster = 1 << 16;

    // What QemuImages make that is more than a plain, self-contained image, and the rule that has it.
    private static readonly Dictionary<string, string> s_notPlain = new()
    {
        ["v2-backing"] = "backing-file",
        ["backing"] = "backing-file",
        ["backing-raw"] = "backing-file",
        ["backing-json"] = "backing-file",
        ["backing-512"] = "backing-file",
        ["data-file"] = "data-file",
        ["data-file-raw"] = "data-file",
        ["luks"] = "encrypted",
        ["luks-v2"] = "encrypted",
        ["everything"] = "repair-deletes-snapshots",
    };

    public static IEnumerable<Upload> All =>
    [
        .. QemuImages.All.Select(i => new Upload(i.Name, s_notPlain.GetValueOrDefault(i.Name), i.Make)),
        .. Others(), .. Attacks(), .. Polyglots(), .. Guests(),
    ];

    // Each by the program that makes it, where qemu-img is one.
    private static IEnumerable<Upload> Others() =>
    [
        .. new[] { "vmdk", "vdi", "vhdx", "qed", "qcow", "parallels" }.Select(format => Created(format, format)),
        Created("vhd", "vpc"),
        Created("vhd-fixed", "vpc", "format-vhd", "-o", "subformat=fixed"),
        Created("vmdk-text", "vmdk", "format-vmdk", "-o", "subformat=monolithicFlat"),
        Bytes("format-luks", [.. "LUKS"u8, 0xba, 0xbe, 0, 1], 4096),
        Bytes("format-gzip", [0x1f, 0x8b, 8, 0], 4096),
        Bytes("format-xz", [0xfd, .. "7zXZ\0"u8], 4096),
        Bytes("format-zstd", [0x28, 0xb5, 0x2f, 0xfd], 4096),
        Bytes("format-bzip2", [.. "BZh9"u8], 4096),
        Bytes("format-zip", [.. "PK"u8, 3, 4], 4096),
        Bytes("format-elf", [0x7f, .. "ELF"u8], 4096),
        At("format-iso", 32769, "CD001"u8),
        At("format-tar", 257, "ustar"u8),
        At("format-gpt", 512, "EFI PART"u8),
        At("format-mbr", 510, [0x55, 0xaa]),
        At("format-dmg", (1 << 20) - 512, "koly"u8),
        Bytes("format-empty", [], 0),
        Bytes("format-unknown", [.. "text"u8], 4096),
        Built("magic", "magic", header => header.Field("magic", 0)),
    ];

    private static IEnumerable<Upload> Attacks() =>
    [
        Built("passwd", "backing-file", header => header.Backing("/etc/passwd")),
        Built("json", "backing-file", header => header.Backing("json:{\"driver\":\"nbd\",\"host\":\"10.0.0.1\"}")),
        Built("url", "backing-file", header => header.Backing("http://169.254.169.254/")),
        Built("no-format", "backing-format-missing", header => header.Backing("base.img")),
        Built("protocol", "backing-format-protocol", header => header.Extension(0xe2792aca, "nbd").Backing("base.img")),
        Built("self", "loop", header => header.Extension(0xe2792aca, "qcow2").Backing("self.qcow2")),
        Built("self-by-detour", "loop", header => header.Extension(0xe2792aca, "qcow2").Backing("./x/..//self-by-detour.qcow2")),
        Built("data", "data-file", header => header.Field("incompatible_features", 4).Extension(0x44415441, "/dev/sda")),
        Built("future", "unknown-features", header => header.Field("incompatible_features", 1UL << 40)),
        Built("smuggled", "extension-unknown", header => header.Extension(0xdeadbeef, new byte[4096])),
        Built("smuggled-as-ours", "extension-unknown", header => header.Extension(0x51324653, new byte[4096])),
        Built("long-header", "header-unknown-bytes", header => header.HeaderLength(128).Poke(120, 1)),
        Built("dirty", "dirty", header => header.Field("incompatible_features", 1)),
        Built("corrupt", "corrupt", header => header.Field("incompatible_features", 2)),
        Built("aes", "encrypted", header => header.Field("crypt_method", 1)),
        Built("huge-disk", "virtual-size", header => header.ClusterBits(21).Field("size", 1UL << 50).Field("l1_size", 2048)),
        Built("version", "version", header => header.Version(4)),
        Built("flood", "backing-file", header => header.ClusterBits(21).Extensions(100_000, 0xdeadbeef).Backing("/etc/shadow")),
        new("bomb", "memory", directory =>
            Save(directory, "bomb", Bomb())),
        new("cut", "table-behind-end", directory => Save(directory, "cut", new HeaderBuilder().Build())),
        Cut("cut-l1", "cluster-512", "l1_table_offset", 8),
        Cut("cut-refcounts", "v2-512", "refcount_table_offset", 8),
        Cut("cut-snapshots", "snapshots", "snapshot_offset", 100),
    ];

    private static IEnumerable<Upload> Polyglots() =>
    [
        Built("also-mbr", "polyglot-mbr", header => header.Poke(510, 0x55, 0xaa)),
        Built("also-gpt", "polyglot-gpt", header => header.Poke(512, [.. "EFI PART"u8])),
        Built("also-iso", "polyglot-iso", header => header.Poke(32769, [.. "CD001"u8])),
        Built("also-tar", "polyglot-tar", header => header.Poke(257, [.. "ustar"u8])),
        Built("also-vdi", "polyglot-vdi", header => header.Poke(64, 0x7f, 0x10, 0xda, 0xbe)),
        Built("also-vmdk", "polyglot-vmdk", header => header.Poke(8192, [.. "KDMV"u8])),
        Built("also-vmdk-text", "polyglot-vmdk", header => header.Poke(1024, [.. "# Disk DescriptorFile"u8])),
        Built("also-vhd", "polyglot-vhd", header => header.Poke(4096, [.. "conectix"u8])),
        Built("also-gpt-4096", "polyglot-gpt", header => header.Poke(4096, [.. "EFI PART"u8])),
        Built("also-ext", "polyglot-ext", header => header.Poke(0x438, 0x53, 0xef)),
        Built("also-lvm", "polyglot-lvm", header => header.Poke(1536, [.. "LABELONE"u8])),
        Built("also-swap", "polyglot-swap", header => header.Poke(4086, [.. "SWAPSPACE2"u8])),
        Built("also-udf", "polyglot-udf", header => header.Poke(34817, [.. "NSR03"u8])),
        Built("also-luks", "polyglot-luks", header => header.Poke(512, [.. "LUKS"u8, 0xba, 0xbe])),
        Built("also-luks2", "polyglot-luks", header => header.Poke(0x8000, [.. "SKUL"u8, 0xba, 0xbe])),
        Built("also-cowd", "polyglot-vmdk", header => header.Poke(512, [.. "COWD"u8])),
        Built("also-md", "polyglot-md", header => header.Poke(4096, 0xfc, 0x4e, 0x2b, 0xa9)),
        Built("also-hfs", "polyglot-hfs", header => header.Poke(1024, (byte)'H', (byte)'+', 0, 4)),
        Built("also-jfs", "polyglot-jfs", header => header.Poke(32768, [.. "JFS1"u8])),
        Built("also-f2fs", "polyglot-f2fs", header => header.Poke(1024, 0x10, 0x20, 0xf5, 0xf2)),
        Built("also-erofs", "polyglot-erofs", header => header.Poke(1024, 0xe2, 0xe1, 0xf5, 0xe0)),
        Appended("also-reiserfs", "polyglot-reiserfs", (bytes, _) => "ReIsEr2Fs"u8.CopyTo(bytes.AsSpan(0x10034))),
        Appended("also-btrfs", "polyglot-btrfs", (bytes, _) => "_BHRfS_M"u8.CopyTo(bytes.AsSpan(0x10040))),
        Appended("gpt-behind", "polyglot-gpt", (bytes, end) => "EFI PART"u8.CopyTo(bytes.AsSpan(end - 512))),
        Appended("gpt-4096-behind", "polyglot-gpt", (bytes, end) => "EFI PART"u8.CopyTo(bytes.AsSpan(end - 4096))),
        Appended("vhd-511-behind", "polyglot-vhd", (bytes, end) => "conectix"u8.CopyTo(bytes.AsSpan(end - 511))),
        Appended("iso-behind-a-decoy", "polyglot-iso", (bytes, end) =>
        {
            "CD001"u8.CopyTo(bytes.AsSpan(end - 9000));
            "CD001"u8.CopyTo(bytes.AsSpan(end - 8192 + 1));
        }),
        new("zip-behind", "polyglot-zip", directory => Zipped(directory, "zip-behind", comment: 0)),
        new("zip-with-comment-behind", "polyglot-zip", directory => Zipped(directory, "zip-with-comment-behind", comment: 65535)),
        Appended("vhd-behind", "polyglot-vhd", (bytes, end) => "conectix"u8.CopyTo(bytes.AsSpan(end - 512))),
        Appended("dmg-behind", "polyglot-dmg", (bytes, end) => "koly"u8.CopyTo(bytes.AsSpan(end - 512))),
        Appended("iso-behind", "polyglot-iso", (bytes, end) => "CD001"u8.CopyTo(bytes.AsSpan(end - 8192 + 1))),
    ];

    // What a guest stores is its own affair: a disk that ends with the end of its GPT, and one with file systems and archives.
    private static IEnumerable<Upload> Guests() =>
    [
        Converted("guest-gpt", bytes =>
        {
            "EFI PART"u8.CopyTo(bytes.AsSpan(512));
            bytes[510] = 0x55;
            bytes[511] = 0xaa;
            "EFI PART"u8.CopyTo(bytes.AsSpan(bytes.Length - 512));
        }),
        Converted("guest-gpt-512", bytes => "EFI PART"u8.CopyTo(bytes.AsSpan(bytes.Length - 512)), "cluster_size=512"),
        Converted("guest-ext", bytes => (bytes[0x438], bytes[0x439]) = (0x53, 0xef)),
        Converted("guest-btrfs-4k", bytes => "_BHRfS_M"u8.CopyTo(bytes.AsSpan(0x10040)), "cluster_size=4k"),
        Converted("guest-lvm-swap", bytes =>
        {
            "LABELONE"u8.CopyTo(bytes.AsSpan(512));
            "SWAPSPACE2"u8.CopyTo(bytes.AsSpan(4086));
        }),
        Converted("guest-zip", bytes => new byte[] { (byte)'P', (byte)'K', 5, 6 }.CopyTo(bytes, bytes.Length - 2000)),
    ];

    // A raw disk of 1 MiB that qemu-img converts: its last cluster is the last one of the file.
    private static Upload Converted(string name, Action<byte[]> fill, params string[] options) => new(name, null, directory =>
    {
        var bytes = new byte[1 << 20];
        fill(bytes);
        File.WriteAllBytes(directory[name + ".raw"], bytes);
        QemuImg.Do(["convert", "-f", "raw", "-O", "qcow2", .. options.SelectMany(o => new[] { "-o", o }), directory[name + ".raw"],
            directory[name + ".qcow2"]]);
        File.Delete(directory[name + ".raw"]);
        return directory[name + ".qcow2"];
    });

    private static string Zipped(TempDirectory directory, string name, int comment)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("file");
            archive.Comment = new string('c', comment);
        }

        return Save(directory, name, [.. Whole(new HeaderBuilder().Build()), .. zip.ToArray()]);
    }

    private static Upload Created(string name, string format, string? rule = null, params string[] options) =>
        new($"{name}-disk", rule ?? $"format-{name}", directory =>
        {
            QemuImg.Do(["create", "-q", "-f", format, .. options, directory[name + ".img"], "16M"]);
            return directory[name + ".img"];
        });

    private static Upload Bytes(string rule, byte[] start, int length) => new(rule, rule, directory =>
    {
        Array.Resize(ref start, length);
        return Save(directory, rule, start);
    });

    private static Upload At(string rule, int offset, ReadOnlySpan<byte> mark)
    {
        var bytes = new byte[1 << 20];
        mark.CopyTo(bytes.AsSpan(offset));
        return new(rule, rule, directory => Save(directory, rule, bytes));
    }

    // A whole image with the tables that the header names.
    private static Upload Built(string name, string rule, Action<HeaderBuilder> change) => new(name, rule, directory =>
    {
        var header = new HeaderBuilder();
        change(header);
        return Save(directory, name, Whole(header.Build()));
    });

    // Cut off so many bytes behind the start of a table.
    private static Upload Cut(string name, string recipe, string table, int kept) => new(name, "table-behind-end", directory =>
    {
        var path = QemuImages.Named(recipe).Make(directory);
        using var file = File.Open(path, FileMode.Open);
        var header = new byte[512];
        file.ReadExactly(header);
        file.SetLength((long)ReferenceReader.Read(header).Fields[table] + kept);
        return path;
    });

    private static Upload Appended(string name, string rule, Action<byte[], int> append) => new(name, rule, directory =>
    {
        var bytes = Whole(new HeaderBuilder().Build());
        append(bytes, bytes.Length);
        return Save(directory, name, bytes);
    });

    private static byte[] Whole(byte[] header)
    {
        Array.Resize(ref header, Math.Max(8 * Cluster, 4 * header.Length));
        return header;
    }

    // 2^51 bytes of disk and a bitmap with a bit for each KiB: 256 GiB of memory.
    private static byte[] Bomb()
    {
        var extension = new byte[24];
        BinaryPrimitives.WriteUInt32BigEndian(extension, 1);
        BinaryPrimitives.WriteUInt64BigEndian(extension.AsSpan(8), 32);
        BinaryPrimitives.WriteUInt64BigEndian(extension.AsSpan(16), 4 * Cluster);
        var bytes = Whole(new HeaderBuilder().Field("size", 1UL << 51).Field("l1_size", 4194304).Field("autoclear_features", 1)
            .Extension(0x23852875, extension).Build());
        var entry = bytes.AsSpan(4 * Cluster);
        BinaryPrimitives.WriteUInt64BigEndian(entry, 5 * Cluster);
        BinaryPrimitives.WriteUInt32BigEndian(entry[8..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(entry[12..], 1);
        entry[16] = 1;
        entry[17] = 10;
        BinaryPrimitives.WriteUInt16BigEndian(entry[18..], 1);
        entry[24] = (byte)'b';
        return bytes;
    }

    private static string Save(TempDirectory directory, string name, byte[] bytes)
    {
        File.WriteAllBytes(directory[name + ".qcow2"], bytes);
        return directory[name + ".qcow2"];
    }
}
