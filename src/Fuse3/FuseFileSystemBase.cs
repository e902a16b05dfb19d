using System.Diagnostics.CodeAnalysis;
using Fuse3.Native;
using Mono.Unix.Native;

namespace Fuse3;

/// <summary>
/// A file system to serve with <see cref="Fuse.Mount"/>. Override what it supports; an operation that is not overridden is not offered to
/// libfuse at all, which then acts as its documentation of <c>struct fuse_operations</c> says: most calls fail with ENOSYS, and the
/// kernel stops asking where it can; Open, OpenDir, Release and ReleaseDir succeed. Extended attributes are never offered.
/// </summary>
/// <remarks>
/// <para>Paths are bytes without the final NUL, starting with '/', relative to the mount point. A path is empty when the file was deleted
/// while open: use <see cref="FuseFileInfo.Handle"/>. Spans and views are valid only during the call.</para>
/// <para>Results are 0 or a count on success and a negative errno (such as <c>-(int)Errno.ENOENT</c>) on failure.
/// An exception becomes the error that <see cref="OnError"/> says, EIO by default; the mount lives on.</para>
/// <para>All calls come from one thread, one at a time. A call must not block and must not use its own mount.</para>
/// </remarks>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)]
public abstract class FuseFileSystemBase
{
    private const int NotSupported = -(int)Errno.ENOSYS;

    /// <summary>During an operation: the process that asked for it, 0 if it lives in another PID namespace.</summary>
    protected static int CallerProcessId => LibFuse.CallerProcessId;

    /// <summary>Called once when the kernel connects, before any other operation.</summary>
    public virtual void Init(FuseConnection connection)
    {
    }

    /// <summary>Called when an operation threw: the one place where exceptions become error numbers.</summary>
    /// <param name="operation">The C name of the operation, such as <c>getattr</c>.</param>
    /// <param name="exception">The exception.</param>
    /// <returns>The negative errno that the caller gets; EIO if this is not negative, or throws itself.</returns>
    public virtual int OnError(string operation, Exception exception) => -(int)Errno.EIO;

