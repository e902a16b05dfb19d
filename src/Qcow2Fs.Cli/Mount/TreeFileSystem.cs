using Qcow2Fs.Tree.Handles;
using Errno = Mono.Unix.Native.Errno;

namespace Qcow2Fs.Cli.Mount;

/// <summary>Serves a tree through FUSE: translates operations to ITree calls and back. All rules live in ITree.</summary>
internal sealed class TreeFileSystem(ITree tree) : FuseFileSystemBase
{
    private const uint RenameNoReplace = 1;

    // The offsets after "." and "..", before those of a directory's own entries.
    private const ulong DotEntries = 2;

    private readonly HandleTable _handles = new();
    private readonly UnlinkIntent _unlinks = new();

    // Live content: the kernel must keep none of it.
    public override void Init(FuseConnection connection) => connection.DirectIO = true;

    public override int OnError(string operation, Exception exception)
    {
        if (exception is TreeException refused)
        {
            return -(int)refused.Errno;
        }

        CommandLine.WriteError($"{operation}: {exception.GetType().Name}: {exception.Message}");
        return -(int)Errno.EIO;
    }

    public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
    {
        // Another program may have removed the file since this one was opened: the kernel asks before its open(2) returns.
        if ((StatusOf(path) ?? (fi.IsNull ? null : File(fi).Status)) is not { } status)
        {
            return -(int)Errno.ENOENT;
        }

        stat.Mode = (uint)status.Mode;
        stat.LinkCount = status.IsDirectory ? 2u : 1u;
        stat.UserId = status.Image.Uid;
        stat.GroupId = status.Image.Gid;
        stat.Size = (ulong)status.Size;
        stat.Blocks = (stat.Size + 511) / 512;
        stat.AccessTime = Time(status.Image.Atime);
        stat.ModifyTime = Time(status.Image.Mtime);
        stat.ChangeTime = Time(status.Image.Ctime);
        return 0;
    }

    public override int Open(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        var write = fi.AccessMode != AccessMode.ReadOnly;
        if (tree.Open(path, write, fi.IsTruncate) is not { } opened)
        {
            // The kernel has just found it. Now it looks the name up again, and creates the file if it was to.
            return -(int)Errno.ESTALE;
        }

        fi.Handle = Add(path, opened);
        if (!write)
        {
            _unlinks.HasRead(CallerProcessId, path);
        }

        // Without anything staged there is nothing to flush, and a round trip less.
        fi.NoFlush = !write;
        return 0;
    }

    public override int Create(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi)
    {
        fi.Handle = Add(path, tree.Create(path));
        return 0;
    }

