using System.Runtime.InteropServices;
using Fuse3.Native;

namespace Fuse3;

/// <summary>
/// The connection to the kernel while it is negotiated: a view of libfuse's structures, valid only during
/// <see cref="FuseFileSystemBase.Init"/>.
/// </summary>
public readonly ref struct FuseConnection
{
    private readonly Span<byte> _connection;
    private readonly Span<byte> _config;

    internal FuseConnection(Span<byte> connection, Span<byte> config)
    {
        _connection = connection;
        _config = config;
    }

    /// <summary>The version of the FUSE protocol that the kernel speaks, such as 7.39.</summary>
    public Version Protocol => new(
        MemoryMarshal.Read<int>(_connection[ConnectionLayout.ProtocolMajor..]),
        MemoryMarshal.Read<int>(_connection[ConnectionLayout.ProtocolMinor..]));

    /// <summary>
    /// True when open with O_TRUNC arrives as one Open call and not as Truncate by path followed by Open; libfuse asks for it by default.
    /// </summary>
    public bool AtomicOpenTruncate => (Want & ConnectionLayout.AtomicOpenTruncate) != 0;

    /// <summary>Direct I/O for every file, as if <see cref="FuseFileInfo.DirectIO"/> were set in each Open.</summary>
    public bool DirectIO
    {
        get => MemoryMarshal.Read<int>(_config[ConnectionLayout.ConfigDirectIO..]) != 0;
        set => MemoryMarshal.Write(_config[ConnectionLayout.ConfigDirectIO..], value ? 1 : 0);
    }

    /// <summary>
    /// Turns off what only costs here: splicing requests through a pipe (the binding needs them in memory) and readdirplus (entries carry
    /// no attributes, and some libfuse versions return junk for them). Deleting an open file deletes it, instead of renaming it to a
    /// hidden name: a file system that cannot rename could not delete either.
    /// </summary>
    internal void ApplyDefaults()
    {
        MemoryMarshal.Write(_connection[ConnectionLayout.Want..], Want & ~ConnectionLayout.Unused);
        MemoryMarshal.Write(_config[ConnectionLayout.ConfigHardRemove..], 1);
    }

    private uint Want => MemoryMarshal.Read<uint>(_connection[ConnectionLayout.Want..]);
}
