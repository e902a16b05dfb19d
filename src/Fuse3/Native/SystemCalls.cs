using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Fuse3.Native;

/// <summary>The rare system calls, in a form for code outside this folder.</summary>
internal static unsafe class SystemCalls
{
    public static bool IsRoot => LibC.geteuid() == 0;

    /// <summary>Whether the user of this process may execute a file.</summary>
    public static bool IsExecutable(string path) => LibC.access(path, LibC.Execute) == 0;

    /// <summary>realpath(3): absolute, without symbolic links.</summary>
    /// <returns>0 or the error number.</returns>
    public static int ResolvePath(string path, out string resolved)
    {
        var text = LibC.realpath(path, 0);
        if (text == 0)
        {
            resolved = path;
            return LastError();
        }

        resolved = Marshal.PtrToStringUTF8(text)!;
        NativeMemory.Free((void*)text);
        return 0;
    }

    /// <summary>umount2(2), with MNT_DETACH if lazy.</summary>
    /// <returns>0 or the error number.</returns>
    public static int Unmount(string path, bool lazy) => LibC.umount2(path, lazy ? LibC.DetachMount : 0) == 0 ? 0 : LastError();

    /// <summary>Whether the table of mounts has changed since it was opened, or since the last time that this was asked of it.</summary>
    public static bool HasTableChanged(SafeFileHandle table)
    {
        var descriptor = new LibC.PollDescriptor { Descriptor = (int)table.DangerousGetHandle(), Events = LibC.PollPriority };
        return LibC.poll(&descriptor, 1, 0) > 0;
    }

    /// <summary>Writes to standard error past the console's locks and encodings; errors are ignored.</summary>
    public static void WriteStandardError(string text)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(text))
        {
            _ = LibC.write(2, bytes, (nuint)Encoding.UTF8.GetByteCount(text));
        }
    }

    public static int LastError() => Marshal.GetLastPInvokeError();
}
