namespace Fuse3.Native;

/// <summary>
/// C <c>struct fuse_operations</c> (libfuse include/fuse.h): function pointers only, so a place is an index. These places are the same
/// from 3.10 to 3.18.
/// </summary>
internal static unsafe class OperationTable
{
    public const int GetAttr = 0;
    public const int ReadLink = 1;
    public const int MkNod = 2;
    public const int MkDir = 3;
    public const int Unlink = 4;
    public const int RmDir = 5;
    public const int SymLink = 6;
    public const int Rename = 7;
    public const int Link = 8;
    public const int ChMod = 9;
    public const int Chown = 10;
    public const int Truncate = 11;
    public const int Open = 12;
    public const int Read = 13;
    public const int Write = 14;
    public const int StatFS = 15;
    public const int Flush = 16;
    public const int Release = 17;
    public const int FSync = 18;
    public const int OpenDir = 23;
    public const int ReadDir = 24;
    public const int ReleaseDir = 25;
    public const int Init = 27;
    public const int Access = 29;
    public const int Create = 30;
    public const int UpdateTimestamps = 32;

    /// <summary>Number of pointers, up to lseek; later versions only add behind it.</summary>
    public const int Length = 42;

    /// <summary>Sets init and the operations that the file system overrides; the rest stays null.</summary>
    public static void Fill(Span<nint> operations, FuseFileSystemBase fileSystem)
    {
        var overrides = OverridesOf(fileSystem);
        operations[..Length].Clear();
        operations[Init] = (nint)(delegate* unmanaged[Cdecl]<byte*, byte*, nint>)&InitRequest.Entry;
        Bind(operations, GetAttr, overrides, nameof(FuseFileSystemBase.GetAttr),
            (delegate* unmanaged[Cdecl]<byte*, byte*, byte*, int>)&GetAttrRequest.Entry);
        Bind(operations, ReadLink, overrides, nameof(FuseFileSystemBase.ReadLink),
            (delegate* unmanaged[Cdecl]<byte*, byte*, nuint, int>)&ReadLinkRequest.Entry);
        Bind(operations, MkNod, overrides, nameof(FuseFileSystemBase.MkNod),
            (delegate* unmanaged[Cdecl]<byte*, uint, ulong, int>)&MkNodRequest.Entry);
        Bind(operations, MkDir, overrides, nameof(FuseFileSystemBase.MkDir),
            (delegate* unmanaged[Cdecl]<byte*, uint, int>)&MkDirRequest.Entry);
        Bind(operations, Unlink, overrides, nameof(FuseFileSystemBase.Unlink),
            (delegate* unmanaged[Cdecl]<byte*, int>)&UnlinkRequest.Entry);
        Bind(operations, RmDir, overrides, nameof(FuseFileSystemBase.RmDir), (delegate* unmanaged[Cdecl]<byte*, int>)&RmDirRequest.Entry);
        Bind(operations, SymLink, overrides, nameof(FuseFileSystemBase.SymLink),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&SymLinkRequest.Entry);
        Bind(operations, Rename, overrides, nameof(FuseFileSystemBase.Rename),
            (delegate* unmanaged[Cdecl]<byte*, byte*, uint, int>)&RenameRequest.Entry);
        Bind(operations, Link, overrides, nameof(FuseFileSystemBase.Link),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&LinkRequest.Entry);
        Bind(operations, ChMod, overrides, nameof(FuseFileSystemBase.ChMod),
            (delegate* unmanaged[Cdecl]<byte*, uint, byte*, int>)&ChModRequest.Entry);
        Bind(operations, Chown, overrides, nameof(FuseFileSystemBase.Chown),
            (delegate* unmanaged[Cdecl]<byte*, uint, uint, byte*, int>)&ChownRequest.Entry);
        Bind(operations, Truncate, overrides, nameof(FuseFileSystemBase.Truncate),
            (delegate* unmanaged[Cdecl]<byte*, long, byte*, int>)&TruncateRequest.Entry);
        Bind(operations, Open, overrides, nameof(FuseFileSystemBase.Open),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&OpenRequest.Entry);
        Bind(operations, Read, overrides, nameof(FuseFileSystemBase.Read),
            (delegate* unmanaged[Cdecl]<byte*, byte*, nuint, long, byte*, int>)&ReadRequest.Entry);
        Bind(operations, Write, overrides, nameof(FuseFileSystemBase.Write),
            (delegate* unmanaged[Cdecl]<byte*, byte*, nuint, long, byte*, int>)&WriteRequest.Entry);
        Bind(operations, StatFS, overrides, nameof(FuseFileSystemBase.StatFS),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&StatFSRequest.Entry);
        Bind(operations, Flush, overrides, nameof(FuseFileSystemBase.Flush),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&FlushRequest.Entry);
        Bind(operations, Release, overrides, nameof(FuseFileSystemBase.Release),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&ReleaseRequest.Entry);
        Bind(operations, FSync, overrides, nameof(FuseFileSystemBase.FSync),
            (delegate* unmanaged[Cdecl]<byte*, int, byte*, int>)&FSyncRequest.Entry);
        Bind(operations, OpenDir, overrides, nameof(FuseFileSystemBase.OpenDir),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&OpenDirRequest.Entry);
        Bind(operations, ReadDir, overrides, nameof(FuseFileSystemBase.ReadDir),
            (delegate* unmanaged[Cdecl]<byte*, void*, delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int, int>, long, byte*, int, int>)&ReadDirRequest.Entry);
        Bind(operations, ReleaseDir, overrides, nameof(FuseFileSystemBase.ReleaseDir),
            (delegate* unmanaged[Cdecl]<byte*, byte*, int>)&ReleaseDirRequest.Entry);
        Bind(operations, Access, overrides, nameof(FuseFileSystemBase.Access),
            (delegate* unmanaged[Cdecl]<byte*, int, int>)&AccessRequest.Entry);
        Bind(operations, Create, overrides, nameof(FuseFileSystemBase.Create),
            (delegate* unmanaged[Cdecl]<byte*, uint, byte*, int>)&CreateRequest.Entry);
        Bind(operations, UpdateTimestamps, overrides, nameof(FuseFileSystemBase.UpdateTimestamps),
            (delegate* unmanaged[Cdecl]<byte*, TimeSpec*, byte*, int>)&UpdateTimestampsRequest.Entry);
    }

    private static void Bind(Span<nint> operations, int index, HashSet<string> overrides, string method, void* entry)
    {
        if (overrides.Contains(method))
        {
            operations[index] = (nint)entry;
        }
    }

    private static HashSet<string> OverridesOf(FuseFileSystemBase fileSystem)
        => [.. fileSystem.GetType().GetMethods()
            .Where(method => method.DeclaringType != typeof(FuseFileSystemBase)
                && method.GetBaseDefinition().DeclaringType == typeof(FuseFileSystemBase))
            .Select(method => method.Name)];
}
