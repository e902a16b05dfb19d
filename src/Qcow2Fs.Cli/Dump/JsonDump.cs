namespace Qcow2Fs.Cli.Dump;

/// <summary>A dump for programs, as qcow2.py -j prints it.</summary>
internal sealed class JsonDump(RawHeader header, DumpOutput output)
{
    private readonly JsonLayout _json = new(output);

    public void Print(bool withFields)
    {
        if (withFields)
        {
            Fields();
            output.Line();
        }

        Extensions();
    }

    private void Fields()
    {
        _json.Begin('{');
        foreach (var field in RawHeader.Fields)
        {
            _json.Number(field.Name, header[field]);
        }

        _json.End('}');
        output.Line();
    }

    private void Extensions()
    {
        _json.Begin('[');
        foreach (var extension in RawExtension.In(header))
        {
            _json.Item();
            _json.Begin('{');
            _json.String("name", Encoding.ASCII.GetBytes(KnownExtensions.NameOf(extension.Magic) ?? "<unknown>"));
            _json.Number("magic", extension.Magic);
            _json.Number("length", extension.Length);
            if (extension.IsBitmaps)
            {
                _json.Key("data");
                Bitmaps(extension);
            }
            else
            {
                _json.Key("data_str");
                Data(extension);
            }

            _json.End('}');
        }

        _json.End(']');
        output.Line();
    }

    private void Data(RawExtension extension)
    {
        if (!extension.IsPrintable(header.Image))
        {
            output.Text("\"<binary>\"");
            return;
        }

        output.Text("\"'");
        foreach (var chunk in header.Image.Chunks(extension.DataOffset, extension.Length))
        {
            output.Text(PythonText.JsonEscaped(chunk.Span));
        }

        output.Text("'\"");
    }

    private void Bitmaps(RawExtension extension)
    {
        var data = header.Image.Read(extension.DataOffset, BitmapExtensionFields.Size);
        _json.Begin('{');
        foreach (var field in BitmapExtensionFields.All)
        {
            _json.Number(field.Name, field.Read(data));
        }

        _json.Key("bitmap_directory");
        _json.Begin('[');
        foreach (var bitmap in RawBitmap.In(header.Image, data))
        {
            _json.Item();
            Bitmap(bitmap);
        }

        _json.End(']');
        _json.End('}');
    }

    private void Bitmap(RawBitmap bitmap)
    {
        _json.Begin('{');
        _json.String("name", bitmap.Name);
        foreach (var field in BitmapFields.All)
        {
            _json.Number(field.Name, bitmap[field]);
        }

        _json.Key("bitmap_table");
        _json.Begin('[');
        foreach (var (type, offset, reserved) in bitmap.Table())
        {
            _json.Item();
            _json.Begin('{');
            _json.String("type", Encoding.ASCII.GetBytes(type));
            _json.Number("offset", offset);
            _json.Number("reserved", reserved);
            _json.End('}');
        }

        _json.End(']');
        _json.End('}');
    }
}

/// <summary>JSON in the layout of Python's json.dumps with an indent of 4. Nothing is kept, so a document may be of any length.</summary>
internal sealed class JsonLayout(DumpOutput output)
{
    private readonly Stack<int> _counts = [];

    public void Begin(char bracket)
    {
        output.Text(bracket.ToString());
        _counts.Push(0);
    }

    public void End(char bracket)
    {
        if (_counts.Pop() > 0)
        {
            NewLine();
        }

        output.Text(bracket.ToString());
    }

    /// <summary>Starts an array's next value.</summary>
    public void Item()
    {
        var count = _counts.Pop();
        output.Text(count > 0 ? "," : "");
        _counts.Push(count + 1);
        NewLine();
    }

    /// <summary>Starts an object's next member.</summary>
    public void Key(string name)
    {
        Item();
        output.Text($"\"{name}\": ");
    }

    public void Number(string name, ulong value)
    {
        Key(name);
        output.Text(value.ToString(CultureInfo.InvariantCulture));
    }

    public void String(string name, ReadOnlySpan<byte> value)
    {
        Key(name);
        output.Text($"\"{PythonText.JsonEscaped(value)}\"");
    }

    private void NewLine() => output.Text("\n" + new string(' ', 4 * _counts.Count));
}
