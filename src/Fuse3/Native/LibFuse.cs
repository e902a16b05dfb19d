using System.Reflection;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>Imports from libfuse3: finding the library. The functions are in the other parts, one per group.</summary>
internal static unsafe partial class LibFuse
{
    private const string Library = "libfuse3";

    // 3.17 raised the soname to .4; what the binding uses is the same in both. The plain name exists only with the development package.
    private static readonly string[] s_names = ["libfuse3.so.3", "libfuse3.so.4", "libfuse3.so"];

    private static readonly nint s_handle = Load();

    static LibFuse() => NativeLibrary.SetDllImportResolver(typeof(LibFuse).Assembly, Resolve);

    /// <summary>Whether libfuse3 is installed. When false no other member may be used.</summary>
    public static bool IsAvailable => s_handle != 0;

    /// <summary>The version as major.minor.patch, or null when the library is missing or says something else.</summary>
    public static Version? ReadVersion() => IsAvailable ? ParseVersion(Marshal.PtrToStringUTF8((nint)fuse_pkgversion())) : null;

    /// <summary>Takes the leading numbers of texts like <c>3.14.0</c> and <c>3.17.1-rc0</c>.</summary>
    public static Version? ParseVersion(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var end = text.AsSpan().IndexOf('-');
        return Version.TryParse(end < 0 ? text : text.AsSpan(0, end), out var version)
            ? new Version(version.Major, version.Minor, int.Max(version.Build, 0))
            : null;
    }

    [LibraryImport(Library)]
    private static partial byte* fuse_pkgversion();

    private static nint Load()
    {
        foreach (var name in s_names)
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                return handle;
            }
        }

        return 0;
    }

    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath)
        => libraryName == Library ? s_handle : 0;
}
