using System.Collections.Immutable;

namespace Qcow2Fs.Image.Commits;

/// <summary>What to write in which order.</summary>
/// <param name="Level">How much it takes.</param>
/// <param name="Steps">The steps; the last one is a flush if there are any.</param>
internal sealed record CommitPlan(CommitLevel Level, ImmutableArray<CommitStep> Steps);
