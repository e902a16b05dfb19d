using Qcow2Fs.Cli.Native;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Cli;

/// <summary>
/// Standard input, output and error, any of which the caller may have closed. The runtime then gives its number to a
/// file of its own, which must be neither read nor written.
/// </summary>
internal static class StandardStreams
{
    /// <exception cref="CommandFailure">It is closed.</exception>
    public static Stream OpenInput() => IsOpen(0) ? Console.OpenStandardInput() : throw new CommandFailure("standard input is closed");

    /// <exception cref="CommandFailure">It is closed.</exception>
    public static Stream OpenOutput() => IsOpen(1) ? Console.OpenStandardOutput() : throw new CommandFailure("standard output is closed");

    /// <summary>A line to standard error, if that is open. Nothing in it is obeyed by a terminal.</summary>
    public static void WriteError(string line)
    {
        if (IsOpen(2))
        {
            Console.Error.WriteLine(PrintableText.Of(line));
        }
    }

    // What the caller left open has survived exec(2); what the runtime opens would not.
    private static bool IsOpen(int descriptor) => (LibC.fcntl(descriptor, LibC.GetDescriptorFlags, 0) & LibC.CloseOnExec) == 0;
}
