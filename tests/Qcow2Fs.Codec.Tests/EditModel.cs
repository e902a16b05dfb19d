using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>
/// A header taken apart by the reference reader, to be changed and put together by the rules of the mount page, as
/// slowly and plainly as possible: the expected bytes of every edit.
/// </summary>
internal sealed class EditModel
{
    private readonly byte[] _old;
    private readonly ReferenceHeader _header;

    public EditModel(byte[] bytes)
    {
        _old = bytes;
        _header = ReferenceReader.Read(bytes);
        Fixed = bytes[.._header.HeaderLength];
        Entries = [.. _header.Extensions.Select(e => bytes[e.Offset..e.End])];
        End = _header.EndPayload is null ? null : bytes[_header.ItemsEnd.._header.TailEnd];
        Name = _header.BackingName?.ToArray();
    }

    /// <summary>The fixed part, header_length bytes.</summary>
    public byte[] Fixed { get; set; }

    /// <summary>Whole entries with their padding; the last one's may be cut.</summary>
    public List<byte[]> Entries { get; }

    /// <summary>The END entry, or null if the list has none.</summary>
    public byte[]? End { get; }

    /// <summary>The backing file's name; set through <see cref="Rename"/>.</summary>
    public byte[]? Name { get; private set; }

    /// <summary>Whether the edit names the backing file itself.</summary>
    public bool IsRenamed { get; private set; }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsUnchanged { get; set; }

    public void Rename(byte[]? name) => (Name, IsRenamed) = (name, true);

    /// <summary>An entry with zeros as padding.</summary>
    public static byte[] Entry(uint magic, byte[] data) =>
        new HeaderBuilder().ClusterBits(data.Length < 384 ? 9u : 21u).Extension(magic, data).Build()[112..(112 + 8 + Up8(data.Length))];

    /// <summary>The expected bytes; null if they do not fit the cluster.</summary>
    public byte[]? Compose()
    {
        if (IsUnchanged)
        {
            return _old;
        }

        var limit = _header.ClusterSize;
        int? oldPlace = _header.BackingName is null ? null : _header.BackingNameOffset;
        var raw = Fixed.Length + Entries.SkipLast(1).Sum(e => Up8(e.Length)) + (Entries.Count > 0 ? Entries[^1].Length : 0);
        var padded = Fixed.Length + Entries.Sum(e => Up8(e.Length));

        // A list without END may still do without one if it ends where the area ends; an area of no bytes needs none at all.
        var areaEnd = Name is null ? limit : oldPlace;
        var hasNoArea = Entries.Count == 0 && Name is null && Fixed.Length == limit && (End is null || End.Length == 8);
        var needsEnd = !(End is null && raw == areaEnd) && !hasNoArea;
        var end = needsEnd ? End ?? new byte[8] : [];
        var tail = needsEnd ? padded + end.Length : raw;

        var stays = Name is not null && oldPlace >= tail && oldPlace + Name.Length <= limit;
        var place = stays ? oldPlace!.Value : tail;
        if (tail > limit || (Name is not null && place + Name.Length > limit))
        {
            return null;
        }

        var bytes = (byte[])_old.Clone();
        var used = _header.UsedMap(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = used[i] ? (byte)0 : bytes[i];
        }

        Fixed.CopyTo(bytes, 0);
        var at = Fixed.Length;
        foreach (var entry in Entries)
        {
            entry.CopyTo(bytes, at);
            at += Up8(entry.Length);
            if (needsEnd)
            {
                bytes.AsSpan((at - Up8(entry.Length) + entry.Length)..at).Clear();
            }
        }

        end.CopyTo(bytes, needsEnd ? padded : 0);
        Name?.CopyTo(bytes, place);
        SetNameFields(bytes, place, stays);
        return bytes;
    }

    private void SetNameFields(byte[] bytes, int place, bool stays)
    {
        if (Name is null ? _header.BackingName is null : stays && !IsRenamed)
        {
            return;
        }

        ReferenceField.Named("backing_file_offset").Write(bytes, Name is null ? 0 : (ulong)place);
        ReferenceField.Named("backing_file_size").Write(bytes, Name is null ? 0 : (ulong)Name.Length);
    }

    private static int Up8(int length) => (length + 7) / 8 * 8;
}
