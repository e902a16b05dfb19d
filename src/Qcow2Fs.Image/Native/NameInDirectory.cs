using System.Runtime.InteropServices;
using System.Text;
using Mono.Unix.Native;

namespace Qcow2Fs.Image.Native;

/// <summary>Calls on a name, relative to a directory's descriptor. Names are zero-terminated UTF-8.</summary>
internal static unsafe class NameInDirectory
{
    /// <summary>AT_FDCWD.</summary>
    public const int CurrentDirectory = -100;

    private const int SymlinkNoFollow = 0x100;
    private const int EffectiveAccess = 0x200;
    private const int EmptyPath = 0x1000;

    // R_OK | W_OK as Linux counts; Mono's AccessModes are numbered differently.
    private const int ReadAndWrite = 4 | 2;
    private const int MaxPath = 4096;

    /// <summary>The zero-terminated bytes of a name.</summary>
    public static byte[] Encode(string name) => Encoding.UTF8.GetBytes(name + '\0');

    /// <summary>The absolute path without symbolic links (realpath), all of which must exist.</summary>
    public static Errno Resolve(string path, out string resolved)
    {
        Span<byte> buffer = stackalloc byte[MaxPath];
        fixed (byte* from = Encode(path), to = buffer)
        {
            var found = Libc.RealPath(from, to);
            resolved = found == null ? path : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(found));
            return found == null ? FileDescriptor.LastError() : 0;
        }
    }

    /// <summary>What statx says of the name, itself and not what it may link to; of the descriptor if the name is empty.</summary>
    public static Errno Status(int directory, ReadOnlySpan<byte> name, out ImageStatus status)
    {
        StatxBuffer buffer;
        fixed (byte* p = name)
        {
            if (Libc.Statx(directory, p, SymlinkNoFollow | (name[0] == 0 ? EmptyPath : 0), StatxBuffer.Wanted, &buffer) < 0)
            {
                status = default;
                return FileDescriptor.LastError();
            }
        }

        status = new()
        {
            Mode = (FilePermissions)buffer.Mode,
            Uid = buffer.Uid,
            Gid = buffer.Gid,
            Size = (long)buffer.Size,
            Atime = Time(buffer.Accessed),
            Mtime = Time(buffer.Modified),
            Ctime = Time(buffer.Changed),
            Born = Time(buffer.Born),
            Device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor,
            Inode = buffer.Inode,
        };
        return 0;
    }

    /// <summary>Whether the process, with its effective ids, may read and write what the name is. EROFS counts.</summary>
    public static bool CanReadAndWrite(int directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* p = name)
        {
            return Libc.AccessAt(directory, p, ReadAndWrite, EffectiveAccess) == 0;
        }
    }

    private static ImageTime Time(StatxBuffer.Timestamp time) => new(time.Seconds, time.Nanoseconds);
}
