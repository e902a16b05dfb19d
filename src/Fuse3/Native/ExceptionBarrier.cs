using System.Runtime.CompilerServices;

namespace Fuse3.Native;

/// <summary>
/// The border between libfuse and managed code: finds the file system of the mount and catches every exception, because one that reached C
/// would abort the process and leave a dead mount.
/// </summary>
internal static unsafe class ExceptionBarrier
{
    /// <summary>
    /// Runs an operation; <see cref="FuseFileSystemBase.OnError"/> translates an exception. The lambda passes the C arguments to the file
    /// system; it is static, so that the compiler caches it: serving must not allocate. The caller has the C name of the operation.
    /// </summary>
    public static int Run<T>(T arguments, Func<FuseFileSystemBase, T, int> invoke, [CallerMemberName] string operation = "")
        where T : struct
    {
        FuseFileSystemBase? fileSystem = null;
        try
        {
            // Session made the handle and frees it after fuse_destroy has returned.
            fileSystem = GCHandle<FuseFileSystemBase>.FromIntPtr(LibFuse.fuse_get_context()->PrivateData).Target;
            return invoke(fileSystem, arguments);
        }
        catch (Exception exception)
        {
            return ErrorOf(fileSystem, operation, exception);
        }
    }

    private static int ErrorOf(FuseFileSystemBase? fileSystem, string operation, Exception exception)
    {
        try
        {
            // Only a negative number is an error; 0 would be success for the caller.
            return fileSystem?.OnError(operation, exception) is < 0 and var error ? error : -Errno.EIO;
        }
        catch (Exception)
        {
            return -Errno.EIO;
        }
    }
}
