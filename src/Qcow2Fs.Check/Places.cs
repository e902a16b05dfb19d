using System.Text;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Tables;

namespace Qcow2Fs.Check;

/// <summary>Where things are in a mount, and their bytes as text.</summary>
internal static class Places
{
    public const string MalformedExtension = "extensions/malformed";

    public static string Of(Field field) => $"header/{field.Name}";

    public static string Of(FeatureGroup group, int bit) => $"features/{group.Name}/{group.NameOf(bit)}";

    public static string Of(SnapshotEntry entry) => $"snapshots/{entry.Index}";

    /// <summary>A bitmap's directory.</summary>
    public static string Of(BitmapEntry entry) => $"bitmaps/{EntryName.Of(entry.ReadName(), entry.Index)}";

    /// <summary>The directory of a bitmap whose name an earlier one has.</summary>
    public static string OfDuplicate(BitmapEntry entry) => $"bitmaps/{EntryName.OfDuplicate(entry.ReadName(), entry.Index)}";

    /// <summary>The extension at that place in the list; the second of a magic has <c>.2</c> behind its name, and so on.</summary>
    public static string OfExtension(Header header, int index)
    {
        var items = header.Extensions.Items;
        var magic = items[index].Magic;
        var number = items.Take(index + 1).Count(item => item.Magic == magic);
        return $"extensions/0x{magic:x8}{(number > 1 ? $".{number}" : "")}";
    }

    /// <summary>Bytes as text, to the first zero byte, as C prints them. What is no UTF-8 is replaced.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(CString(bytes));

    /// <summary>The bytes to the first zero byte.</summary>
    public static ReadOnlySpan<byte> CString(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes;
}
