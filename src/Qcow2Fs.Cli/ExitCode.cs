namespace Qcow2Fs.Cli;

/// <summary>Exit statuses of the program.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUse = 2;
    public const int Found = 3;
}
