namespace Qcow2Fs.Cli;

/// <summary>A command cannot do what it was asked to. The message is the sentence that the user reads.</summary>
internal sealed class CommandFailure(string message, int exitCode = ExitCode.Refused) : Exception(message)
{
    public int ExitCode => exitCode;
}