    /// <summary>stat(2) or fstat(2).</summary>
    /// <param name="path">The file.</param>
    /// <param name="stat">Zero on entry; to be filled.</param>
    /// <param name="fi">The open file for fstat(2), or null.</param>
    public virtual int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi) => NotSupported;

    /// <summary>access(2), only without default_permissions; when not overridden everything is allowed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mask">Sum of 4 (read), 2 (write), 1 (execute), or 0 (exists).</param>
    public virtual int Access(ReadOnlySpan<byte> path, uint mask) => NotSupported;

    /// <summary>chmod(2); <paramref name="fi"/> may be null.</summary>
    public virtual int ChMod(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi) => NotSupported;

    /// <summary>chown(2); <paramref name="fi"/> may be null. An id of 0xFFFFFFFF means: leave as it is.</summary>
    public virtual int Chown(ReadOnlySpan<byte> path, uint uid, uint gid, FuseFileInfo fi) => NotSupported;

    /// <summary>truncate(2) or ftruncate(2); <paramref name="fi"/> is null for the former.</summary>
    public virtual int Truncate(ReadOnlySpan<byte> path, ulong length, FuseFileInfo fi) => NotSupported;

    /// <summary>
    /// utimensat(2); <paramref name="fi"/> may be null. Mind <see cref="TimeSpec.IsNow"/> and <see cref="TimeSpec.IsOmit"/>.
    /// </summary>
    public virtual int UpdateTimestamps(ReadOnlySpan<byte> path, TimeSpec atime, TimeSpec mtime, FuseFileInfo fi) => NotSupported;

    /// <summary>open(2) of a file that exists. O_TRUNC is in <see cref="FuseFileInfo.Flags"/>, without a Truncate call.</summary>
    public virtual int Open(ReadOnlySpan<byte> path, FuseFileInfo fi) => 0;

    /// <summary>open(2) of a file that does not exist yet, with O_CREAT. When not overridden: MkNod, then Open.</summary>
    public virtual int Create(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi) => NotSupported;

    /// <summary>Reads.</summary>
    /// <returns>The number of bytes put into <paramref name="buffer"/>; less than asked means end of file.</returns>
    public virtual int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi) => NotSupported;

    /// <summary>
    /// Writes. The only place where an error reaches every program. With O_APPEND in <see cref="FuseFileInfo.Flags"/> the kernel sends
    /// the offset it believes to be the end.
    /// </summary>
    /// <returns>The number of bytes taken from <paramref name="data"/>; programs repeat the rest.</returns>
    public virtual int Write(ReadOnlySpan<byte> path, ulong offset, ReadOnlySpan<byte> data, FuseFileInfo fi) => NotSupported;

    /// <summary>
    /// Called at each close(2) of a descriptor, so perhaps several times for one open file; the error reaches close(2), which shells
    /// ignore.
    /// </summary>
    public virtual int Flush(ReadOnlySpan<byte> path, FuseFileInfo fi) => NotSupported;

    /// <summary>Called once when the last descriptor of an open file is gone. Nobody sees an error any more.</summary>
    public virtual void Release(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
    }

    /// <summary>fsync(2), or fdatasync(2) when <paramref name="dataOnly"/>.</summary>
    public virtual int FSync(ReadOnlySpan<byte> path, bool dataOnly, FuseFileInfo fi) => NotSupported;

    /// <summary>statfs(2); when not overridden libfuse reports an empty file system with names of up to 255 bytes.</summary>
    /// <param name="path">A path in the file system.</param>
    /// <param name="stat">Zero on entry; to be filled.</param>
    public virtual int StatFS(ReadOnlySpan<byte> path, ref FileSystemStat stat) => NotSupported;

    /// <summary>opendir(3).</summary>
    public virtual int OpenDir(ReadOnlySpan<byte> path, FuseFileInfo fi) => 0;

    /// <summary>
    /// Lists entries from <paramref name="offset"/> on until <see cref="DirectoryContent.AddEntry"/> returns false or there are no more.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <param name="offset">0 for the start, else the offset given with the last entry that was taken.</param>
    /// <param name="content">Takes the entries; none taken means the end of the directory.</param>
    /// <param name="fi">The open directory.</param>
    public virtual int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi) => NotSupported;

    /// <summary>closedir(3).</summary>
    public virtual void ReleaseDir(ReadOnlySpan<byte> path, FuseFileInfo fi)
    {
    }

    /// <summary>mkdir(2).</summary>
    public virtual int MkDir(ReadOnlySpan<byte> path, uint mode) => NotSupported;

    /// <summary>rmdir(2).</summary>
    public virtual int RmDir(ReadOnlySpan<byte> path) => NotSupported;

    /// <summary>mknod(2); <paramref name="mode"/> includes the file type, <paramref name="device"/> is dev_t.</summary>
    public virtual int MkNod(ReadOnlySpan<byte> path, uint mode, ulong device) => NotSupported;

    /// <summary>
    /// unlink(2); also called while the file is open. Its holders can then go on reading and writing, but fstat(2) fails with ESTALE: the
    /// kernel asks by path.
    /// </summary>
    public virtual int Unlink(ReadOnlySpan<byte> path) => NotSupported;

    /// <summary>rename(2).</summary>
    /// <param name="path">The old name.</param>
    /// <param name="newPath">The new name; an existing file there is replaced.</param>
    /// <param name="flags">renameat2(2): 1 RENAME_NOREPLACE, 2 RENAME_EXCHANGE; refuse unknown ones with EINVAL.</param>
    public virtual int Rename(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath, uint flags) => NotSupported;

    /// <summary>link(2): gives <paramref name="path"/> the second name <paramref name="newPath"/>.</summary>
    public virtual int Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath) => NotSupported;

    /// <summary>symlink(2): makes <paramref name="path"/> point to <paramref name="target"/>, any bytes.</summary>
    public virtual int SymLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => NotSupported;

    /// <summary>readlink(2).</summary>
    /// <returns>The length of the target put into <paramref name="buffer"/>, without NUL; a longer target is cut.</returns>
    public virtual int ReadLink(ReadOnlySpan<byte> path, Span<byte> buffer) => NotSupported;
}
