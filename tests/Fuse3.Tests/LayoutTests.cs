using System.Runtime.InteropServices;
using Fuse3.Native;
using Posix;

namespace Fuse3.Tests;

/// <summary>Compares every offset, size and constant that the binding relies on with the C compiler.</summary>
public class LayoutTests(CompiledLayout c) : IClassFixture<CompiledLayout>
{
    [Fact]
    public void Struct_stat()
    {
        var stat = StatLayout.Current;
        Assert.Equal(c["sizeof(stat)"], stat.Size);
        Assert.Equal(c["stat.st_mode"], stat.Mode);
        Assert.Equal(c["stat.st_nlink"], stat.LinkCount);
        Assert.Equal(c["sizeof(stat.st_nlink)"], stat.LinkCountSize);
        Assert.Equal(c["stat.st_uid"], stat.UserId);
        Assert.Equal(c["stat.st_gid"], stat.GroupId);
        Assert.Equal(4, c["sizeof(stat.st_mode)"]);
        Assert.Equal(8, c["sizeof(stat.st_size)"]);
    }

    [Fact]
    public void Struct_timespec()
    {
        Assert.Equal(c["sizeof(timespec)"], Marshal.SizeOf<TimeSpec>());
        TimeSpec[] times = [new(0x1122334455667788, 99)];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(times.AsSpan());
        Assert.Equal(0x1122334455667788, MemoryMarshal.Read<long>(bytes[(int)c["timespec.tv_sec"]..]));
        Assert.Equal(99, MemoryMarshal.Read<long>(bytes[(int)c["timespec.tv_nsec"]..]));
        Assert.True(new TimeSpec(0, c["UTIME_NOW"]).IsNow);
        Assert.True(new TimeSpec(0, c["UTIME_OMIT"]).IsOmit);
    }

    [Theory]
    [InlineData("stat.st_size", StatLayout.FileSize)]
    [InlineData("stat.st_blksize", StatLayout.BlockSize)]
    [InlineData("stat.st_blocks", StatLayout.Blocks)]
    [InlineData("stat.st_atim", StatLayout.AccessTime)]
    [InlineData("stat.st_mtim", StatLayout.ModifyTime)]
    [InlineData("stat.st_ctim", StatLayout.ChangeTime)]
    [InlineData("sizeof(statvfs)", StatVfsLayout.Size)]
    [InlineData("statvfs.f_bsize", StatVfsLayout.BlockSize)]
    [InlineData("statvfs.f_frsize", StatVfsLayout.FragmentSize)]
    [InlineData("statvfs.f_blocks", StatVfsLayout.Blocks)]
    [InlineData("statvfs.f_bfree", StatVfsLayout.FreeBlocks)]
    [InlineData("statvfs.f_bavail", StatVfsLayout.AvailableBlocks)]
    [InlineData("statvfs.f_files", StatVfsLayout.Files)]
    [InlineData("statvfs.f_ffree", StatVfsLayout.FreeFiles)]
    [InlineData("statvfs.f_favail", StatVfsLayout.AvailableFiles)]
    [InlineData("statvfs.f_namemax", StatVfsLayout.MaxNameLength)]
    [InlineData("fuse_file_info.flags", FileInfoLayout.Flags)]
    [InlineData("fuse_file_info.fh", FileInfoLayout.Handle)]
    [InlineData("O_ACCMODE", FileInfoLayout.AccessModeMask)]
    [InlineData("O_TRUNC", FileInfoLayout.Truncate)]
    [InlineData("O_APPEND", FileInfoLayout.Append)]
    [InlineData("O_RDONLY", (long)AccessMode.ReadOnly)]
    [InlineData("O_WRONLY", (long)AccessMode.WriteOnly)]
    [InlineData("O_RDWR", (long)AccessMode.ReadWrite)]
    [InlineData("S_IFMT", FileType.Mask)]
    [InlineData("S_IFIFO", FileType.Fifo)]
    [InlineData("S_IFCHR", FileType.CharacterDevice)]
    [InlineData("S_IFDIR", FileType.Directory)]
    [InlineData("S_IFBLK", FileType.BlockDevice)]
    [InlineData("S_IFREG", FileType.Regular)]
    [InlineData("S_IFLNK", FileType.SymbolicLink)]
    [InlineData("S_IFSOCK", FileType.Socket)]
    [InlineData("bit.direct_io", FileInfoLayout.DirectIO)]
    [InlineData("bit.keep_cache", FileInfoLayout.KeepCache)]
    [InlineData("fuse_conn_info.want", ConnectionLayout.Want)]
    [InlineData("FUSE_CAP_SPLICE_READ | FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO", ConnectionLayout.Unused)]
    [InlineData("fuse_config.direct_io", ConnectionLayout.ConfigDirectIO)]
    [InlineData("fuse_config.hard_remove", ConnectionLayout.ConfigHardRemove)]
    [InlineData("POLLIN", LibC.PollIn)]
    [InlineData("X_OK", LibC.ExecuteAccess)]
    [InlineData("MNT_DETACH", LibC.DetachMount)]
    [InlineData("EFD_CLOEXEC", LibC.CloseOnExec)]
    [InlineData("EFD_NONBLOCK", LibC.NonBlocking)]
    [InlineData("O_NONBLOCK", LibC.NonBlocking)]
    [InlineData("POSIX_SPAWN_SETSID", LibC.SpawnInOwnSession)]
    [InlineData("F_GETFL", LibC.GetStatusFlags)]
    [InlineData("F_SETFL", LibC.SetStatusFlags)]
    public void Constant(string name, long value) => Assert.Equal(c[name], value);

