using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct MkNodRequest(byte* path, uint mode, ulong device) : IRequest
{
    public static string Operation => "mknod";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode, ulong device) => ExceptionBarrier.Run(new MkNodRequest(path, mode, device));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.MkNod(Marshalling.Text(path), mode, device);
}

internal readonly unsafe struct UnlinkRequest(byte* path) : IRequest
{
    public static string Operation => "unlink";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path) => ExceptionBarrier.Run(new UnlinkRequest(path));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Unlink(Marshalling.Text(path));
}

internal readonly unsafe struct RenameRequest(byte* path, byte* newPath, uint flags) : IRequest
{
    public static string Operation => "rename";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* newPath, uint flags) => ExceptionBarrier.Run(new RenameRequest(path, newPath, flags));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Rename(Marshalling.Text(path), Marshalling.Text(newPath), flags);
}

internal readonly unsafe struct LinkRequest(byte* path, byte* newPath) : IRequest
{
    public static string Operation => "link";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* newPath) => ExceptionBarrier.Run(new LinkRequest(path, newPath));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Link(Marshalling.Text(path), Marshalling.Text(newPath));
}

internal readonly unsafe struct SymLinkRequest(byte* target, byte* path) : IRequest
{
    public static string Operation => "symlink";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* target, byte* path) => ExceptionBarrier.Run(new SymLinkRequest(target, path));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.SymLink(Marshalling.Text(path), Marshalling.Text(target));
}

internal readonly unsafe struct ReadLinkRequest(byte* path, byte* buffer, nuint size) : IRequest
{
    public static string Operation => "readlink";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* buffer, nuint size) => ExceptionBarrier.Run(new ReadLinkRequest(path, buffer, size));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        // The last byte is for the NUL, which libfuse expects.
        var target = Marshalling.Buffer(buffer, size - 1);
        var length = Marshalling.CheckCount(fileSystem.ReadLink(Marshalling.Text(path), target), target.Length);
        if (length < 0)
        {
            return length;
        }

        buffer[length] = 0;
        return 0;
    }
}
