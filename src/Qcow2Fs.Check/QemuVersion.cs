namespace Qcow2Fs.Check;

/// <summary>
/// A series of QEMU releases, whose answers are those of its last release. In the order of their age: a newer series is greater.
/// </summary>
public enum QemuVersion
{
    /// <summary>7.2, of Debian 12.</summary>
    V72,

    /// <summary>8.2.</summary>
    V82,

    /// <summary>9.0.</summary>
    V90,

    /// <summary>9.1.</summary>
    V91,

    /// <summary>10.0 to 10.2; 10.0 is that of Debian 13.</summary>
    V10,

    /// <summary>11.0 and 11.1.</summary>
    V11,
}

/// <summary>The names of the series.</summary>
public static class QemuVersions
{
    /// <summary>The newest series that is known, by which images are judged unless another one is named.</summary>
    public const QemuVersion Newest = QemuVersion.V11;

    private static readonly ImmutableArray<string> s_names = ["7.2", "8.2", "9.0", "9.1", "10", "11"];

    /// <summary>The names, the oldest first.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The name that is printed.</summary>
    public static string ToText(this QemuVersion version) => s_names[(int)version];

    /// <summary>The series of that name; null if it is unknown.</summary>
    public static QemuVersion? Parse(string name) => s_names.IndexOf(name) is >= 0 and var index ? (QemuVersion)index : null;
}

/// <summary>
/// A change of QEMU that makes another answer of an image. Rules and names that came or went with it carry it as their <c>Since</c> or
/// <c>Until</c>.
/// </summary>
/// <param name="Rule">The rule whose findings it changes.</param>
/// <param name="Version">The first series that has it.</param>
/// <param name="Before">What holds in older series, to follow "before, ".</param>
/// <param name="Now">What holds in that series and newer ones.</param>
public sealed record QemuChange(string Rule, QemuVersion Version, string Before, string Now)
{
    internal static readonly QemuChange Blkio = new("backing-format", QemuVersion.V82,
        "they are unknown", "io_uring and nvme-io_uring are drivers, of Debian's package qemu-block-extra");

    internal static readonly QemuChange Sm4 = new("extension-luks-cipher", QemuVersion.V90,
        "it is unknown", "the cipher SM4 is known, in the mode ECB alone (extension-luks-key-sm4)");

    internal static readonly QemuChange CryptoHeader = new("crypto-header-missing", QemuVersion.V10,
        "it dies of signal 11 (info-crash)", "qemu-img info refuses the image, as every other command does");

    internal static readonly QemuChange Sm3 = new("extension-luks-hash", QemuVersion.V10, "it is unknown", "the hash SM3 is known");

    internal static readonly QemuChange Gluster = new("backing-format", QemuVersion.V11,
        "it is a driver, of Debian's package qemu-block-extra", "gluster is an unknown driver");

    /// <summary>All changes, the oldest first.</summary>
    public static readonly ImmutableArray<QemuChange> All = [Blkio, Sm4, CryptoHeader, Sm3, Gluster];

    /// <summary>Whether a series has what came with one change and went with another. Null: it was always there, or still is.</summary>
    internal static bool IsIn(QemuVersion version, QemuChange? since, QemuChange? until) =>
        (since is null || version >= since.Version) && (until is null || version < until.Version);
}
