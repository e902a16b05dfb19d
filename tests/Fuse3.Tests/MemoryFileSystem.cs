using System.Collections.Concurrent;
using System.Text;

namespace Fuse3.Tests;

/// <summary>Files in memory, keyed by path as Latin-1 text, so any bytes go.</summary>
internal class MemoryFileSystem : FuseFileSystemBase
{
    private readonly Dictionary<ulong, MemoryFile> _open = [];
    private readonly ConcurrentQueue<(string Operation, Exception Exception)> _errors = [];
    private ulong _lastHandle;

    public SortedDictionary<string, MemoryFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>How many exceptions the binding has reported and <see cref="TakeErrors"/> has not returned.</summary>
    public int ErrorCount => _errors.Count;

    /// <summary>Whether the file of the last Write was open with O_APPEND.</summary>
    public bool LastWriteIsAppend { get; private set; }

    public bool UseDirectIO { get; init; }

    public bool UseNoFlush { get; init; }

    /// <summary>How often Flush was called.</summary>
    public int Flushes { get; private set; }

    public MemoryFile Add(string name, string content)
    {
        var file = new MemoryFile { Content = Encoding.Latin1.GetBytes(content) };
        Files[$"/{name}"] = file;
        return file;
    }

    public List<(string Operation, Exception Exception)> TakeErrors()
    {
        List<(string, Exception)> errors = [];
        while (_errors.TryDequeue(out var error))
        {
            errors.Add(error);
        }

        return errors;
    }

    public override void Init(FuseConnection connection) => connection.DirectIO = UseDirectIO;

    public override int OnError(string operation, Exception exception)
    {
        _errors.Enqueue((operation, exception));
        return -Errno.EIO;
    }

    public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
    {
        if (path.SequenceEqual("/"u8))
        {
            stat = new FileStat { Mode = FileType.Directory | 0x1ED, LinkCount = 2 };
            return 0;
        }

        if (Find(path, fi) is not { } file)
        {
            return -Errno.ENOENT;
        }

        stat = new FileStat
        {
            Mode = file.Type | file.Mode,
            LinkCount = 1,
            UserId = file.UserId,
            GroupId = file.GroupId,
            Size = (ulong)file.Content.Length,
            Blocks = ((ulong)file.Content.Length + 511) / 512,
            BlockSize = 4096,
            AccessTime = file.AccessTime,
            ModifyTime = file.ModifyTime,
            ChangeTime = file.ModifyTime,
        };
        return 0;
    }

    public override int ChMod(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi) => Edit(path, fi, file => file.Mode = mode & 0xFFF);

    public override int Chown(ReadOnlySpan<byte> path, uint uid, uint gid, FuseFileInfo fi) => Edit(path, fi, file =>
    {
        file.UserId = uid == uint.MaxValue ? file.UserId : uid;
        file.GroupId = gid == uint.MaxValue ? file.GroupId : gid;
    });

    public override int UpdateTimestamps(ReadOnlySpan<byte> path, TimeSpec atime, TimeSpec mtime, FuseFileInfo fi) => Edit(path, fi, file =>
    {
        file.AccessTime = Choose(file.AccessTime, atime);
        file.ModifyTime = Choose(file.ModifyTime, mtime);
    });

    public override int Truncate(ReadOnlySpan<byte> path, ulong length, FuseFileInfo fi)
        => Edit(path, fi, file => file.Resize((int)length));

    public override int MkNod(ReadOnlySpan<byte> path, uint mode, ulong device)
        => Add(path, new() { Type = mode & FileType.Mask, Mode = mode & 0xFFF });

    public override int MkDir(ReadOnlySpan<byte> path, uint mode)
        => Add(path, new() { Type = FileType.Directory, Mode = mode & 0xFFF });

    public override int RmDir(ReadOnlySpan<byte> path) => Unlink(path);

    public override int SymLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
        => Add(path, new() { Type = FileType.SymbolicLink, Content = target.ToArray() });

    public override int ReadLink(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        ReadOnlySpan<byte> target = Files[Key(path)].Content;
        target = target[..int.Min(target.Length, buffer.Length)];
        target.CopyTo(buffer);
        return target.Length;
    }

