using System.Buffers.Binary;

namespace Qcow2Fs.TestKit;

/// <summary>
/// Builds the bytes of a first cluster, good or odd. Starts as what qemu-img would make: version 3, 64 KiB clusters,
/// header_length 112, an empty list with its END.
/// </summary>
public sealed class HeaderBuilder
{
    private readonly Dictionary<string, ulong> _fields = [];
    private readonly List<Entry> _entries = [];
    private readonly List<(int Offset, byte[] Data)> _pokes = [];
    private Entry? _end = new(0, [], 0, null);
    private byte[]? _name;
    private int? _nameOffset;
    private int _nameGap;
    private uint _version = 3;
    private uint _clusterBits = 16;
    private uint? _headerLength;
    private Random? _junk;

    /// <summary>Bytes of the first cluster.</summary>
    public int ClusterSize => _clusterBits is >= 9 and <= 21 ? 1 << (int)_clusterBits : 65536;

    /// <summary>Where the list will start.</summary>
    public int ListStart => _version <= 2 ? 72 : (int)Math.Clamp(_headerLength ?? 112, 104, (uint)ClusterSize);

    /// <summary>Where the END entry, or what else follows the extensions, will lie.</summary>
    public int ItemsEnd => ListStart + _entries.Sum(e => e.Footprint);

    /// <summary>The first byte behind END and its padding.</summary>
    public int TailEnd => ItemsEnd + (_end?.Footprint ?? 0);

    /// <summary>Sets the version; below 3 the layout is version 2's.</summary>
    public HeaderBuilder Version(uint version) => Do(() => _version = version);

    /// <summary>Sets cluster_bits; outside 9 to 21 the bytes are those of a 64 KiB cluster.</summary>
    public HeaderBuilder ClusterBits(uint bits) => Do(() => _clusterBits = bits);

    /// <summary>Sets header_length (version 3); any number, the list starts at the nearest possible place.</summary>
    public HeaderBuilder HeaderLength(uint length) => Do(() => _headerLength = length);

    /// <summary>Sets a field's bytes after all else is laid out, so it can also contradict it.</summary>
    public HeaderBuilder Field(string name, ulong value) => Do(() => _fields[name] = value);

    /// <summary>Adds an extension.</summary>
    /// <param name="magic">Its magic.</param>
    /// <param name="data">Its payload.</param>
    /// <param name="padding">The byte that the padding consists of.</param>
    /// <param name="claimed">Its length field, where that shall not be the truth.</param>
    public HeaderBuilder Extension(uint magic, byte[] data, byte padding = 0, uint? claimed = null) =>
        Do(() => _entries.Add(new(magic, data, padding, claimed)));

    /// <summary>Adds an extension with text.</summary>
    public HeaderBuilder Extension(uint magic, string text) => Extension(magic, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Adds as many extensions of that magic, with so many bytes each.</summary>
    public HeaderBuilder Extensions(int count, uint magic, int length = 0)
    {
        for (var i = 0; i < count; i++)
        {
            Extension(magic, new byte[length]);
        }

        return this;
    }

    /// <summary>Leaves the END entry out; zeros that follow still read as one.</summary>
    public HeaderBuilder NoEnd() => Do(() => _end = null);

    /// <summary>Gives END a payload.</summary>
    public HeaderBuilder End(byte[] payload, byte padding = 0, uint? claimed = null) => Do(() => _end = new(0, payload, padding, claimed));

    /// <summary>Names a backing file, right behind the list or so many bytes further.</summary>
    public HeaderBuilder Backing(byte[] name, int gap = 0) => Do(() => (_name, _nameOffset, _nameGap) = (name, null, gap));

    /// <summary>Names a backing file, right behind the list.</summary>
    public HeaderBuilder Backing(string name) => Backing(System.Text.Encoding.UTF8.GetBytes(name));

    /// <summary>Names a backing file at a place of the caller's choice; the part outside the cluster is left out.</summary>
    public HeaderBuilder BackingAt(int offset, byte[] name) => Do(() => (_name, _nameOffset) = (name, offset));

    /// <summary>Fills what nothing uses with random bytes instead of zeros.</summary>
    public HeaderBuilder Junk(int seed = 1) => Do(() => _junk = new(seed));

    /// <summary>Writes bytes last of all.</summary>
    public HeaderBuilder Poke(int offset, params byte[] data) => Do(() => _pokes.Add((offset, data)));

    /// <summary>The bytes, exactly one cluster. What does not fit is cut.</summary>
    public byte[] Build()
    {
        var bytes = new byte[ClusterSize];
        _junk?.NextBytes(bytes);
        bytes.AsSpan(0, ListStart).Clear();
        WriteDefaults(bytes);
        var at = ListStart;
        foreach (var entry in _end is null ? _entries : [.. _entries, _end])
        {
            Put(bytes, at, entry.ToBytes());
            at += entry.Footprint;
        }

        if (_name is not null)
        {
            var offset = _nameOffset ?? (TailEnd + _nameGap);
            ReferenceField.Named("backing_file_offset").Write(bytes, (ulong)offset);
            ReferenceField.Named("backing_file_size").Write(bytes, (ulong)_name.Length);
            Put(bytes, offset, _name);
        }

        foreach (var (name, value) in _fields)
        {
            ReferenceField.Named(name).Write(bytes, value);
        }

        foreach (var (offset, data) in _pokes)
        {
            Put(bytes, offset, data);
        }

        return bytes;
    }

    private void WriteDefaults(byte[] bytes)
    {
        Set("magic", 0x514649fb);
        Set("version", _version);
        Set("cluster_bits", _clusterBits);
        Set("size", 1 << 15);
        Set("l1_size", 1);
        Set("l1_table_offset", 3ul * (ulong)ClusterSize);
        Set("refcount_table_offset", (ulong)ClusterSize);
        Set("refcount_table_clusters", 1);
        if (_version > 2)
        {
            Set("refcount_order", 4);
            Set("header_length", _headerLength ?? 112);
        }

        void Set(string name, ulong value) => ReferenceField.Named(name).Write(bytes, value);
    }

    private static void Put(byte[] bytes, int offset, byte[] data)
    {
        if (offset < bytes.Length)
        {
            data.AsSpan(0, Math.Min(data.Length, bytes.Length - offset)).CopyTo(bytes.AsSpan(offset));
        }
    }

    private HeaderBuilder Do(Action change)
    {
        change();
        return this;
    }

    private sealed record Entry(uint Magic, byte[] Data, byte Padding, uint? Claimed)
    {
        public int Footprint => 8 + ((Data.Length + 7) / 8 * 8);

        public byte[] ToBytes()
        {
            var bytes = new byte[Footprint];
            bytes.AsSpan().Fill(Padding);
            BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), Claimed ?? (uint)Data.Length);
            Data.CopyTo(bytes, 8);
            return bytes;
        }
    }
}