    public override int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi) =>
        File(fi).Read((long)offset, buffer);

    public override int Write(ReadOnlySpan<byte> path, ulong offset, ReadOnlySpan<byte> data, FuseFileInfo fi)
    {
        File(fi).Write((long)offset, data, fi.IsAppend, fi.IsSync);
        return data.Length;
    }

    public override int Truncate(ReadOnlySpan<byte> path, ulong length, FuseFileInfo fi)
    {
        if (fi.IsNull)
        {
            tree.Truncate(path, (long)length);
        }
        else
        {
            File(fi).Truncate((long)length);
        }

        return 0;
    }

    public override int Flush(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        File(fi).Flush();
        return 0;
    }

    // A commit is on the medium when it returns, so there is nothing more to sync.
    public override int FSync(ReadOnlySpan<byte> path, bool dataOnly, FuseFileInfo fi)
    {
        File(fi).Sync();
        return 0;
    }

    public override void Release(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        File(fi).Release();
        _handles.Remove(fi.Handle);
    }

    public override int OpenDir(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        if (tree.OpenDirectory(path) is not { } directory)
        {
            return -(int)Errno.ENOENT;
        }

        fi.Handle = _handles.Add(directory);
        return 0;
    }

    public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
    {
        if ((offset == 0 && !content.AddEntry("."u8, 1, FileType.Directory))
            || (offset <= 1 && !content.AddEntry(".."u8, DotEntries, FileType.Directory)))
        {
            return 0;
        }

        var directory = (DirectoryHandle)_handles[fi.Handle];
        // An offset may be anything: lseek(2) asks nobody.
        long? after = (long)Math.Max(offset, DotEntries) - (long)DotEntries;
        do
        {
            var page = directory.Read(after.Value);
            foreach (var (entry, next) in page.Entries)
            {
                if (!content.AddEntry(entry.NameBytes, (ulong)next + DotEntries, entry.IsDirectory ? FileType.Directory : FileType.Regular))
                {
                    return 0;
                }
            }

            after = page.Next;
            if (page is { Entries: [], Next: { } skipped })
            {
                // An answer without an entry would be the end of the directory. This one says no more than that it goes on.
                content.AddEntry("."u8, (ulong)skipped + DotEntries, FileType.Directory);
                return 0;
            }
        }
        while (after is not null);

        return 0;
    }

    public override void ReleaseDir(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        ((DirectoryHandle)_handles[fi.Handle]).Release();
        _handles.Remove(fi.Handle);
    }

    public override int Unlink(ReadOnlySpan<byte> path)
    {
        tree.Remove(path, _unlinks.IsReplacement(CallerProcessId, path));
        return 0;
    }

    public override int Rename(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath, uint flags)
    {
        if ((flags & ~RenameNoReplace) != 0)
        {
            throw tree.Refuse(path, Errno.EINVAL, "RENAME_EXCHANGE is not supported");
        }

        tree.Rename(path, newPath, flags == RenameNoReplace);
        return 0;
    }

    public override int StatFS(ReadOnlySpan<byte> path, ref FileSystemStat stat)
    {
        var (size, free) = tree.Room(path);
        stat.BlockSize = stat.FragmentSize = 1;
        stat.Blocks = (ulong)size;
        stat.FreeBlocks = stat.AvailableBlocks = (ulong)free;
        stat.MaxNameLength = DirectoryContent.MaxNameLength;
        return 0;
    }

    public override int MkDir(ReadOnlySpan<byte> path, uint mode) =>
        throw tree.Refuse(path, Errno.EPERM, "directories cannot be created");

    public override int RmDir(ReadOnlySpan<byte> path) => throw tree.Refuse(path, Errno.EPERM, "directories cannot be removed");

    public override int MkNod(ReadOnlySpan<byte> path, uint mode, ulong device) =>
        throw tree.Refuse(path, Errno.EPERM, "only regular files can be created");

    public override int Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath)
    {
        tree.Link(path, newPath);
        return 0;
    }

    public override int SymLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) =>
        throw tree.Refuse(path, Errno.EPERM, "symbolic links cannot be created");

    // Owner, mode and times are the image's. Copying tools set them after the data; that must not look like a failure.
    public override int ChMod(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi) => 0;

    public override int Chown(ReadOnlySpan<byte> path, uint uid, uint gid, FuseFileInfo fi) => 0;

    public override int UpdateTimestamps(ReadOnlySpan<byte> path, TimeSpec atime, TimeSpec mtime, FuseFileInfo fi) => 0;

    private static TimeSpec Time(ImageTime time) => new(time.Seconds, time.Nanoseconds);

    private FileHandle File(FuseFileInfo fi) => ((OpenFile)_handles[fi.Handle]).Handle;

    private ulong Add(ReadOnlySpan<byte> path, FileHandle handle) => _handles.Add(new OpenFile(path.ToArray(), handle));

    // fstat(2) is a question by path. A program that asks before it reads must get at the content that its handle has.
    private NodeStatus? StatusOf(ReadOnlySpan<byte> path)
    {
        try
        {
            return tree.Stat(path);
        }
        catch (TreeException)
        {
            foreach (var file in _handles.All.OfType<OpenFile>())
            {
                if (path.SequenceEqual(file.Path))
                {
                    return file.Handle.Status;
                }
            }

            throw;
        }
    }

    private sealed record OpenFile(byte[] Path, FileHandle Handle);
}
