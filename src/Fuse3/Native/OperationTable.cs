using static Fuse3.Native.ExceptionBarrier;
using static Fuse3.Native.Marshalling;

namespace Fuse3.Native;

/// <summary>
/// C <c>struct fuse_operations</c> (libfuse include/fuse.h): function pointers only. The indexes in use are the same from 3.10 to 3.18.
/// The functions have their C names and arguments; a pointer is an nint, because a tuple cannot hold a pointer type.
/// </summary>
internal static unsafe class OperationTable
{
    /// <summary>Number of pointers, up to lseek; later versions only append.</summary>
    public const int Length = 42;

    /// <summary>Every operation that the binding offers.</summary>
    public static Operation[] All =>
    [
        new(0, nameof(getattr), nameof(FuseFileSystemBase.GetAttr), (delegate* unmanaged<nint, nint, nint, int>)&getattr),
        new(1, nameof(readlink), nameof(FuseFileSystemBase.ReadLink), (delegate* unmanaged<nint, nint, nuint, int>)&readlink),
        new(2, nameof(mknod), nameof(FuseFileSystemBase.MkNod), (delegate* unmanaged<nint, uint, ulong, int>)&mknod),
        new(3, nameof(mkdir), nameof(FuseFileSystemBase.MkDir), (delegate* unmanaged<nint, uint, int>)&mkdir),
        new(4, nameof(unlink), nameof(FuseFileSystemBase.Unlink), (delegate* unmanaged<nint, int>)&unlink),
        new(5, nameof(rmdir), nameof(FuseFileSystemBase.RmDir), (delegate* unmanaged<nint, int>)&rmdir),
        new(6, nameof(symlink), nameof(FuseFileSystemBase.SymLink), (delegate* unmanaged<nint, nint, int>)&symlink),
        new(7, nameof(rename), nameof(FuseFileSystemBase.Rename), (delegate* unmanaged<nint, nint, uint, int>)&rename),
        new(8, nameof(link), nameof(FuseFileSystemBase.Link), (delegate* unmanaged<nint, nint, int>)&link),
        new(9, nameof(chmod), nameof(FuseFileSystemBase.ChMod), (delegate* unmanaged<nint, uint, nint, int>)&chmod),
        new(10, nameof(chown), nameof(FuseFileSystemBase.Chown), (delegate* unmanaged<nint, uint, uint, nint, int>)&chown),
        new(11, nameof(truncate), nameof(FuseFileSystemBase.Truncate), (delegate* unmanaged<nint, long, nint, int>)&truncate),
        new(12, nameof(open), nameof(FuseFileSystemBase.Open), (delegate* unmanaged<nint, nint, int>)&open),
        new(13, nameof(read), nameof(FuseFileSystemBase.Read), (delegate* unmanaged<nint, nint, nuint, long, nint, int>)&read),
        new(14, nameof(write), nameof(FuseFileSystemBase.Write), (delegate* unmanaged<nint, nint, nuint, long, nint, int>)&write),
        new(15, nameof(statfs), nameof(FuseFileSystemBase.StatFS), (delegate* unmanaged<nint, nint, int>)&statfs),
        new(16, nameof(flush), nameof(FuseFileSystemBase.Flush), (delegate* unmanaged<nint, nint, int>)&flush),
        new(17, nameof(release), nameof(FuseFileSystemBase.Release), (delegate* unmanaged<nint, nint, int>)&release),
        new(18, nameof(fsync), nameof(FuseFileSystemBase.FSync), (delegate* unmanaged<nint, int, nint, int>)&fsync),
        new(23, nameof(opendir), nameof(FuseFileSystemBase.OpenDir), (delegate* unmanaged<nint, nint, int>)&opendir),
        new(24, nameof(readdir), nameof(FuseFileSystemBase.ReadDir), (delegate* unmanaged<nint, nint, nint, long, nint, int, int>)&readdir),
        new(25, nameof(releasedir), nameof(FuseFileSystemBase.ReleaseDir), (delegate* unmanaged<nint, nint, int>)&releasedir),
        new(27, nameof(init), nameof(FuseFileSystemBase.Init), (delegate* unmanaged<nint, nint, nint>)&init),
        new(29, nameof(access), nameof(FuseFileSystemBase.Access), (delegate* unmanaged<nint, int, int>)&access),
        new(30, nameof(create), nameof(FuseFileSystemBase.Create), (delegate* unmanaged<nint, uint, nint, int>)&create),
        new(32, nameof(utimens), nameof(FuseFileSystemBase.UpdateTimestamps), (delegate* unmanaged<nint, nint, nint, int>)&utimens),
    ];

