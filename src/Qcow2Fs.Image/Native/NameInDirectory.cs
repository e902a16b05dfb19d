using Mono.Unix.Native;
using Posix;

namespace Qcow2Fs.Image.Native;

/// <summary>Calls on a name, relative to a directory's descriptor.</summary>
internal static class NameInDirectory
{
    /// <summary>The attributes of the name itself, not of what it may link to; of the descriptor if the name is empty (statx).</summary>
    public static Errno Status(int directory, NativeName name, out ImageStatus status)
    {
        const int Flags = LibC.SymbolicLinkItself | LibC.EmptyPath;
        if (LibC.statx(directory, name, Flags, LibC.StatxBuffer.Wanted, out var buffer) < 0)
        {
            status = default;
            return FileDescriptor.LastError;
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

    /// <summary>Whether the process, with its effective ids, may read and write the name. A read-only file system counts.</summary>
    public static bool CanReadAndWrite(int directory, NativeName name) =>
        LibC.faccessat(directory, name, LibC.ReadAndWriteAccess, LibC.EffectiveIds) == 0;

    private static ImageTime Time(LibC.StatxTime time) => new(time.Seconds, time.Nanoseconds);
}
