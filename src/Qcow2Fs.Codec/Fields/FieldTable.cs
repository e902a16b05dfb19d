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
    /// The ranges of bytes below <paramref name="end"/>, the length in an image, that no field which the image has covers: padding, and
    /// what follows the last field.
    /// </summary>
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

    /// <summary>Appends a row: a <see cref="Field"/>, and after it so many bytes of padding, which no field names.</summary>
    internal Field Add(string name, int width, FieldStyle style, string summary, int since = 2, ulong absent = 0, int padding = 0)
    {
        var field = new Field(name, Size, width, style, summary, since, absent);
        _fields.Add(field);
        Size += width + padding;
        return field;
    }
}
