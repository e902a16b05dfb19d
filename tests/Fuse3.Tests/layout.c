/* Prints what the C compiler knows about the structures that Fuse3 reads and writes, as lines "name value". */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#define _FILE_OFFSET_BITS 64
#include <fuse3/fuse.h>
#include <fuse3/fuse_lowlevel.h>
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <fcntl.h>
#include <unistd.h>

#define SIZE(type) printf("sizeof(" #type ") %zu\n", sizeof(struct type))
#define FIELD(type, field) printf(#type "." #field " %zu\n", offsetof(struct type, field)), \
    printf("sizeof(" #type "." #field ") %zu\n", sizeof(((struct type *)0)->field))
#define OPERATION(name) printf("op." #name " %zu\n", offsetof(struct fuse_operations, name) / sizeof(void *))
#define VALUE(name) printf(#name " %llu\n", (unsigned long long)(name))
#define BIT(name) do { struct fuse_file_info i; unsigned int bits; memset(&i, 0, sizeof i); i.name = 1; \
    memcpy(&bits, (char *)&i + 4, 4); printf("bit." #name " %u\n", bits); } while (0)

int main(void)
{
    SIZE(stat); FIELD(stat, st_mode); FIELD(stat, st_nlink); FIELD(stat, st_uid); FIELD(stat, st_gid); FIELD(stat, st_size);
    FIELD(stat, st_blksize); FIELD(stat, st_blocks); FIELD(stat, st_atim); FIELD(stat, st_mtim); FIELD(stat, st_ctim);
    SIZE(timespec); FIELD(timespec, tv_sec); FIELD(timespec, tv_nsec);
    SIZE(statvfs); FIELD(statvfs, f_bsize); FIELD(statvfs, f_frsize); FIELD(statvfs, f_blocks); FIELD(statvfs, f_bfree);
    FIELD(statvfs, f_bavail); FIELD(statvfs, f_files); FIELD(statvfs, f_ffree); FIELD(statvfs, f_favail); FIELD(statvfs, f_namemax);
    SIZE(fuse_operations);
    OPERATION(getattr); OPERATION(readlink); OPERATION(mknod); OPERATION(mkdir); OPERATION(unlink); OPERATION(rmdir);
    OPERATION(symlink); OPERATION(rename); OPERATION(link); OPERATION(chmod); OPERATION(chown); OPERATION(truncate);
    OPERATION(open); OPERATION(read); OPERATION(write); OPERATION(statfs); OPERATION(flush); OPERATION(release);
    OPERATION(fsync); OPERATION(opendir); OPERATION(readdir); OPERATION(releasedir); OPERATION(init); OPERATION(access);
    OPERATION(create); OPERATION(utimens); OPERATION(lseek);
    SIZE(fuse_file_info); FIELD(fuse_file_info, flags); FIELD(fuse_file_info, fh);
    BIT(direct_io); BIT(keep_cache); BIT(noflush);
    FIELD(fuse_conn_info, want);
    VALUE(FUSE_CAP_SPLICE_READ | FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
    FIELD(fuse_config, direct_io); FIELD(fuse_config, hard_remove);
    SIZE(fuse_buf); FIELD(fuse_buf, mem);
    SIZE(fuse_args); FIELD(fuse_args, argc); FIELD(fuse_args, argv); FIELD(fuse_args, allocated);
    FIELD(fuse_context, pid);
    FIELD(fuse_context, private_data);
    SIZE(pollfd); FIELD(pollfd, fd); FIELD(pollfd, events); FIELD(pollfd, revents);
    VALUE(POLLIN); VALUE(X_OK); VALUE(MNT_DETACH); VALUE(EFD_CLOEXEC); VALUE(EFD_NONBLOCK); VALUE(O_NONBLOCK);
    VALUE(F_GETFL); VALUE(F_SETFL);
    VALUE(sizeof(posix_spawn_file_actions_t)); VALUE(sizeof(posix_spawnattr_t)); VALUE(POSIX_SPAWN_SETSID); VALUE(O_WRONLY);
    VALUE(O_ACCMODE); VALUE(O_RDONLY); VALUE(O_RDWR); VALUE(O_TRUNC); VALUE(O_APPEND);
    VALUE(S_IFMT); VALUE(S_IFIFO); VALUE(S_IFCHR); VALUE(S_IFDIR); VALUE(S_IFBLK); VALUE(S_IFREG); VALUE(S_IFLNK); VALUE(S_IFSOCK);
    VALUE(EPERM); VALUE(ENOENT); VALUE(EINTR); VALUE(EIO); VALUE(ENXIO); VALUE(E2BIG); VALUE(EBADF); VALUE(EAGAIN); VALUE(ENOMEM);
    VALUE(EACCES); VALUE(EFAULT); VALUE(EBUSY); VALUE(EEXIST); VALUE(EXDEV); VALUE(ENODEV); VALUE(ENOTDIR); VALUE(EISDIR); VALUE(EINVAL);
    VALUE(ENFILE); VALUE(EMFILE); VALUE(ENOTTY); VALUE(ETXTBSY); VALUE(EFBIG); VALUE(ENOSPC); VALUE(ESPIPE); VALUE(EROFS); VALUE(EMLINK);
    VALUE(EPIPE); VALUE(ERANGE); VALUE(EDEADLK); VALUE(ENAMETOOLONG); VALUE(ENOLCK); VALUE(ENOSYS); VALUE(ENOTEMPTY); VALUE(ELOOP);
    VALUE(ENODATA); VALUE(EPROTO); VALUE(EBADMSG); VALUE(EOVERFLOW); VALUE(EOPNOTSUPP); VALUE(ECONNABORTED); VALUE(ENOTCONN);
    VALUE(ETIMEDOUT); VALUE(ESTALE); VALUE(EDQUOT); VALUE(ECANCELED);
    VALUE(UTIME_NOW); VALUE(UTIME_OMIT);
    return 0;
}
