namespace Qcow2Fs.Check;

/// <summary>Ways to open an image.</summary>
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

/// <summary>An open that QEMU refuses.</summary>
/// <param name="Place">The thing's path in a mount.</param>
/// <param name="Sentence">QEMU's words; behind a line break what it prints below them.</param>
/// <param name="Hint">A way out.</param>
/// <param name="Part">Which part of the rule it was, for rules that have parts.</param>
internal sealed record Refusal(string Place, string Sentence, string? Hint = null, string? Part = null)
{
    /// <summary>Who is refused, of those that the rule refuses.</summary>
    public OpenModes OpenModes { get; init; } = OpenModes.All;
}

/// <summary>One of the checks that QEMU makes while it opens an image.</summary>
/// <param name="Id">A name for tests and messages.</param>
/// <param name="OpenModes">Who is refused.</param>
/// <param name="Find">The refusals, QEMU's first; none if the check passes.</param>
internal sealed record OpenRule(string Id, OpenModes OpenModes, Func<OpenState, IEnumerable<Refusal>> Find)
{
    /// <summary>Nothing behind it can be judged once it refuses.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The refusal if the image cannot be read.</summary>
    public Refusal? Unreadable { get; init; }

    /// <summary>A rule that refuses at most once.</summary>
    public static OpenRule One(string id, OpenModes modes, Func<OpenState, Refusal?> find) =>
        new(id, modes, state => find(state) is { } refusal ? [refusal] : []);
}
