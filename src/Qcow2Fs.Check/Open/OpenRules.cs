using static Qcow2Fs.Check.OpenRule;

namespace Qcow2Fs.Check;

/// <summary>The checks of QEMU when it opens an image, in its order (qcow2_open): where several refuse, the first answers.</summary>
internal static class OpenRules
{
    private static readonly ImmutableArray<OpenRule> s_all =
    [
        One("magic", OpenModes.All, HeaderRules.Magic) with { IsFinal = true },
        One("version", OpenModes.All, HeaderRules.Version) with { IsFinal = true },
        One("cluster-bits", OpenModes.All, HeaderRules.ClusterBits) with { IsFinal = true },
        One("header-too-short", OpenModes.All, HeaderRules.HeaderTooShort),
        One("header-too-long", OpenModes.All, HeaderRules.HeaderTooLong),
        One("backing-offset", OpenModes.All, HeaderRules.BackingFileOffset),
        One("compression-unknown", OpenModes.All, HeaderRules.CompressionUnknown),
        One("compression-bit", OpenModes.All, HeaderRules.CompressionBit),
        new("unknown-features", OpenModes.All, HeaderRules.UnknownFeatures),
        One("corrupt", OpenModes.Write, HeaderRules.Corrupt),
        One("subcluster-size", OpenModes.All, HeaderRules.SubclusterSize),
        One("refcount-order", OpenModes.All, HeaderRules.RefcountOrder),
        One("no-refcount-table", OpenModes.All, TableRules.NoRefcountTable),
        One("refcount-table", OpenModes.All, TableRules.RefcountTable),
        One("snapshot-table", OpenModes.All, TableRules.SnapshotTable),
        One("l1-table", OpenModes.All, TableRules.L1Table),
        One("too-big", OpenModes.All, TableRules.TooBig),
        One("l1-too-small", OpenModes.All, TableRules.L1TooSmall),
        One("l1-unreadable", OpenModes.All, TableRules.L1Unreadable),
        One("crypt-method", OpenModes.All, HeaderRules.CryptMethod),
        One("refcounts-unreadable", OpenModes.All, TableRules.RefcountsUnreadable),
        new("extension", OpenModes.All, ExtensionRules.List)
        {
            Unreadable = new(new ExtensionField(KnownExtensions.Find(ExtensionMagic.CryptoHeader)!, CryptoHeaderFields.Offset),
                "Could not read encryption header: Input/output error"),
        },
        One("data-file", OpenModes.Data, DataRules.DataFile),
        One("crypto-header-missing", OpenModes.Data, DataRules.CryptoHeaderMissing) with { Until = QemuChange.CryptoHeader },
        One("crypto-header-missing", OpenModes.All, DataRules.CryptoHeaderMissing) with { Since = QemuChange.CryptoHeader },
        One("backing-name", OpenModes.All, HeaderRules.BackingNameTooLong),
        new("snapshots", OpenModes.All, SnapshotRules.Table)
        {
            Unreadable = new(Of(HeaderFields.SnapshotOffset), SnapshotRules.Unreadable),
        },
        new("bitmaps", OpenModes.All, BitmapRules.Directory) { Unreadable = BitmapRules.Unreadable },
        new("bitmap", OpenModes.All, BitmapLoadRules.Load) { Unreadable = BitmapRules.Unreadable },
        One("bitmaps-write", OpenModes.Write, WriteRules.Bitmaps),
        One("header-write", OpenModes.Write, WriteRules.UpdateHeader),
        One("repair", OpenModes.Write, WriteRules.Repair),
        One("sector-count", OpenModes.All, TableRules.SectorCount),
        One("info-crash", OpenModes.Info, DataRules.InfoCrashes) with { Until = QemuChange.CryptoHeader },
        One("backing-format", OpenModes.Data, DataRules.BackingFormatUnknown),
    ];

    /// <summary>The checks of that series.</summary>
    public static IEnumerable<OpenRule> In(QemuVersion qemu) => s_all.Where(rule => QemuChange.IsIn(qemu, rule.Since, rule.Until));
}

/// <summary>The modes in which QEMU opens an image, as flags.</summary>
[Flags]
internal enum OpenModes
{
    /// <summary>qemu-img info: no backing file, no data file, no key.</summary>
    Info = 1,

    /// <summary>Read-only.</summary>
    Read = 2,

    /// <summary>Read-write.</summary>
    Write = 4,

    /// <summary>Those that want the guest's data.</summary>
    Data = Read | Write,

    /// <summary>All of them.</summary>
    All = Info | Read | Write,
}

/// <summary>
/// An open that QEMU refuses: its sentence, with what it prints below after a line break; what a user can do about it; and the part of the
/// rule that it was, for rules that have parts.
/// </summary>
internal sealed record Refusal(Subject Subject, string Sentence, Remedy? Remedy = null, string? Part = null)
{
    /// <summary>The modes that are refused, of those of the rule.</summary>
    public OpenModes OpenModes { get; init; } = OpenModes.All;
}

/// <summary>What a part of a rule objects to, in QEMU's sentence, before its subject is known.</summary>
internal sealed record Fault(string Part, string Sentence);

/// <summary>One of the checks that QEMU makes while it opens an image.</summary>
/// <param name="Id">A name for tests and messages.</param>
/// <param name="OpenModes">The modes that are refused.</param>
/// <param name="Find">The refusals, QEMU's first; none if the check passes.</param>
internal sealed record OpenRule(string Id, OpenModes OpenModes, Func<OpenState, IEnumerable<Refusal>> Find)
{
    /// <summary>The change that it came with; null if the oldest series has it.</summary>
    public QemuChange? Since { get; init; }

    /// <summary>The change that it went with; null if the newest series has it.</summary>
    public QemuChange? Until { get; init; }

    /// <summary>Whether no later rule can be checked once it refuses.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The refusal if the image cannot be read.</summary>
    public Refusal? Unreadable { get; init; }

    /// <summary>The name of the rule, with the refusal's part of it.</summary>
    public string IdOf(Refusal refusal) => refusal.Part is null ? Id : $"{Id}-{refusal.Part}";

    /// <summary>A rule that refuses at most once.</summary>
    public static OpenRule One(string id, OpenModes modes, Func<OpenState, Refusal?> find) =>
        new(id, modes, state => find(state) is { } refusal ? [refusal] : []);
}
