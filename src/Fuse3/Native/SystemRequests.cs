using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

internal readonly unsafe struct StatFSRequest(byte* path, byte* stat) : IRequest
{
    public static string Operation => "statfs";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Entry(byte* path, byte* stat) => ExceptionBarrier.Run(new StatFSRequest(path, stat));

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        FileSystemStat result = default;
        var error = fileSystem.StatFS(Marshalling.Text(path), ref result);
        if (error == 0)
        {
            StatVfsLayout.Write(new Span<byte>(stat, StatVfsLayout.Size), result);
        }

        return error;
    }
}

internal readonly unsafe struct InitRequest(byte* connection, byte* config) : IRequest
{
    public static string Operation => "init";

    /// <returns>The private data for all later calls: the same as before.</returns>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nint Entry(byte* connection, byte* config)
    {
        _ = ExceptionBarrier.Run(new InitRequest(connection, config));
        return LibFuse.fuse_get_context()->PrivateData;
    }

    public int Invoke(FuseFileSystemBase fileSystem)
    {
        var view = new FuseConnection(
            new Span<byte>(connection, ConnectionLayout.ViewSize), new Span<byte>(config, ConnectionLayout.ConfigViewSize));
        view.ApplyDefaults();
        fileSystem.Init(view);
        return 0;
    }
}
