using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct OpenRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "open";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => ExceptionBarrier.Run(new OpenRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Open(Marshalling.Text(path), Marshalling.FileInfo(info));
}

internal readonly unsafe struct CreateRequest(byte* path, uint mode, byte* info) : IRequest
{
    public static string Operation => "create";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode, byte* info) => ExceptionBarrier.Run(new CreateRequest(path, mode, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Create(Marshalling.Text(path), mode, Marshalling.FileInfo(info));
}

internal readonly unsafe struct ReadRequest(byte* path, byte* buffer, nuint size, long offset, byte* info) : IRequest
{
    public static string Operation => "read";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* buffer, nuint size, long offset, byte* info) => ExceptionBarrier.Run(new ReadRequest(path, buffer, size, offset, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        var target = Marshalling.Buffer(buffer, size);
        var count = fileSystem.Read(Marshalling.Text(path), (ulong)offset, target, Marshalling.FileInfo(info));
        return Marshalling.CheckCount(count, target.Length);
    }
}

internal readonly unsafe struct WriteRequest(byte* path, byte* buffer, nuint size, long offset, byte* info) : IRequest
{
    public static string Operation => "write";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* buffer, nuint size, long offset, byte* info) => ExceptionBarrier.Run(new WriteRequest(path, buffer, size, offset, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        ReadOnlySpan<byte> data = Marshalling.Buffer(buffer, size);
        var count = fileSystem.Write(Marshalling.Text(path), (ulong)offset, data, Marshalling.FileInfo(info));
        return Marshalling.CheckCount(count, data.Length);
    }
}

internal readonly unsafe struct FlushRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "flush";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => ExceptionBarrier.Run(new FlushRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Flush(Marshalling.Text(path), Marshalling.FileInfo(info));
}

internal readonly unsafe struct ReleaseRequest(byte* path, byte* info) : IRequest
{
    public static string Operation => "release";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* info) => ExceptionBarrier.Run(new ReleaseRequest(path, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        fileSystem.Release(Marshalling.Text(path), Marshalling.FileInfo(info));
        return 0;
    }
}

internal readonly unsafe struct FSyncRequest(byte* path, int dataOnly, byte* info) : IRequest
{
    public static string Operation => "fsync";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, int dataOnly, byte* info) => ExceptionBarrier.Run(new FSyncRequest(path, dataOnly, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.FSync(Marshalling.Text(path), dataOnly != 0, Marshalling.FileInfo(info));
}