    public override int Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath) => Add(newPath, Files[Key(path)]);

    public override int Create(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi)
    {
        var file = new MemoryFile { Mode = mode & 0xFFF };
        Files[Key(path)] = file;
        fi.Handle = Register(file);
        return 0;
    }

    public override int Open(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        if (Find(path, fi: default) is not { } file)
        {
            return -Errno.ENOENT;
        }

        fi.NoFlush = UseNoFlush;
        if (fi.IsTruncate)
        {
            file.Resize(0);
        }

        fi.Handle = Register(file);
        return 0;
    }

    public override int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi)
    {
        var content = _open[fi.Handle].Content;
        if (offset >= (ulong)content.Length)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = content.AsSpan((int)offset);
        rest = rest[..int.Min(rest.Length, buffer.Length)];
        rest.CopyTo(buffer);
        return rest.Length;
    }

    public override int Write(ReadOnlySpan<byte> path, ulong offset, ReadOnlySpan<byte> data, FuseFileInfo fi)
    {
        var file = _open[fi.Handle];
        LastWriteIsAppend = fi.IsAppend;
        if (file.Content.Length < (int)offset + data.Length)
        {
            file.Resize((int)offset + data.Length);
        }

        data.CopyTo(file.Content.AsSpan((int)offset));
        return data.Length;
    }

    public override int Flush(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
        Flushes++;
        return 0;
    }

    public override int FSync(ReadOnlySpan<byte> path, bool dataOnly, FuseFileInfo fi) => 0;

    public override void Release(ReadOnlySpan<byte> path, FuseFileInfo fi) => _open.Remove(fi.Handle);

    public override int Unlink(ReadOnlySpan<byte> path) => Files.Remove(Key(path)) ? 0 : -Errno.ENOENT;

    public override int Rename(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath, uint flags)
    {
        if (flags != 0)
        {
            return -Errno.EINVAL;
        }

        if (!Files.Remove(Key(path), out var file))
        {
            return -Errno.ENOENT;
        }

        Files[Key(newPath)] = file;
        return 0;
    }

    public override int StatFS(ReadOnlySpan<byte> path, ref FileSystemStat stat)
    {
        stat = new FileSystemStat
        {
            BlockSize = 4096,
            FragmentSize = 4096,
            Blocks = 1000,
            FreeBlocks = 700,
            AvailableBlocks = 600,
            Files = 50,
            FreeFiles = 20,
            MaxNameLength = 255,
        };
        return 0;
    }

    public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
    {
        var next = offset;
        var prefix = path.Length == 1 ? "/" : Key(path) + "/";
        var names = Files.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && pair.Key.IndexOf('/', prefix.Length) < 0);
        foreach ((var name, var file) in names.Skip((int)offset))
        {
            if (!content.AddEntry(Encoding.Latin1.GetBytes(name[prefix.Length..]), ++next, file.Type))
            {
                break;
            }
        }

        return 0;
    }

    private static string Key(ReadOnlySpan<byte> path) => Encoding.Latin1.GetString(path);

    private static TimeSpec Choose(TimeSpec old, TimeSpec wanted)
        => wanted.IsOmit ? old : wanted.IsNow ? TimeSpec.From(DateTimeOffset.UtcNow) : wanted;

    private int Add(ReadOnlySpan<byte> path, MemoryFile file)
    {
        Files[Key(path)] = file;
        return 0;
    }

    private MemoryFile? Find(ReadOnlySpan<byte> path, FuseFileInfo fi)
        => fi.IsNull || fi.Handle == 0 ? Files.GetValueOrDefault(Key(path)) : _open[fi.Handle];

    private int Edit(ReadOnlySpan<byte> path, FuseFileInfo fi, Action<MemoryFile> edit)
    {
        if (Find(path, fi) is not { } file)
        {
            return -Errno.ENOENT;
        }

        edit(file);
        return 0;
    }

    private ulong Register(MemoryFile file)
    {
        _open[++_lastHandle] = file;
        return _lastHandle;
    }
}
