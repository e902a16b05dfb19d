using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct OpenDirRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "opendir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => ExceptionBarrier.Run(new OpenDirRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.OpenDir(Marshalling.Text(path), Marshalling.FileInfo(info));
}

internal readonly unsafe struct ReadDirRequest(
    byte* path, void* buffer, delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int, int> fill, long offset, byte* info) : IRequest
{
    public static string Operation => "readdir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(
        byte* path, void* buffer, delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int, int> fill, long offset, byte* info, int flags)
        => ExceptionBarrier.Run(new ReadDirRequest(path, buffer, fill, offset, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        var content = new DirectoryContent(new DirectoryFiller(buffer, fill));
        return fileSystem.ReadDir(Marshalling.Text(path), (ulong)offset, content, Marshalling.FileInfo(info));
    }
}

internal readonly unsafe struct ReleaseDirRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "releasedir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => ExceptionBarrier.Run(new ReleaseDirRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        fileSystem.ReleaseDir(Marshalling.Text(path), Marshalling.FileInfo(info));
        return 0;
    }
}

internal readonly unsafe struct MkDirRequest(byte* path, uint mode) : IRequest
{
    public static string Operation => "mkdir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode) => ExceptionBarrier.Run(new MkDirRequest(path, mode));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.MkDir(Marshalling.Text(path), mode);
}

internal readonly unsafe struct RmDirRequest(byte* path) : IRequest
{
    public static string Operation => "rmdir";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path) => ExceptionBarrier.Run(new RmDirRequest(path));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.RmDir(Marshalling.Text(path));
}
