using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct OpenDirRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "opendir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => Barrier.Run(new OpenDirRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.OpenDir(Views.Text(path), Views.FileInfo(info));
}

internal readonly unsafe struct ReadDirRequest(
    byte* path, void* buffer, delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int, int> fill, long offset, byte* info) : IRequest
{
    public static string Operation => "readdir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(
        byte* path, void* buffer, delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int, int> fill, long offset, byte* info, int flags)
        => Barrier.Run(new ReadDirRequest(path, buffer, fill, offset, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        var content = new DirectoryContent(new DirectoryFiller(buffer, fill));
        return fileSystem.ReadDir(Views.Text(path), (ulong)offset, content, Views.FileInfo(info));
    }
}

internal readonly unsafe struct ReleaseDirRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "releasedir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => Barrier.Run(new ReleaseDirRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        fileSystem.ReleaseDir(Views.Text(path), Views.FileInfo(info));
        return 0;
    }
}

internal readonly unsafe struct MkDirRequest(byte* path, uint mode) : IRequest
{
    public static string Operation => "mkdir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode) => Barrier.Run(new MkDirRequest(path, mode));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.MkDir(Views.Text(path), mode);
}

internal readonly unsafe struct RmDirRequest(byte* path) : IRequest
{
    public static string Operation => "rmdir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path) => Barrier.Run(new RmDirRequest(path));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.RmDir(Views.Text(path));
}
