using System.Runtime.InteropServices;
using Fuse3;

if (Fuse.RunWatchdog(args))
{
    return;
}

// Without a handler SIGINT and SIGTERM would end the process before it unmounts.
using var mount = Fuse.Mount(args[0], new HelloFs());
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Unmount);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Unmount);
await mount.WaitForUnmountAsync();

void Unmount(PosixSignalContext context)
{
    context.Cancel = true;
    _ = mount.UnmountAsync(Timeout.InfiniteTimeSpan);
}

internal sealed class HelloFs : FuseFileSystemBase
{
    private static ReadOnlySpan<byte> Content => "Hello, world!\n"u8;

    public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
    {
        stat = path.SequenceEqual("/"u8)
            ? new() { Mode = FileType.Directory | 0b101_101_101, LinkCount = 2 }
            : new() { Mode = FileType.Regular | 0b100_100_100, LinkCount = 1, Size = (ulong)Content.Length };
        return IsKnown(path) ? 0 : -Errno.ENOENT;
    }

    public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
    {
        if (offset == 0)
        {
            content.AddEntry("hello.txt"u8, 1, FileType.Regular);
        }

        return 0;
    }

    public override int Open(ReadOnlySpan<byte> path, FuseFileInfo fi) => fi.AccessMode == AccessMode.ReadOnly ? 0 : -Errno.EACCES;

    public override int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi)
    {
        var rest = Content[(int)ulong.Min(offset, (ulong)Content.Length)..];
        rest = rest[..int.Min(rest.Length, buffer.Length)];
        rest.CopyTo(buffer);
        return rest.Length;
    }

    private static bool IsKnown(ReadOnlySpan<byte> path) => path.SequenceEqual("/"u8) || path.SequenceEqual("/hello.txt"u8);
}
