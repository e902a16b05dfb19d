/*
 * The least that a live view of an image can be: one field of the header as a file, on libfuse's high-level API.
 * Each read opens the image, reads the field and closes the image; each write writes it and flushes. Nothing is cached,
 * parsed beyond the number, locked, judged or kept safe in a crash. What Qcow2Fs is measured against.
 *
 *   yardstick IMAGE -f [-s] -o OPTIONS MOUNTPOINT
 *
 * The tree: /header/size, and 18 more names in /header, so that a listing is as long as that of Qcow2Fs.
 */
#define FUSE_USE_VERSION 31
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_OFFSET = 24, NAMES = 19 };

static const char *image;

static int field(char *text, size_t room)
{
    uint64_t value;
    int fd = open(image, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = pread(fd, &value, sizeof value, SIZE_OFFSET);
    close(fd);
    return n == sizeof value ? snprintf(text, room, "%llu\n", (unsigned long long)be64toh(value)) : -EIO;
}

/* "size" and "field1" to "field18" */
static int is_file(const char *path)
{
    return !strcmp(path, "/header/size") || !strncmp(path, "/header/field", 13);
}

static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)connection;
    config->direct_io = 1;
    return NULL;
}

static int on_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    (void)fi;
    char text[32];
    struct stat of_image;
    if (stat(image, &of_image) < 0)
        return -errno;
    memset(st, 0, sizeof *st);
    st->st_uid = of_image.st_uid;
    st->st_gid = of_image.st_gid;
    st->st_atim = of_image.st_atim;
    st->st_mtim = of_image.st_mtim;
    st->st_ctim = of_image.st_ctim;
    if (!strcmp(path, "/") || !strcmp(path, "/header")) {
        st->st_mode = S_IFDIR | 0755;
        st->st_nlink = 2;
        return 0;
    }
    if (!is_file(path))
        return -ENOENT;
    int length = field(text, sizeof text);
    if (length < 0)
        return length;
    st->st_mode = S_IFREG | (of_image.st_mode & 0666);
    st->st_nlink = 1;
    st->st_size = length;
    return 0;
}

static int on_open(const char *path, struct fuse_file_info *fi)
{
    if ((fi->flags & O_ACCMODE) == O_RDONLY)
        fi->noflush = 1;
    return is_file(path) ? 0 : -ENOENT;
}

static int on_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *fi)
{
    (void)path;
    (void)fi;
    char text[32];
    int length = field(text, sizeof text);
    if (length < 0)
        return length;
    if (offset >= length)
        return 0;
    if (size > (size_t)(length - offset))
        size = length - offset;
    memcpy(buffer, text + offset, size);
    return size;
}

static int on_write(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *fi)
{
    (void)path;
    (void)offset;
    (void)fi;
    char text[32] = "";
    memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
    uint64_t value = htobe64(strtoull(text, NULL, 10));
    int fd = open(image, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int failed = pwrite(fd, &value, sizeof value, SIZE_OFFSET) != sizeof value || fdatasync(fd) < 0;
    close(fd);
    return failed ? -EIO : (int)size;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
    (void)path;
    (void)size;
    (void)fi;
    return 0;
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *fi,
                      enum fuse_readdir_flags flags)
{
    (void)offset;
    (void)fi;
    (void)flags;
    char name[16];
    fill(buffer, ".", NULL, 0, 0);
    fill(buffer, "..", NULL, 0, 0);
    if (!strcmp(path, "/"))
        fill(buffer, "header", NULL, 0, 0);
    else {
        fill(buffer, "size", NULL, 0, 0);
        for (int i = 1; i < NAMES; i++) {
            snprintf(name, sizeof name, "field%d", i);
            fill(buffer, name, NULL, 0, 0);
        }
    }
    return 0;
}

static const struct fuse_operations operations = {
    .init = on_init,
    .getattr = on_getattr,
    .open = on_open,
    .read = on_read,
    .write = on_write,
    .truncate = on_truncate,
    .readdir = on_readdir,
};

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    /* libfuse goes to the root directory. */
    image = realpath(argv[1], NULL);
    if (!image)
        return 1;
    argv[1] = argv[0];
    return fuse_main(argc - 1, argv + 1, &operations, NULL);
}
