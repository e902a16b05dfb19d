using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Fuse3.Native;

/// <summary>One call from libfuse: its arguments, and how to give them to a file system.</summary>
internal interface IRequest
{
    /// <summary>The C name of the operation.</summary>
    static abstract string Operation { get; }

    /// <summary>Runs the operation.</summary>
    /// <returns>0 or a count, or a negative errno.</returns>
    int Invoke(FuseFileSystemBase fileSystem);
}

/// <summary>
/// Between libfuse and managed code: finds the file system of the mount and lets no exception through, because one that
/// reached C would abort the process and leave a dead mount.
/// </summary>
internal static unsafe class ExceptionBarrier
{
    /// <summary>Runs a request; for an exception the file system says what the caller gets.</summary>
    public static int Run<T>(T request)
        where T : struct, IRequest
    {
        FuseFileSystemBase? fileSystem = null;
        try
        {
            // The handle was made by Session and lives until fuse_destroy has returned.
            fileSystem = GCHandle<FuseFileSystemBase>.FromIntPtr(LibFuse.fuse_get_context()->PrivateData).Target;
            return request.Invoke(fileSystem);
        }
        catch (Exception exception)
        {
            return Answer(fileSystem, T.Operation, exception);
        }
    }

    private static int Answer(FuseFileSystemBase? fileSystem, string operation, Exception exception)
    {
        try
        {
            // Only a negative number is an error; 0 would tell the caller that all went well.
            return fileSystem?.OnError(operation, exception) is < 0 and var answer ? answer : -(int)Errno.EIO;
        }
        catch (Exception)
        {
            return -(int)Errno.EIO;
        }
    }
}
