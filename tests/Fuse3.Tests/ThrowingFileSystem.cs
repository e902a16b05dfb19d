namespace Fuse3.Tests;

/// <summary>Throws in one operation, chosen by method name; the others work.</summary>
internal sealed class ThrowingFileSystem : MemoryFileSystem
{
    private volatile string? _failing;

    public string? Failing { get => _failing; set => _failing = value; }

    public bool ThrowInOnError { get; init; }

    public override void Init(FuseConnection connection)
    {
        Check(nameof(Init));
        base.Init(connection);
    }

    public override int OnError(string operation, Exception exception)
    {
        var answer = base.OnError(operation, exception);
        return ThrowInOnError ? throw new InvalidOperationException("injected into the reporter") : answer;
    }

    public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
        => Check(nameof(GetAttr)) ?? base.GetAttr(path, ref stat, fi);

    public override int Access(ReadOnlySpan<byte> path, uint mask)
        => Check(nameof(Access)) ?? base.Access(path, mask);

    public override int ChMod(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi)
        => Check(nameof(ChMod)) ?? base.ChMod(path, mode, fi);

    public override int Chown(ReadOnlySpan<byte> path, uint uid, uint gid, FuseFileInfo fi)
        => Check(nameof(Chown)) ?? base.Chown(path, uid, gid, fi);

    public override int Truncate(ReadOnlySpan<byte> path, ulong length, FuseFileInfo fi)
        => Check(nameof(Truncate)) ?? base.Truncate(path, length, fi);

    public override int UpdateTimestamps(ReadOnlySpan<byte> path, TimeSpec atime, TimeSpec mtime, FuseFileInfo fi)
        => Check(nameof(UpdateTimestamps)) ?? base.UpdateTimestamps(path, atime, mtime, fi);

    public override int Open(ReadOnlySpan<byte> path, FuseFileInfo fi)
        => Check(nameof(Open)) ?? base.Open(path, fi);

    public override int Create(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi)
        => Check(nameof(Create)) ?? base.Create(path, mode, fi);

    public override int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi)
        => Check(nameof(Read)) ?? base.Read(path, offset, buffer, fi);

    public override int Write(ReadOnlySpan<byte> path, ulong offset, ReadOnlySpan<byte> data, FuseFileInfo fi)
        => Check(nameof(Write)) ?? base.Write(path, offset, data, fi);

    public override int Flush(ReadOnlySpan<byte> path, FuseFileInfo fi)
        => Check(nameof(Flush)) ?? base.Flush(path, fi);

    public override void Release(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        Check(nameof(Release));
        base.Release(path, fi);
    }

    public override int FSync(ReadOnlySpan<byte> path, bool dataOnly, FuseFileInfo fi)
        => Check(nameof(FSync)) ?? base.FSync(path, dataOnly, fi);

    public override int StatFS(ReadOnlySpan<byte> path, ref FileSystemStat stat)
        => Check(nameof(StatFS)) ?? base.StatFS(path, ref stat);

    public override int OpenDir(ReadOnlySpan<byte> path, FuseFileInfo fi)
        => Check(nameof(OpenDir)) ?? base.OpenDir(path, fi);

    public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
        => Check(nameof(ReadDir)) ?? base.ReadDir(path, offset, content, fi);

    public override void ReleaseDir(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        Check(nameof(ReleaseDir));
        base.ReleaseDir(path, fi);
    }

    public override int MkDir(ReadOnlySpan<byte> path, uint mode)
        => Check(nameof(MkDir)) ?? base.MkDir(path, mode);

    public override int RmDir(ReadOnlySpan<byte> path)
        => Check(nameof(RmDir)) ?? base.RmDir(path);

    public override int MkNod(ReadOnlySpan<byte> path, uint mode, ulong device)
        => Check(nameof(MkNod)) ?? base.MkNod(path, mode, device);

    public override int Unlink(ReadOnlySpan<byte> path)
        => Check(nameof(Unlink)) ?? base.Unlink(path);

    public override int Rename(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath, uint flags)
        => Check(nameof(Rename)) ?? base.Rename(path, newPath, flags);

    public override int Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath)
        => Check(nameof(Link)) ?? base.Link(path, newPath);

    public override int SymLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
        => Check(nameof(SymLink)) ?? base.SymLink(path, target);

    public override int ReadLink(ReadOnlySpan<byte> path, Span<byte> buffer)
        => Check(nameof(ReadLink)) ?? base.ReadLink(path, buffer);

    private int? Check(string operation) => operation == Failing ? throw new InvalidOperationException("injected") : null;
}
