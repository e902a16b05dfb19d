namespace Qcow2Fs.Check;

/// <summary>Bytes of an image as QEMU sees them: C strings.</summary>
internal static class ImageText
{
    /// <summary>The bytes as text, to the first zero byte. Invalid UTF-8 is replaced.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(CString(bytes));

    /// <summary>The bytes to the first zero byte.</summary>
    public static ReadOnlySpan<byte> CString(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes;
}
