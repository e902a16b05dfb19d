using System.Runtime.CompilerServices;

namespace Qcow2Fs.TestKit;

/// <summary>The working tree that the tests were built from.</summary>
public static class Repository
{
    private static readonly string s_top = Path.GetFullPath(Path.Combine(SourceDirectory(), "../.."));

    /// <summary>Whether there is a file or a folder of that path.</summary>
    public static bool Exists(string path) => Path.Exists(Path.Combine(s_top, path));

    /// <summary>The content of a file.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(s_top, path));

    /// <summary>The files of a folder and all below it, as paths from the top, without what a build has made.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(s_top, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(s_top, file))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj"));

    private static string SourceDirectory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
