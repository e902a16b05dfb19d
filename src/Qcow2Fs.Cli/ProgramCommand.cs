using System.CommandLine;
using Qcow2Fs.Cli.Mount;

namespace Qcow2Fs.Cli;

/// <summary>A command of the program.</summary>
/// <param name="Name">The word that asks for it.</param>
/// <param name="Build">Makes it known to the parser, under that name.</param>
/// <param name="RunPlain">
/// Runs it on its arguments, if they are as many as it takes and no option is among them; null otherwise. For what people loop over: the
/// parser is loaded where it is needed, as that takes as long as the rest of the start.
/// </param>
internal sealed record ProgramCommand(string Name, Func<string, Command> Build, Func<string[], int?>? RunPlain = null)
{
    /// <summary>Runs it if its words need no parser.</summary>
    /// <param name="words">Its name and its arguments.</param>
    /// <returns>The exit status; null if it has not run.</returns>
    public int? RunWithoutParser(string[] words) => Array.TrueForAll(words, IsPlain) ? RunPlain?.Invoke(words[1..]) : null;

    // The parser takes "-" alone for an argument, and for help "/?" and "/h" too.
    private static bool IsPlain(string word) => word is Arguments.StandardInput or Background.ChildOption or not ([] or ['-', ..] or ['/', _]);
}
