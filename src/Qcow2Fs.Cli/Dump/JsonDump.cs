namespace Qcow2Fs.Cli.Dump;

/// <summary>A dump for programs, as qcow2.py -j prints it.</summary>
internal sealed class JsonDump(RawHeader header, DumpOutput output)
{
    private readonly JsonLayout _json = new(output);

    public void Print(bool withFields)
    {
        if (withFields)
        {
            _json.Object(() => Numbers(RawHeader.Fields, field => header[field]));
            output.Line("\n");
        }

        _json.Array(RawExtension.In(header), Extension);
        output.Line();
    }

    private void Numbers(IEnumerable<Field> fields, Func<Field, ulong> read)
    {
        foreach (var field in fields)
        {
            _json.Number(field.Name, read(field));
        }
    }

    private void Extension(RawExtension extension) => _json.Object(() =>
    {
        _json.String("name", Encoding.ASCII.GetBytes(KnownExtensions.NameOf(extension.Magic) ?? "<unknown>"));
        _json.Number("magic", extension.Magic);
        _json.Number("length", extension.Length);
        if (extension.IsBitmaps)
        {
            _json.Key("data");
            Bitmaps(header.Image.Read(extension.DataOffset, BitmapExtensionFields.Size));
        }
        else
        {
            _json.Key("data_str");
            Data(extension);
        }
    });

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

    private void Bitmaps(byte[] data) => _json.Object(() =>
    {
        Numbers(BitmapExtensionFields.All, field => field.Read(data));
        _json.Key("bitmap_directory");
        _json.Array(RawBitmap.In(header.Image, data), Bitmap);
    });

    private void Bitmap(RawBitmap bitmap) => _json.Object(() =>
    {
        _json.String("name", bitmap.Name);
        Numbers(BitmapFields.All, field => bitmap[field]);
        _json.Key("bitmap_table");
        _json.Array(bitmap.Table(), entry => _json.Object(() =>
        {
            _json.String("type", Encoding.ASCII.GetBytes(entry.Type));
            _json.Number("offset", entry.Offset);
            _json.Number("reserved", entry.Reserved);
        }));
    });
}

/// <summary>JSON in the layout of Python's json.dumps with an indent of 4. Nothing is kept, so a document may be of any length.</summary>
internal sealed class JsonLayout(DumpOutput output)
{
    private readonly Stack<int> _counts = [];

    public void Object(Action members) => Bracket('{', members, '}');

    public void Array<T>(IEnumerable<T> items, Action<T> print) => Bracket('[', () =>
    {
        foreach (var item in items)
        {
            Next();
            print(item);
        }
    }, ']');

    /// <summary>Starts an object's next member.</summary>
    public void Key(string name)
    {
        Next();
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

    private void Bracket(char opening, Action content, char closing)
    {
        output.Text(opening.ToString());
        _counts.Push(0);
        content();
        if (_counts.Pop() > 0)
        {
            NewLine();
        }

        output.Text(closing.ToString());
    }

    private void Next()
    {
        var count = _counts.Pop();
        output.Text(count > 0 ? "," : "");
        _counts.Push(count + 1);
        NewLine();
    }

    private void NewLine() => output.Text("\n" + new string(' ', 4 * _counts.Count));
}
