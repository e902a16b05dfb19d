namespace Qcow2Fs.Image;

/// <summary>
/// Paths made absolute by their text, and the working directory is asked for once. .NET's own functions ask each time, and lose the bytes
/// of a directory's name that are not UTF-8.
/// </summary>
public static class AbsolutePath
{
    private static readonly Lazy<string> s_workingDirectory = new(() => Resolve("."));

    /// <summary>The path behind the working directory, if it does not start at the root. Nothing in it is resolved.</summary>
    public static string Of(string path) => path is ['/', ..] ? path : $"{s_workingDirectory.Value.TrimEnd('/')}/{path}";

    /// <summary>The path without symbolic links; the path itself if it leads nowhere.</summary>
    public static string Resolve(string path)
    {
        _ = LibC.ResolvePath(path, out var resolved);
        return resolved;
    }
}
