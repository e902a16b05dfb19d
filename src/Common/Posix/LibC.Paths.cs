namespace Posix;

/// <summary>Paths: what they lead to and what may be done there.</summary>
internal static unsafe partial class LibC
{
    /// <summary>AT_FDCWD: names are relative to the working directory.</summary>
    public const int CurrentDirectory = -100;

    /// <summary>R_OK | W_OK.</summary>
    public const int ReadAndWriteAccess = 4 | 2;

    /// <summary>X_OK.</summary>
    public const int ExecuteAccess = 1;

    /// <summary>AT_EACCESS: for the effective user, not the real one.</summary>
    public const int EffectiveIds = 0x200;

    /// <summary>The absolute path without symbolic links (realpath); all of it must exist.</summary>
    /// <param name="path">Any path.</param>
    /// <param name="resolved">The result; the path itself on an error.</param>
    /// <returns>0 or the error number.</returns>
    public static int ResolvePath(string path, out string resolved)
    {
        var found = realpath(NativeName.Of(path), null);
        if (found == null)
        {
            resolved = path;
            return LastError;
        }

        resolved = PathText.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(found));
        NativeMemory.Free(found);
        return 0;
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int faccessat(int directory, NativeName name, int mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlinkat(int directory, NativeName name, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial byte* realpath(NativeName path, byte* buffer);
}
