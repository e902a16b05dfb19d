namespace Qcow2Fs.Check;

/// <summary>
/// What QEMU answers to an image, and everything that was found in it. The answers are null where it opens, else the text
/// that follows <c>Could not open 'FILE': </c>; a second line in them is QEMU's as well.
/// </summary>
/// <remarks>
/// The answers depend on the image file alone. They assume that other files that it names open, that the key is given and right,
/// that there is enough memory and that a repair succeeds. An answer that starts with <see cref="CrashMark"/> is not QEMU's: the
/// program dies of a signal.
/// </remarks>
public sealed record CheckReport
{
    /// <summary>Starts an answer where QEMU crashes.</summary>
    public const string CrashMark = "(crash) ";

    /// <summary>Whose answers they are.</summary>
    public QemuVersion Qemu { get; init; } = QemuVersions.Newest;

    /// <summary>The answer of <c>qemu-img info -f qcow2</c>.</summary>
    public string? Info { get; init; }

    /// <summary>The answer to opening it read-only.</summary>
    public string? Read { get; init; }

    /// <summary>The answer to opening it read-write.</summary>
    public string? Write { get; init; }

    /// <summary>What was found, refusals first and in the order of QEMU's checks.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>What the image is, as far as its first cluster shows it.</summary>
    public ImageFacts Facts { get; init; } = new();

    /// <summary>The rules that gave <see cref="Info"/>, <see cref="Read"/> and <see cref="Write"/>.</summary>
    internal (string? Info, string? Read, string? Write) Rules { get; init; }
}

/// <summary>What a finding means for a program that opens the image.</summary>
public enum Severity
{
    /// <summary>QEMU refuses to open the image; the sentence is QEMU's own.</summary>
    Error,

    /// <summary>QEMU opens the image, but not for writing; the sentence is QEMU's own.</summary>
    ErrorReadWrite,

    /// <summary>QEMU warns, repairs or drops something, or the specification is broken.</summary>
    Warning,

    /// <summary>The image makes QEMU open another file.</summary>
    Reference,

    /// <summary>Nothing is wrong, but an image that a stranger made should not have it.</summary>
    Note,
}

/// <summary>
/// One thing that a check found, by a rule of <see cref="RuleTable"/>. The sentence has no trailing period and can hold bytes of the image:
/// escape it for a terminal. The remedy is what a user can do about it; null if nothing is known.
/// </summary>
public sealed record Finding(string Rule, Severity Severity, Subject Subject, string Sentence, Remedy? Remedy = null);

/// <summary>The names of severities in reports.</summary>
public static class SeverityText
{
    private static readonly ImmutableArray<string> s_names = ["error", "error-rw", "warning", "reference", "note"];

    /// <summary>The names, the gravest first.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The name that is printed.</summary>
    public static string ToText(this Severity severity) => s_names[(int)severity];

    /// <summary>The severity of that name; null if there is none.</summary>
    public static Severity? Parse(string name) => s_names.IndexOf(name) is >= 0 and var index ? (Severity)index : null;
}

/// <summary>What a user can do about a finding. The nested records are all that there are.</summary>
public abstract record Remedy
{
    internal static readonly Repair RepairImage = new();

    internal static readonly Remedy DropBitmaps = new Remove(new Subject.HeaderExtension(ExtensionMagic.Bitmaps), RepairImage);

    private Remedy() { }

    /// <summary>The same, for an image whose snapshots a repair would delete while it has bitmaps.</summary>
    internal virtual Remedy WithoutBitmaps => this;

    /// <summary>Remove the subject, a feature bit or an extension; then repair if clusters or refcounts are wrong without it.</summary>
    public sealed record Remove(Subject Subject, Repair? Then = null) : Remedy
    {
        internal override Remedy WithoutBitmaps =>
            Then is null || Subject is Subject.HeaderExtension { Magic: ExtensionMagic.Bitmaps } ? this
            : this with { Then = new(DropsBitmaps: true) };
    }

    /// <summary>Create the subject, a feature bit.</summary>
    public sealed record Create(Subject Subject) : Remedy;

    /// <summary>Write a value to the subject, which comes to exist by it. It is in capitals if only the user can know it.
    /// Forced: the file lacks qcow2's magic.</summary>
    public sealed record Write(Subject Subject, string Value, bool Forced = false) : Remedy;

    /// <summary>Let <c>qemu-img check -r all</c> repair the image, if need be after the bitmaps extension was removed.</summary>
    public sealed record Repair(bool DropsBitmaps = false) : Remedy
    {
        internal override Remedy WithoutBitmaps => new Repair(DropsBitmaps: true);
    }

    /// <summary>Let <c>qemu-img bitmap --remove</c> remove the bitmap.</summary>
    public sealed record RemoveBitmap(Subject.Bitmap Bitmap) : Remedy;
}
