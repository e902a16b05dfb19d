namespace Fuse3;

/// <summary>The connection being negotiated: a view of libfuse's structures, valid only in <see cref="FuseFileSystemBase.Init"/>.</summary>
public readonly ref struct FuseConnection
{
    private readonly Span<byte> _connection;
    private readonly Span<byte> _config;

    internal FuseConnection(Span<byte> connection, Span<byte> config)
    {
        _connection = connection;
        _config = config;
    }

    /// <summary>Direct I/O for every file, as if <see cref="FuseFileInfo.DirectIO"/> were set in each Open.</summary>
    public bool DirectIO
    {
        get => MemoryMarshal.Read<int>(_config[ConnectionLayout.ConfigDirectIO..]) != 0;
        set => MemoryMarshal.Write(_config[ConnectionLayout.ConfigDirectIO..], value ? 1 : 0);
    }

    /// <summary>
    /// Turns off splicing of requests through a pipe (the binding needs them in memory) and readdirplus (entries carry no attributes, and
    /// some libfuse versions return junk for them). Turns on hard_remove: unlink of an open file reaches Unlink. By default libfuse renames
    /// the file to a hidden name, so a file system without Rename could not delete it.
    /// </summary>
    internal void ApplyDefaults()
    {
        var want = MemoryMarshal.Read<uint>(_connection[ConnectionLayout.Want..]);
        MemoryMarshal.Write(_connection[ConnectionLayout.Want..], want & ~ConnectionLayout.Unused);
        MemoryMarshal.Write(_config[ConnectionLayout.ConfigHardRemove..], 1);
    }
}
