using System.Buffers.Binary;
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
        .. Others(), .. Attacks(), .. Polyglots(),
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
        Appended("vhd-behind", "polyglot-vhd", (bytes, end) => "conectix"u8.CopyTo(bytes.AsSpan(end - 512))),
        Appended("dmg-behind", "polyglot-dmg", (bytes, end) => "koly"u8.CopyTo(bytes.AsSpan(end - 512))),
        Appended("iso-behind", "polyglot-iso", (bytes, end) => "CD001"u8.CopyTo(bytes.AsSpan(end - 8192 + 1))),
    ];

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
