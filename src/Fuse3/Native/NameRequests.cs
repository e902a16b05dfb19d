using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct MkNodRequest(byte* path, uint mode, ulong device) : IRequest
{
    public static string Operation => "mknod";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode, ulong device) => Barrier.Run(new MkNodRequest(path, mode, device));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.MkNod(Views.Text(path), mode, device);
}

internal readonly unsafe struct UnlinkRequest(byte* path) : IRequest
{
    public static string Operation => "unlink";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path) => Barrier.Run(new UnlinkRequest(path));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Unlink(Views.Text(path));
}

internal readonly unsafe struct RenameRequest(byte* path, byte* newPath, uint flags) : IRequest
{
    public static string Operation => "rename";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* newPath, uint flags) => Barrier.Run(new RenameRequest(path, newPath, flags));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Rename(Views.Text(path), Views.Text(newPath), flags);
}

internal readonly unsafe struct LinkRequest(byte* path, byte* newPath) : IRequest
{
    public static string Operation => "link";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* newPath) => Barrier.Run(new LinkRequest(path, newPath));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Link(Views.Text(path), Views.Text(newPath));
}

internal readonly unsafe struct SymLinkRequest(byte* target, byte* path) : IRequest
{
    public static string Operation => "symlink";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* target, byte* path) => Barrier.Run(new SymLinkRequest(target, path));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.SymLink(Views.Text(path), Views.Text(target));
}

internal readonly unsafe struct ReadLinkRequest(byte* path, byte* buffer, nuint size) : IRequest
{
    public static string Operation => "readlink";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* buffer, nuint size) => Barrier.Run(new ReadLinkRequest(path, buffer, size));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        // The last byte is for the NUL, which libfuse expects.
        var target = Views.Buffer(buffer, size - 1);
        var length = Views.CheckCount(fileSystem.ReadLink(Views.Text(path), target), target.Length);
        if (length < 0)
        {
            return length;
        }

        buffer[length] = 0;
        return 0;
    }
}
