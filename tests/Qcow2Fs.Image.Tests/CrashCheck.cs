using Qcow2Fs.Codec;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

/// <summary>Judges a plan by what the second reader, which shares no code with the codec, sees in every crash state.</summary>
internal sealed class CrashCheck(Random random)
{
    private readonly CrashStates _states = new(random);

    /// <summary>States judged so far.</summary>
    public long Count => _states.Count;

    /// <summary>What is wrong with the plan, or null.</summary>
    public string? Fault(Header old, Header @new, IReadOnlyList<CommitStep> steps)
    {
        var before = ReferenceReader.Read(old.Bytes.Span);
        var after = ReferenceReader.Read(@new.Bytes.Span);
        string? fault = null;
        var committed = false;
        var final = _states.Visit(old.Bytes.Span, steps, (bytes, isDurable) =>
        {
            var state = ReferenceReader.Read(bytes);
            var isNew = ReferenceHeader.SameContent(state, after);
            if (!isNew && committed)
            {
                fault ??= $"behind the commit: {ReferenceHeader.Difference(state, after)}";
            }

            if (!isNew && ReferenceHeader.Difference(state, before) is { } fromOld)
            {
                fault ??= $"neither old ({fromOld}) nor new ({ReferenceHeader.Difference(state, after)})";
            }

            committed |= isNew && isDurable;
        });
        return fault
            ?? (committed ? null : "never committed")
            ?? (final.AsSpan().SequenceEqual(@new.Bytes.Span) ? null : "the final bytes are not the new header's");
    }
}
