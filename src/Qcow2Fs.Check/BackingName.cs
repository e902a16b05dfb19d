using System.Text.Json;

namespace Qcow2Fs.Check;

/// <summary>
/// The name of a backing file as QEMU resolves it: relative to the image's directory, and lexically. No file is looked at.
/// </summary>
public static class BackingName
{
    /// <summary>Starts a description of the file as JSON.</summary>
    public const string JsonPrefix = "json:";

    private const string FilePrefix = "file:";

    /// <summary>The path that an image's backing file name leads to; null if it is not a local file.</summary>
    /// <param name="imagePath">The image's path, absolute or relative to the working directory.</param>
    /// <param name="name">The name in the header.</param>
    public static string? Resolve(string imagePath, string name)
    {
        var file = name.StartsWith(JsonPrefix, StringComparison.Ordinal) ? FileNameOf(name[JsonPrefix.Length..]) : name;
        file = file is not null && file.StartsWith(FilePrefix, StringComparison.Ordinal) ? file[FilePrefix.Length..] : file;
        return string.IsNullOrEmpty(file) || ProtocolOf(file) is not null || file.Contains('\0') ? null
            : Normalize(file[0] == '/' ? file : imagePath[..(imagePath.LastIndexOf('/') + 1)] + file);
    }

    /// <summary>The path without <c>.</c>, <c>..</c> and double slashes, as far as that can be seen without looking at a file.</summary>
    public static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or ".") && (part != ".." || path[0] != '/'))
            {
                parts.Add(part);
            }
        }

        return (path is ['/', ..] ? "/" : "") + string.Join('/', parts);
    }

    /// <summary>The protocol that QEMU sees in a name (path_has_protocol): what precedes a colon before any slash; or null.</summary>
    public static string? ProtocolOf(string name) =>
        name.IndexOfAny([':', '/']) is > 0 and var colon && name[colon] == ':' ? name[..colon] : null;

    // {"file": {"filename": ...}}, {"file.filename": ...} or {"filename": ...}; the first is what QEMU writes.
    private static string? FileNameOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? null
                : root.TryGetProperty("file", out var file) && file.ValueKind == JsonValueKind.Object ? TextOf(file, "filename")
                : TextOf(root, "file.filename") ?? TextOf(root, "filename");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // Not JSON, or a text in it is not UTF-8 or has half of a surrogate pair.
            return null;
        }
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
