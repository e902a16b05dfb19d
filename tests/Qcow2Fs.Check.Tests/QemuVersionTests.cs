using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Mutants;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Check.Tests;

/// <summary>What differs between the series of QEMU, and what does not. The machine's own QEMU answers for its series.</summary>
public class QemuVersionTests
{
    private const string MissingHeader = "Missing CRYPTO header for crypt method 2";
    private const string UnknownDriver = "Could not open backing file: Unknown driver ";

    private static readonly QemuVersion[] s_versions = Enum.GetValues<QemuVersion>();

    /// <summary>An image whose answer a change changes.</summary>
    /// <param name="Change">The change.</param>
    /// <param name="Image">Makes the image in a directory.</param>
    /// <param name="IsInfo">Whether the answer is that of qemu-img info, or that of an open.</param>
    /// <param name="Before">The answer before the change; null if it opens.</param>
    /// <param name="Now">The answer since then.</param>
    private sealed record Case(QemuChange Change, Func<TempDirectory, SparseImage> Image, bool IsInfo, string? Before, string? Now);

    private static readonly Case[] s_cases =
    [
        new(QemuChange.Blkio, WithFormat("io_uring"), false, UnknownDriver + "'io_uring'", null),
        new(QemuChange.Blkio, WithFormat("nvme-io_uring"), false, UnknownDriver + "'nvme-io_uring'", null),
        new(QemuChange.Sm4, Luks("sm4", "xts-plain64", "sha256", 32), true, "Algorithm 'sm4' with key size 16 bytes not supported", null),
        new(QemuChange.Sm4, Luks("sm4", "cbc-plain", "sha256", 16), false, "Algorithm 'sm4' with key size 16 bytes not supported",
            "Unsupported cipher mode cbc"),
        new(QemuChange.CryptoHeader, WithoutCryptoHeader(header => header), true, CheckReport.CrashMark + "signal 11", MissingHeader),
        new(QemuChange.CryptoHeader, WithoutCryptoHeader(header => header.WithField(HeaderFields.NbSnapshots, 1)
            .WithField(HeaderFields.SnapshotOffset, 0x7fffffffc0000000)), true, SnapshotRules.Unreadable, MissingHeader),
        new(QemuChange.CryptoHeader, WithoutCryptoHeader(header => header.WithBackingFile("base"u8)
            .WithField(HeaderFields.BackingFileSize, 1024)), true, "Backing file name too long", MissingHeader),
        new(QemuChange.Sm3, Luks("aes", "xts-plain64", "sm3", 64), true, "Hash algorithm 'sm3' not supported", null),
        new(QemuChange.Sm3, Luks("aes", "cbc-essiv:sm3", "sha256", 32), true, "Hash algorithm 'sm3' not supported", null),
        new(QemuChange.Gluster, WithFormat("gluster"), false, null, UnknownDriver + "'gluster'"),
    ];