    /// <summary>Sets init and the operations that the file system overrides; the rest stays null.</summary>
    public static void Fill(Span<nint> operations, FuseFileSystemBase fileSystem)
    {
        var overrides = OverridesOf(fileSystem);
        operations[..Length].Clear();
        foreach (var operation in All)
        {
            if (operation.Name == nameof(init) || overrides.Contains(operation.Method))
            {
                operations[operation.Index] = operation.Function;
            }
        }
    }

    private static HashSet<string> OverridesOf(FuseFileSystemBase fileSystem)
        => [.. fileSystem.GetType().GetMethods()
            .Where(method => method.DeclaringType != typeof(FuseFileSystemBase)
                && method.GetBaseDefinition().DeclaringType == typeof(FuseFileSystemBase))
            .Select(method => method.Name)];

    [UnmanagedCallersOnly]
    private static int getattr(nint path, nint stat, nint info) => Run((path, stat, info), static (fs, a) =>
    {
        FileStat result = default;
        var error = fs.GetAttr(Text(a.path), ref result, FileInfo(a.info));
        if (error == 0)
        {
            StatLayout.Current.Write(Bytes(a.stat, StatLayout.Current.Size), result);
        }

        return error;
    });

    [UnmanagedCallersOnly]
    private static int readlink(nint path, nint buffer, nuint size) => Run((path, buffer, size), static (fs, a) =>
    {
        // libfuse expects a NUL after the target.
        var target = Bytes(a.buffer, a.size);
        var length = CheckCount(fs.ReadLink(Text(a.path), target[..^1]), target.Length - 1);
        if (length < 0)
        {
            return length;
        }

        target[length] = 0;
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int mknod(nint path, uint mode, ulong device)
        => Run((path, mode, device), static (fs, a) => fs.MkNod(Text(a.path), a.mode, a.device));

    [UnmanagedCallersOnly]
    private static int mkdir(nint path, uint mode) => Run((path, mode), static (fs, a) => fs.MkDir(Text(a.path), a.mode));

    [UnmanagedCallersOnly]
    private static int unlink(nint path) => Run(path, static (fs, path) => fs.Unlink(Text(path)));

    [UnmanagedCallersOnly]
    private static int rmdir(nint path) => Run(path, static (fs, path) => fs.RmDir(Text(path)));

    [UnmanagedCallersOnly]
    private static int symlink(nint target, nint path) => Run((target, path), static (fs, a) => fs.SymLink(Text(a.path), Text(a.target)));

    [UnmanagedCallersOnly]
    private static int rename(nint path, nint newPath, uint flags)
        => Run((path, newPath, flags), static (fs, a) => fs.Rename(Text(a.path), Text(a.newPath), a.flags));

    [UnmanagedCallersOnly]
    private static int link(nint path, nint newPath) => Run((path, newPath), static (fs, a) => fs.Link(Text(a.path), Text(a.newPath)));

    [UnmanagedCallersOnly]
    private static int chmod(nint path, uint mode, nint info)
        => Run((path, mode, info), static (fs, a) => fs.ChMod(Text(a.path), a.mode, FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int chown(nint path, uint uid, uint gid, nint info)
        => Run((path, uid, gid, info), static (fs, a) => fs.Chown(Text(a.path), a.uid, a.gid, FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int truncate(nint path, long length, nint info)
        => Run((path, length, info), static (fs, a) => fs.Truncate(Text(a.path), (ulong)a.length, FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int open(nint path, nint info) => Run((path, info), static (fs, a) => fs.Open(Text(a.path), FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int read(nint path, nint buffer, nuint size, long offset, nint info)
        => Run((path, buffer, size, offset, info), static (fs, a) =>
        {
            var target = Bytes(a.buffer, a.size);
            return CheckCount(fs.Read(Text(a.path), (ulong)a.offset, target, FileInfo(a.info)), target.Length);
        });

    [UnmanagedCallersOnly]
    private static int write(nint path, nint buffer, nuint size, long offset, nint info)
        => Run((path, buffer, size, offset, info), static (fs, a) =>
        {
            ReadOnlySpan<byte> data = Bytes(a.buffer, a.size);
            return CheckCount(fs.Write(Text(a.path), (ulong)a.offset, data, FileInfo(a.info)), data.Length);
        });

    [UnmanagedCallersOnly]
    private static int statfs(nint path, nint stat) => Run((path, stat), static (fs, a) =>
    {
        FileSystemStat result = default;
        var error = fs.StatFS(Text(a.path), ref result);
        if (error == 0)
        {
            StatVfsLayout.Write(Bytes(a.stat, StatVfsLayout.Size), result);
        }

        return error;
    });

    [UnmanagedCallersOnly]
    private static int flush(nint path, nint info) => Run((path, info), static (fs, a) => fs.Flush(Text(a.path), FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int release(nint path, nint info) => Run((path, info), static (fs, a) =>
    {
        fs.Release(Text(a.path), FileInfo(a.info));
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int fsync(nint path, int dataOnly, nint info)
        => Run((path, dataOnly, info), static (fs, a) => fs.FSync(Text(a.path), a.dataOnly != 0, FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int opendir(nint path, nint info) => Run((path, info), static (fs, a) => fs.OpenDir(Text(a.path), FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int readdir(nint path, nint buffer, nint fill, long offset, nint info, int flags)
        => Run((path, filler: new DirectoryFiller(buffer, fill), offset, info), static (fs, a)
            => fs.ReadDir(Text(a.path), (ulong)a.offset, new DirectoryContent(a.filler), FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int releasedir(nint path, nint info) => Run((path, info), static (fs, a) =>
    {
        fs.ReleaseDir(Text(a.path), FileInfo(a.info));
        return 0;
    });

    // The result is the private data for all later calls: unchanged.
    [UnmanagedCallersOnly]
    private static nint init(nint connection, nint config)
    {
        _ = Run((connection, config), static (fs, a) =>
        {
            var view = new FuseConnection(Bytes(a.connection, ConnectionLayout.ViewSize), Bytes(a.config, ConnectionLayout.ConfigViewSize));
            view.ApplyDefaults();
            fs.Init(view);
            return 0;
        });
        return LibFuse.fuse_get_context()->PrivateData;
    }

    [UnmanagedCallersOnly]
    private static int access(nint path, int mask) => Run((path, mask), static (fs, a) => fs.Access(Text(a.path), (uint)a.mask));

    [UnmanagedCallersOnly]
    private static int create(nint path, uint mode, nint info)
        => Run((path, mode, info), static (fs, a) => fs.Create(Text(a.path), a.mode, FileInfo(a.info)));

    [UnmanagedCallersOnly]
    private static int utimens(nint path, nint times, nint info) => Run((path, times, info), static (fs, a) =>
    {
        var times = (TimeSpec*)a.times;
        return fs.UpdateTimestamps(Text(a.path), times[0], times[1], FileInfo(a.info));
    });
}

/// <summary>One row: the index of the pointer, the C name, the method of <see cref="FuseFileSystemBase"/> and the C function.</summary>
internal readonly record struct Operation(int Index, string Name, string Method, nint Function)
{
    public unsafe Operation(int index, string name, string method, void* function)
        : this(index, name, method, (nint)function)
    {
    }
}
