namespace Qcow2Fs.Cli.Dump;

/// <summary>A dump for people, as qcow2.py prints it.</summary>
internal sealed class TextDump(RawHeader header, DumpOutput output)
{
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
        foreach (var field in RawHeader.Fields)
        {
            var value = header[field];
            output.Value(field.Name, field.Style == FieldStyle.Bits ? PythonText.BitList(value) : NumberText.Format(value, field.Style));
        }
    }

    private void Extensions()
    {
        foreach (var extension in RawExtension.In(header))
        {
            output.Line("Header extension:");
            var magic = NumberText.Format(extension.Magic, FieldStyle.Hex);
            output.Value("magic", $"{magic} ({KnownExtensions.NameOf(extension.Magic) ?? "<unknown>"})");
            output.Value("length", extension.Length.ToString(CultureInfo.InvariantCulture));
            if (extension.IsBitmaps)
            {
                Bitmaps(extension);
            }
            else
            {
                Data(extension);
            }

            output.Line();
        }
    }

    private void Data(RawExtension extension)
    {
        output.Name("data");
        if (!extension.IsPrintable(header.Image))
        {
            output.Line("<binary>");
            return;
        }

        output.Text("'");
        foreach (var chunk in header.Image.Chunks(extension.DataOffset, extension.Length))
        {
            output.Bytes(chunk.Span);
        }

        output.Line("'");
    }

    private void Bitmaps(RawExtension extension)
    {
        var data = header.Image.Read(extension.DataOffset, BitmapExtensionFields.Size);
        foreach (var field in BitmapExtensionFields.All)
        {
            output.Value(field.Name, NumberText.Format(field.Read(data), field.Style));
        }

        foreach (var bitmap in RawBitmap.In(header.Image, data))
        {
            output.Line();
            output.Name("Bitmap name");
            output.Bytes(bitmap.Name);
            output.Line();
            foreach (var field in BitmapFields.All)
            {
                var value = bitmap[field];
                output.Value(
                    field.Name, field == BitmapFields.Flags ? PythonText.BitmapFlags(value) : NumberText.Format(value, field.Style));
            }

            Table(bitmap);
        }
    }

    private void Table(RawBitmap bitmap)
    {
        output.Line(Row("Bitmap table", "type", "size", "offset"));
        var row = 0L;
        foreach (var (type, offset, _) in bitmap.Table())
        {
            var size = type == "serialized" ? header.ClusterSizeText : "0";
            output.Line(Row(row.ToString(CultureInfo.InvariantCulture), type, size, offset.ToString(CultureInfo.InvariantCulture)));
            row++;
        }
    }

    private static string Row(string index, string type, string size, string offset) => $"{index,-14} {type,-15} {size,-12} {offset}";
}