    [Trait("Category", "Slow")]
    [Fact]
    public void A_change_shows_from_its_series_on_and_in_the_machines_qemu()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["base"], new byte[1 << 20]);
        Assert.All(s_cases, (test, number) =>
        {
            var image = test.Image(directory);
            Assert.All(s_versions, qemu => AssertAnswer(Expected(qemu), Answer(Check(image, qemu))));

            // An open that the report lets pass can still want a key, or a module that is not installed.
            if (test.IsInfo || Expected(QemuVerdict.Series) is not null)
            {
                var path = directory[$"{number}.qcow2"];
                image.Save(path);
                var crypt = new Mutant("", image, new(0))[HeaderFields.CryptMethod];
                AssertAnswer(Expected(QemuVerdict.Series), test.IsInfo ? QemuVerdict.Info(path) : QemuVerdict.Open(path, crypt,
                    write: false));
            }

            string? Expected(QemuVersion qemu) => qemu < test.Change.Version ? test.Before : test.Now;

            string? Answer(CheckReport report) => test.IsInfo ? report.Info : report.Read;
        });
    }

    [Fact]
    public void Every_change_has_a_case_and_a_rule_of_the_table()
    {
        Assert.All(QemuChange.All, change => Assert.NotNull(RuleTable.Find(change.Rule)));
        Assert.Equal(QemuChange.All, s_cases.Select(test => test.Change).Distinct());
        Assert.Equal(QemuChange.All, QemuChange.All.OrderBy(change => change.Version));
    }

    [Fact]
    public void Every_series_has_a_name_and_the_last_is_the_default()
    {
        Assert.Equal(s_versions, QemuVersions.Names.Select(name => QemuVersions.Parse(name)!.Value));
        Assert.Equal(QemuVersions.Names, s_versions.Select(version => version.ToText()));
        Assert.Equal(QemuVersions.Newest, s_versions[^1]);
        Assert.Null(QemuVersions.Parse("10.0"));
        Assert.Equal(QemuVersions.Newest, ImageCheck.Run(FindingTests.Valid(), FindingTests.Image(FindingTests.Valid())).Qemu);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Drivers_are_those_of_the_machines_qemu()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["base"], new byte[1 << 20]);
        string[] names =
        [
            .. DataRules.DriverNames, "alloc-track", "blkio", "blkreplay", "gluster+tcp", "nosuch", "RAW", "sheepdog", "virtio-blk",
        ];
        Parallel.ForEach(names, name =>
        {
            var path = directory[$"{name}.qcow2"];
            WithFormat(name)(directory).Save(path);
            var result = Tool.Run(new ProcessStartInfo("qemu-io", ["-r", "-f", "qcow2", "-c", "quit", path]));
            // A driver in a module that is not installed is unknown as well, but a line before names the module.
            var isUnknown = result.Error.Contains($"Unknown driver '{name}'", StringComparison.Ordinal)
                && !result.Error.Contains("module", StringComparison.Ordinal);
            Assert.True(isUnknown == !DataRules.IsDriver(name, QemuVerdict.Series), result.ToString());
        });
    }

    [Theory]
    [InlineData("json:{\"driver\":\"null-co\"}")]
    [InlineData("nbd://localhost/x")]
    public void A_data_files_name_is_a_path_to_the_machines_qemu(string name)
    {
        using var directory = new TempDirectory();
        var header = FindingTests.Valid().WithFeature(FeatureGroup.Incompatible, 2, set: true)
            .WithExtension(ExtensionMagic.DataFile, Encoding.UTF8.GetBytes(name));
        File.WriteAllBytes(directory["image"], header.Bytes.ToArray());
        Assert.Equal($"Could not open '{name}': No such file or directory", QemuVerdict.Open(directory["image"], 0, write: false));
    }

    [Fact]
    public void The_machines_qemu_deletes_the_snapshots_that_the_warning_is_about()
    {
        using var directory = new TempDirectory();
        var path = directory["image.qcow2"];
        QemuImg.Do("create", "-q", "-f", "qcow2", path, "4M");
        QemuImg.Do("bitmap", "--add", path, "b");
        Tool.Run("qemu-io", "-f", "qcow2", "-c", "write 0 1M", path).Expect();
        QemuImg.Do("snapshot", "-c", "s", path);
        Assert.Contains(Check(SparseImage.Load(path), QemuVerdict.Series).Findings, finding => finding.Rule == "repair-deletes-snapshots");
        QemuImg.Do("check", "-q", "-r", "leaks", path);
        Assert.Equal(0ul, new Mutant("", SparseImage.Load(path), new(0))[HeaderFields.NbSnapshots]);
    }

    // Of a crash only the signal is QEMU's.
    private static void AssertAnswer(string? expected, string? answer)
    {
        var isCrash = expected?.StartsWith(CheckReport.CrashMark, StringComparison.Ordinal) == true;
        Assert.Equal(expected, isCrash && answer?.Length > expected!.Length ? answer[..expected.Length] : answer);
    }

    private static CheckReport Check(SparseImage image, QemuVersion qemu) =>
        ImageCheck.Run(new Mutant("", image, new(0)).Header, image, qemu: qemu);

    private static Func<TempDirectory, SparseImage> WithFormat(string name) => Of(
        FindingTests.Valid().WithBackingFormat(Encoding.ASCII.GetBytes(name)).WithBackingFile("base"u8));

    private static Func<TempDirectory, SparseImage> WithoutCryptoHeader(Func<Header, Header> edit) =>
        Of(edit(FindingTests.Valid().WithField(HeaderFields.CryptMethod, 2)));

    private static Func<TempDirectory, SparseImage> Of(Header header) => _ => SparseImage.Of(header.Bytes.Span);

    private static Func<TempDirectory, SparseImage> Luks(string cipher, string mode, string hash, uint keyBytes) => directory =>
    {
        var image = SparseImage.Load(QemuImages.Named("luks").Make(directory));
        var mutant = new Mutant("", image, new(0));
        var at = (long)CryptoHeaderFields.Offset.Read(mutant.Header.DataOf(mutant.Header.Extensions.Items.First(
            item => item.Magic == ExtensionMagic.CryptoHeader)));
        foreach (var (name, offset) in new[] { (cipher, 8), (mode, 40), (hash, 72) })
        {
            image.Write(at + offset, [.. Encoding.ASCII.GetBytes(name), .. new byte[32 - name.Length]]);
        }

        var number = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, keyBytes);
        image.Write(at + 108, number);
        return image;
    };
}
