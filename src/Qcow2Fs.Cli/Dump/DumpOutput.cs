namespace Qcow2Fs.Cli.Dump;

/// <summary>Where a dump goes: text, and bytes as they are.</summary>
internal sealed class DumpOutput(Stream output) : IDisposable
{
    private const int NameWidth = 25;

    private readonly BufferedStream _stream = new(output, 1 << 16);

    public void Text(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));

    public void Bytes(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public void Line(string text = "") => Text(text + "\n");

    /// <summary>A name in its column, without the value behind it.</summary>
    public void Name(string name) => Text(name.PadRight(NameWidth) + " ");

    public void Value(string name, string value) => Line(name.PadRight(NameWidth) + " " + value);

    public void Dispose() => _stream.Dispose();
}
