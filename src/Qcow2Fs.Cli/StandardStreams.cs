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

    /// <summary>
    /// Writes a line to standard error, without characters that a terminal obeys. Nothing happens where it cannot be written: the
    /// exit status still reports the failure.
    /// </summary>
    public static void WriteError(string line) => WriteErrorRaw(PrintableText.Of(line) + "\n");

    /// <summary>Writes text to standard error as it is; it may hold what a terminal obeys.</summary>
    public static void WriteErrorRaw(string text)
    {
        if (!IsOpen(2))
        {
            return;
        }

        try
        {
            using var error = Console.OpenStandardError();
            error.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (IOException)
        {
        }
    }

    // What the caller left open has survived exec(2); what the runtime opens would not.
    private static bool IsOpen(int descriptor) => (LibC.fcntl(descriptor, LibC.GetDescriptorFlags, 0) & LibC.DescriptorCloseOnExec) == 0;
}
