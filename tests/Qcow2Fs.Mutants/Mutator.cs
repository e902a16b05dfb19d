namespace Qcow2Fs.Mutants;

/// <summary>A way to damage an image.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Apply">Damages it.</param>
public sealed record Mutator(string Name, Action<Mutant> Apply)
{
    /// <summary>A part of the names of the images that it is meant for; empty for all.</summary>
    public string For { get; init; } = "";
}
