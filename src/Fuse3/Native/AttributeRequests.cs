using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct GetAttrRequest(byte* path, byte* stat, byte* info) : IRequest
{
    public static string Operation => "getattr";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* stat, byte* info) => Barrier.Run(new GetAttrRequest(path, stat, info));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        FileStat result = default;
        var error = fileSystem.GetAttr(Views.Text(path), ref result, Views.FileInfo(info));
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
    public static int Entry(byte* path, int mask) => Barrier.Run(new AccessRequest(path, mask));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Access(Views.Text(path), (uint)mask);
}

internal readonly unsafe struct ChModRequest(byte* path, uint mode, byte* info) : IRequest
{
    public static string Operation => "chmod";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint mode, byte* info) => Barrier.Run(new ChModRequest(path, mode, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.ChMod(Views.Text(path), mode, Views.FileInfo(info));
}

internal readonly unsafe struct ChownRequest(byte* path, uint uid, uint gid, byte* info) : IRequest
{
    public static string Operation => "chown";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, uint uid, uint gid, byte* info) => Barrier.Run(new ChownRequest(path, uid, gid, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Chown(Views.Text(path), uid, gid, Views.FileInfo(info));
}

internal readonly unsafe struct TruncateRequest(byte* path, long length, byte* info) : IRequest
{
    public static string Operation => "truncate";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, long length, byte* info) => Barrier.Run(new TruncateRequest(path, length, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.Truncate(Views.Text(path), (ulong)length, Views.FileInfo(info));
}

internal readonly unsafe struct UpdateTimestampsRequest(byte* path, TimeSpec* times, byte* info) : IRequest
{
    public static string Operation => "utimens";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, TimeSpec* times, byte* info) => Barrier.Run(new UpdateTimestampsRequest(path, times, info));

    public int Invoke(FuseFileSystemBase fileSystem) => fileSystem.UpdateTimestamps(Views.Text(path), times[0], times[1], Views.FileInfo(info));
}
