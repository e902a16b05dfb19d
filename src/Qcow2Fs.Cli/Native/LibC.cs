using System.Runtime.InteropServices;

namespace Qcow2Fs.Cli.Native;

/// <summary>
/// Two functions of the C library that .NET does not offer. Mono.Posix has them, but with a native library that would have to
/// lie beside the program.
/// </summary>
internal static partial class LibC
{
    private const string Library = "libc";

    [LibraryImport(Library)]
    public static partial int setsid();

    [LibraryImport(Library)]
    public static partial int dup2(SafeHandle source, int target);
}
