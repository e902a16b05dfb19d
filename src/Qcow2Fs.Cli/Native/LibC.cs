using System.Runtime.InteropServices;

namespace Qcow2Fs.Cli.Native;

/// <summary>
/// The functions of the C library that .NET does not offer. Mono.Posix has them, but with a native library that would have to
/// lie beside the program.
/// </summary>
internal static partial class LibC
{
    public const int GetDescriptorFlags = 1;
    public const int SetDescriptorFlags = 2;
    public const int CloseOnExec = 1;
    private const string Library = "libc";

    [LibraryImport(Library)]
    public static partial int setsid();

    [LibraryImport(Library)]
    public static partial int dup2(SafeHandle source, int target);

    // Variadic in C, but both 64-bit Linux ABIs pass these three integers as they pass fixed arguments.
    [LibraryImport(Library)]
    public static partial int fcntl(int file, int command, int argument);
}