    [Fact]
    public void Operations()
    {
        Assert.All(OperationTable.All, operation => Assert.Equal(c[$"op.{operation.Name}"], operation.Index));
        Assert.Equal(OperationTable.Length - 1, c["op.lseek"]);
    }

    [Fact]
    public void Error_numbers()
    {
        var all = typeof(Errno).GetFields();
        Assert.True(all.Length > 40);
        Assert.All(all, field => Assert.Equal(c[field.Name], (int)field.GetRawConstantValue()!));
    }

    [Fact]
    public void The_operation_table_is_not_longer_than_libfuse_knows()
        => Assert.True(c["sizeof(fuse_operations)"] >= OperationTable.Length * 8L);

    [Fact]
    public void The_noflush_bit_is_the_one_of_the_installed_libfuse() => Assert.Equal(c["bit.noflush"], FileInfoLayout.NoFlush);

    [Fact]
    public void The_view_of_fuse_file_info_ends_with_the_handle()
    {
        Assert.Equal(FileInfoLayout.ViewSize, c["fuse_file_info.fh"] + c["sizeof(fuse_file_info.fh)"]);
        Assert.True(c["sizeof(fuse_file_info)"] >= FileInfoLayout.ViewSize);
    }

    [Theory]
    [InlineData("sizeof(posix_spawn_file_actions_t)")]
    [InlineData("sizeof(posix_spawnattr_t)")]
    public void Opaque_structures_fit(string size) => Assert.InRange(c[size], 1, LibC.SpawnStructureSize);

    [Fact]
    public unsafe void Structures_with_fields()
    {
        Assert.True(c["sizeof(fuse_buf)"] <= sizeof(LibFuse.Buffer));
        Assert.Equal(c["fuse_buf.mem"], Marshal.OffsetOf<LibFuse.Buffer>(nameof(LibFuse.Buffer.Memory)));
        Assert.Equal(c["sizeof(fuse_args)"], sizeof(LibFuse.Arguments));
        Assert.Equal(c["fuse_args.argc"], Marshal.OffsetOf<LibFuse.Arguments>(nameof(LibFuse.Arguments.Count)));
        Assert.Equal(c["fuse_args.argv"], Marshal.OffsetOf<LibFuse.Arguments>(nameof(LibFuse.Arguments.Values)));
        Assert.Equal(c["fuse_args.allocated"], Marshal.OffsetOf<LibFuse.Arguments>(nameof(LibFuse.Arguments.Allocated)));
        Assert.Equal(c["fuse_context.private_data"], Marshal.OffsetOf<LibFuse.Context>(nameof(LibFuse.Context.PrivateData)));
        Assert.Equal(c["fuse_context.pid"], Marshal.OffsetOf<LibFuse.Context>(nameof(LibFuse.Context.ProcessId)));
        Assert.Equal(c["sizeof(pollfd)"], sizeof(LibC.PollDescriptor));
        Assert.Equal(c["pollfd.events"], Marshal.OffsetOf<LibC.PollDescriptor>(nameof(LibC.PollDescriptor.Events)));
        Assert.Equal(c["pollfd.revents"], Marshal.OffsetOf<LibC.PollDescriptor>(nameof(LibC.PollDescriptor.Returned)));
    }
}
