using System.Diagnostics.CodeAnalysis;

namespace Fuse3;

/// <summary>
/// A file system to serve with <see cref="Fuse.Mount"/>. Override the operations it supports. The others stay null in libfuse's
/// <c>struct fuse_operations</c>: most of them fail with ENOSYS, which the kernel remembers where it can; Open, OpenDir, Release and
/// ReleaseDir succeed. Extended attributes are never offered.
/// </summary>
/// <remarks>
/// <para>Paths are bytes without the final NUL, starting with '/', relative to the mount point. A path is empty when the file was deleted
/// while open: use <see cref="FuseFileInfo.Handle"/>. Spans and views are valid only during the call.</para>
/// <para>Results are 0 or a count on success and a negative <see cref="Errno"/> on failure. When an operation throws, the caller gets the
/// error that <see cref="OnError"/> returns, EIO by default; the mount goes on.</para>
/// <para>All calls come from one thread, one at a time. A call that blocks stops every user of the mount, and a call that uses its own
/// mount never ends.</para>
/// </remarks>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)]
public abstract class FuseFileSystemBase
{
    private const int NotSupported = -Errno.ENOSYS;

    /// <summary>During an operation: the id of the calling process; 0 if that process lives in another PID namespace.</summary>
    protected static int CallerProcessId => LibFuse.CallerProcessId;

    /// <summary>Called once when the kernel connects, before any other operation.</summary>
    public virtual void Init(FuseConnection connection)
    {
    }

    /// <summary>Called when an operation threw: translates the exception to an error number.</summary>
    /// <param name="operation">The C name of the operation, such as <c>getattr</c>.</param>
    /// <param name="exception">The exception.</param>
    /// <returns>The negative errno that the caller gets; EIO if this is not negative, or throws itself.</returns>
    public virtual int OnError(string operation, Exception exception) => -Errno.EIO;

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

    /// <summary>chown(2); <paramref name="fi"/> may be null. An id of 0xFFFFFFFF stays unchanged.</summary>
    public virtual int Chown(ReadOnlySpan<byte> path, uint uid, uint gid, FuseFileInfo fi) => NotSupported;

    /// <summary>truncate(2) or ftruncate(2); <paramref name="fi"/> is null for the former.</summary>
    public virtual int Truncate(ReadOnlySpan<byte> path, ulong length, FuseFileInfo fi) => NotSupported;

    /// <summary>utimensat(2); <paramref name="fi"/> may be null. Check first <see cref="TimeSpec.IsNow"/> and IsOmit.</summary>
    public virtual int UpdateTimestamps(ReadOnlySpan<byte> path, TimeSpec atime, TimeSpec mtime, FuseFileInfo fi) => NotSupported;

    /// <summary>open(2) of an existing file. O_TRUNC is <see cref="FuseFileInfo.IsTruncate"/>, without a Truncate call.</summary>
    public virtual int Open(ReadOnlySpan<byte> path, FuseFileInfo fi) => 0;

    /// <summary>open(2) with O_CREAT of a file that does not exist yet. When not overridden: MkNod, then Open.</summary>
    public virtual int Create(ReadOnlySpan<byte> path, uint mode, FuseFileInfo fi) => NotSupported;

    /// <summary>read(2) or pread(2).</summary>
    /// <returns>The number of bytes put into <paramref name="buffer"/>; a short count is the end of the file.</returns>
    public virtual int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi) => NotSupported;

    /// <summary>
    /// write(2) or pwrite(2). Every program sees an error of Write; many ignore the later ones, of Flush. With
    /// <see cref="FuseFileInfo.IsAppend"/> the offset is the kernel's last known size of the file.
    /// </summary>
    /// <returns>The number of bytes taken from <paramref name="data"/>; programs write the rest again.</returns>
    public virtual int Write(ReadOnlySpan<byte> path, ulong offset, ReadOnlySpan<byte> data, FuseFileInfo fi) => NotSupported;

    /// <summary>Called at each close(2), maybe several times for one open file. The error reaches close(2), which shells ignore.</summary>
    public virtual int Flush(ReadOnlySpan<byte> path, FuseFileInfo fi) => NotSupported;

    /// <summary>Called once after the last close of an open file. No program sees an error.</summary>
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

    /// <summary>Lists entries from an offset on until <see cref="DirectoryContent.AddEntry"/> returns false or there are no more.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="offset">0 for the start, else the one given with the last entry added. A program may seek to any other number.</param>
    /// <param name="content">Takes the entries; a call that adds none is the end of the directory.</param>
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

    /// <summary>mknod(2); <paramref name="mode"/> includes the <see cref="FileType"/>, <paramref name="device"/> is dev_t.</summary>
    public virtual int MkNod(ReadOnlySpan<byte> path, uint mode, ulong device) => NotSupported;

    /// <summary>
    /// unlink(2), also of an open file. The processes that have it open can still read and write, but fstat(2) fails with ESTALE, because
    /// the kernel asks by path.
    /// </summary>
    public virtual int Unlink(ReadOnlySpan<byte> path) => NotSupported;

    /// <summary>rename(2).</summary>
    /// <param name="path">The old name.</param>
    /// <param name="newPath">The new name; replaces an existing file.</param>
    /// <param name="flags">renameat2(2): 1 RENAME_NOREPLACE, 2 RENAME_EXCHANGE; return EINVAL for unknown ones.</param>
    public virtual int Rename(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath, uint flags) => NotSupported;

    /// <summary>link(2): gives <paramref name="path"/> the second name <paramref name="newPath"/>.</summary>
    public virtual int Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> newPath) => NotSupported;

    /// <summary>symlink(2): makes <paramref name="path"/> point to <paramref name="target"/>, any bytes.</summary>
    public virtual int SymLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => NotSupported;

    /// <summary>readlink(2).</summary>
    /// <returns>The length of the target put into <paramref name="buffer"/>, without NUL; cut a longer target.</returns>
    public virtual int ReadLink(ReadOnlySpan<byte> path, Span<byte> buffer) => NotSupported;
}
