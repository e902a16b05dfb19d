using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests.Conformance;

/// <summary>Values as the table shows them: short enough to be read, and with a hash of all that is left out.</summary>
internal static class Show
{
    private const int MaxShown = 60;

    public static string Status(NodeStatus? status)
    {
        if (status is not { } known)
        {
            throw new AbsentException();
        }

        return $"{(known.IsDirectory ? "directory" : "file")} {Convert.ToString((int)known.Mode & 0xfff, 8)} " +
            $"{known.Size.ToString(CultureInfo.InvariantCulture)}";
    }

    public static string List(IEnumerable<IEntry> entries, bool isOrdered) =>
        string.Join(' ', isOrdered ? entries.Select(Entry) : entries.Select(Entry).Order(StringComparer.Ordinal));

    private static string Entry(IEntry entry) => Encoding.UTF8.GetString(entry.NameBytes) + (entry.IsDirectory ? "/" : "");

    /// <summary>A text as a whole, other bytes as <see cref="Content"/>.</summary>
    public static string Text(ReadOnlySpan<byte> content) => IsText(content) ? $"\"{Escaped(content)}\"" : Content(content);

    public static string Content(ReadOnlySpan<byte> content) => content.Length <= MaxShown
        ? $"\"{Escaped(content)}\""
        : $"\"{Escaped(content[..16])}...\" {content.Length.ToString(CultureInfo.InvariantCulture)} bytes, SHA-256 {Hash(content)}";

    /// <summary>What is other in an image, as the second reader sees it, and a hash of all bytes.</summary>
    public static string Change(byte[] before, byte[] after)
    {
        var (old, now) = (ReferenceReader.Read(before), ReferenceReader.Read(after));
        var parts = ReferenceField.All.Where(f => old[f.Name] != now[f.Name]).Select(f => $"{f.Name}={now[f.Name]}").ToList();
        if (Extensions(old) != Extensions(now))
        {
            parts.Add($"extensions: {Extensions(now)}");
        }

        if (Backing(old) != Backing(now))
        {
            parts.Add($"backing: {Backing(now)}");
        }

        return $"image: {string.Join(", ", parts.Append($"SHA-256 {Hash(after)}"))}";
    }

    private static string Extensions(ReferenceHeader header) =>
        string.Join(' ', header.Extensions.Select(e => $"{e.Magic:x}[{e.Payload.Length}]")) +
        (header.ListProblem is null ? "" : " malformed");

    private static string Backing(ReferenceHeader header) => header.BackingName is { } name ? Content(name.AsSpan()) : "none";

    private static bool IsText(ReadOnlySpan<byte> content) =>
        content.Length < 2000 && !content.ContainsAnyExceptInRange((byte)'\n', (byte)'~');

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes)[..4]);

    private static string Escaped(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var b in bytes)
        {
            text.Append(b switch
            {
                (byte)'\n' => "\\n",
                (byte)'"' or (byte)'\\' => $"\\{(char)b}",
                >= 0x20 and < 0x7f => $"{(char)b}",
                _ => $"\\x{b:x2}",
            });
        }

        return text.ToString();
    }
}
