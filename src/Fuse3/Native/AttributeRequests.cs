using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct GetAttrRequest(byte* path, byte* stat, byte* info) : IRequest
{
    public static string Operation => "getattr";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* stat, byte* info) => ExceptionBarrier.Run(new GetAttrRequest(path, stat, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        FileStat result = default;
        var error = fileSystem.GetAttr(Marshalling.Text(path), ref result, Marshalling.FileInfo(info));
        if (error == 0)
        {
            StatLayout.Current.Write(new Span<byte>(stat, StatLayout.Current.Size), result);
        }

        return error;
    }
}

internal readonly unsafe struct AccessRequest(byte* path, int mask) : IRequest
{
    public static string Operation => "access";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, int mask) => ExceptionBarrier.Run(new AccessRequest(path, mask));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Access(Marshalling.Text(path), (uint)mask);
}

internal readonly unsafe struct ChModRequest(byte* path, uint mode, byte* info) : IRequest
{
    public static string Operation => "chmod";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode, byte* info) => ExceptionBarrier.Run(new ChModRequest(path, mode, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.ChMod(Marshalling.Text(path), mode, Marshalling.FileInfo(info));
}

internal readonly unsafe struct ChownRequest(byte* path, uint uid, uint gid, byte* info) : IRequest
{
    public static string Operation => "chown";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint uid, uint gid, byte* info) => ExceptionBarrier.Run(new ChownRequest(path, uid, gid, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Chown(Marshalling.Text(path), uid, gid, Marshalling.FileInfo(info));
}

internal readonly unsafe struct TruncateRequest(byte* path, long length, byte* info) : IRequest
{
    public static string Operation => "truncate";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, long length, byte* info) => ExceptionBarrier.Run(new TruncateRequest(path, length, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Truncate(Marshalling.Text(path), (ulong)length, Marshalling.FileInfo(info));
}

internal readonly unsafe struct UpdateTimestampsRequest(byte* path, TimeSpec* times, byte* info) : IRequest
{
    public static string Operation => "utimens";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, TimeSpec* times, byte* info) => ExceptionBarrier.Run(new UpdateTimestampsRequest(path, times, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.UpdateTimestamps(Marshalling.Text(path), times[0], times[1], Marshalling.FileInfo(info));
}
