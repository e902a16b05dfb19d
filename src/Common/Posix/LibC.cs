namespace Posix;

/// <summary>
/// The functions of the C library that .NET lacks, under their C names, for 64-bit Linux. The parts are groups; a project compiles those
/// that it calls. Errors are bare numbers: the projects have different types for them.
/// </summary>
/// <remarks>Variadic functions have fixed arguments: both 64-bit Linux ABIs pass integers and pointers in the same registers.</remarks>
internal static unsafe partial class LibC
{
    /// <summary>O_RDWR.</summary>
    public const int ReadWrite = 2;

    /// <summary>O_NONBLOCK.</summary>
    public const int NonBlocking = 0x800;

    /// <summary>O_CLOEXEC.</summary>
    public const int CloseOnExec = 0x80000;

    /// <summary>F_GETFD.</summary>
    public const int GetDescriptorFlags = 1;

    /// <summary>F_SETFD.</summary>
    public const int SetDescriptorFlags = 2;

    /// <summary>F_GETFL.</summary>
    public const int GetStatusFlags = 3;

    /// <summary>F_SETFL.</summary>
    public const int SetStatusFlags = 4;

    /// <summary>FD_CLOEXEC, the flag of F_GETFD and F_SETFD. Not O_CLOEXEC.</summary>
    public const int DescriptorCloseOnExec = 1;

    private const string Library = "libc";

    /// <summary>errno as the last call that failed has left it.</summary>
    public static int LastError => Marshal.GetLastPInvokeError();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int dup2(SafeHandle source, int target);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int descriptor, Span<byte> buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> data, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int descriptor, ReadOnlySpan<byte> data, nuint size);
}
