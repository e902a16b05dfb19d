namespace Qcow2Fs.Tree.Nodes;

/// <summary>
/// A number behind the header: an entry of a table, which exists as a file while it is not 0, or a field of a record. It is found anew
/// in each view and in each commit.
/// </summary>
internal sealed class EntryNode(string name, FieldStyle style, Func<TableContext, EntryPosition?> find) : TextNode(name)
{
    /// <summary>Whether it is a field, which exists while its record does.</summary>
    public bool IsField { get; init; }

    /// <summary>Why nothing leads to it, where that is known.</summary>
    public Func<TableContext, TreeException>? WhyAbsent { get; init; }

    /// <summary>What the value means.</summary>
    public Func<TableContext, ulong, string>? Describe { get; init; }

    private protected override bool CanCreate => !IsField;

    internal override string SummaryIn(ReadView view) =>
        Describe is { } describe && Value(view) is { } value ? describe(view.Tables, value) : Summary;

    internal override byte[]? Text(ReadView view) =>
        Value(view) is { } value ? [.. Encoding.ASCII.GetBytes(NumberText.Format(value, style)), (byte)'\n'] : null;

    internal override void SetText(ImageSession session, ReadOnlySpan<byte> text, ImageStatus? owner)
    {
        var value = NumberText.Parse(PathText.Decode(ValueOf(text)));
        _ = Edit(session.Read().Tables, value);
        session.CommitEntry(tables => Edit(tables, value), owner);
    }

    /// <summary>It comes to exist with its value; whether it can is known now.</summary>
    internal override void Create(ReadView view)
    {
        _ = Require(view.Tables);
        view.Session.CommitEntry(tables => new(Require(tables), 0), isTrial: true);
    }

    internal override void Remove(ReadView view) => view.Session.CommitEntry(IsField
        ? throw new TreeException(Errno.EPERM, "a fixed part of the entry cannot be removed")
        : tables => Edit(tables, 0));

    private ulong? Value(ReadView view)
    {
        var tables = view.Tables;
        return find(tables) is { } position && position.Read(tables.Bytes) is var value && (IsField || value != 0) ? value : null;
    }

    private EntryPosition Require(TableContext tables) =>
        find(tables) ?? throw WhyAbsent?.Invoke(tables) ?? (IsField
            ? new TreeException(Errno.EINVAL, "this entry has no such field: its extra data does not reach that far")
            : new TreeException(Errno.ENOENT, "the table that it is in has gone"));

    private EntryEdit Edit(TableContext tables, ulong value)
    {
        var position = Require(tables);
        return value <= position.MaxValue ? new(position, value) : throw new HeaderException(
                HeaderError.OutOfRange, $"{value} does not fit {(IsField ? Name : "the entry")}, which has {position.Bits} bits");
    }
}
