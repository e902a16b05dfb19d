namespace Qcow2Fs.Cli.Dump;

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
        if (count > 0)
        {
            output.Text(",");
        }

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
