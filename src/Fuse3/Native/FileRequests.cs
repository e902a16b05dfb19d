using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct OpenRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "open";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => Barrier.Run(new OpenRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Open(Views.Text(path), Views.FileInfo(info));
}

internal readonly unsafe struct CreateRequest(byte* path, uint mode, byte* info) : IRequest
{
    public static string Operation => "create";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode, byte* info) => Barrier.Run(new CreateRequest(path, mode, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Create(Views.Text(path), mode, Views.FileInfo(info));
}

internal readonly unsafe struct ReadRequest(byte* path, byte* buffer, nuint size, long offset, byte* info) : IRequest
{
    public static string Operation => "read";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* buffer, nuint size, long offset, byte* info) => Barrier.Run(new ReadRequest(path, buffer, size, offset, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        var target = Views.Buffer(buffer, size);
        var count = fileSystem.Read(Views.Text(path), (ulong)offset, target, Views.FileInfo(info));
        return Views.CheckCount(count, target.Length);
    }
}

internal readonly unsafe struct WriteRequest(byte* path, byte* buffer, nuint size, long offset, byte* info) : IRequest
{
    public static string Operation => "write";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* buffer, nuint size, long offset, byte* info) => Barrier.Run(new WriteRequest(path, buffer, size, offset, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        ReadOnlySpan<byte> data = Views.Buffer(buffer, size);
        var count = fileSystem.Write(Views.Text(path), (ulong)offset, data, Views.FileInfo(info));
        return Views.CheckCount(count, data.Length);
    }
}

internal readonly unsafe struct FlushRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "flush";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => Barrier.Run(new FlushRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Flush(Views.Text(path), Views.FileInfo(info));
}

internal readonly unsafe struct ReleaseRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "release";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => Barrier.Run(new ReleaseRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        fileSystem.Release(Views.Text(path), Views.FileInfo(info));
        return 0;
    }
}

internal readonly unsafe struct FSyncRequest(byte* path, int dataOnly, byte* info) : IRequest
{
    public static string Operation => "fsync";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, int dataOnly, byte* info) => Barrier.Run(new FSyncRequest(path, dataOnly, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.FSync(Views.Text(path), dataOnly != 0, Views.FileInfo(info));
}
