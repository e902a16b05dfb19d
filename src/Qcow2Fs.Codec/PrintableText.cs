namespace Qcow2Fs.Codec;

/// <summary>Text for a terminal that may hold bytes of an image.</summary>
public static class PrintableText
{
    /// <summary>The text with a <c>?</c> for each control character, so that a terminal obeys nothing in it.</summary>
    public static string Of(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
