namespace Qcow2Fs.Cli;

/// <summary>Exit statuses of the program.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUse = 2;
    public const int Found = 3;
}

/// <summary>A command cannot do what it was asked to. The message is the sentence that the user reads.</summary>
internal sealed class CommandFailure(string message, int exitCode = ExitCode.Refused) : Exception(message)
{
    public int ExitCode => exitCode;
}
