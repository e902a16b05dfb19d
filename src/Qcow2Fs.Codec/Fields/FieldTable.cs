using System.Collections;

namespace Qcow2Fs.Codec;

/// <summary>
/// The declaration of an on-disk record: its fields in the order of their offsets. An offset is the sum of the widths before it,
/// so that no offset is written down anywhere.
/// </summary>
public sealed class FieldTable : IReadOnlyList<Field>
{
    private readonly List<Field> _fields = [];

    /// <summary>Bytes of the record as declared so far, with padding: the offset of the next field.</summary>
    public int Size { get; private set; }

    /// <inheritdoc/>
    public int Count => _fields.Count;

    /// <inheritdoc/>
    public Field this[int index] => _fields[index];

    /// <summary>The field of that name, or null.</summary>
    public Field? Find(string name) => _fields.Find(field => field.Name == name);

    /// <summary>
    /// The ranges of bytes below <paramref name="end"/> that no field covers, in order: padding, and what follows the last field.
    /// </summary>
    /// <param name="end">The record's length in an image.</param>
    /// <param name="has">Whether the record in the image has the field.</param>
    public IEnumerable<(int Start, int End)> Gaps(int end, Func<Field, bool> has)
    {
        var at = 0;
        foreach (var field in _fields.Where(has))
        {
            if (field.Offset > at)
            {
                yield return (at, field.Offset);
            }

            at = field.End;
        }

        if (at < end)
        {
            yield return (at, end);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Field> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Appends a row.</summary>
    /// <param name="name">The specification's name.</param>
    /// <param name="width">Bytes: 1, 2, 4 or 8.</param>
    /// <param name="style">How the value is shown.</param>
    /// <param name="summary">A short description for listings.</param>
    /// <param name="since">The first header version that has it.</param>
    /// <param name="absent">The value that a header without the field has.</param>
    /// <param name="padding">Reserved bytes after it, which no field names.</param>
    internal Field Add(string name, int width, FieldStyle style, string summary, int since = 2, ulong absent = 0, int padding = 0)
    {
        var field = new Field(name, Size, width, style, summary, since, absent);
        _fields.Add(field);
        Size += width + padding;
        return field;
    }
}
