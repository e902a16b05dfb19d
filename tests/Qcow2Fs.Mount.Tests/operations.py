"""Does every operation to every kind of node and prints a Markdown row for each, as docs/errno.md has them.

Arguments: the mount and the image. Before each operation the image has its first bytes again."""
import ctypes, errno, fcntl, mmap, os, shutil, sys

mount, image = sys.argv[1:]
saved = open(image, "rb").read()
libc = ctypes.CDLL(None, use_errno=True)

NODES = {
    "directory": "features", "field": "header/size", "name": "backing_file", "feature": "features/compatible/0",
    "extension": "extensions/0xcafe", "header.bin": "header.bin", "header.json": "header.json", "read-only": "problems",
    "temporary": "sedabcdef", "absent": "extensions/0x5", "unknown": "nothing",
}


def opened(flags, use):
    def run(path):
        descriptor = os.open(path, flags)
        try:
            return use(descriptor)
        finally:
            os.close(descriptor)
    return run


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def write_back(path):
    with open(path, "rb") as file:
        content = file.read()
    opened(os.O_WRONLY | os.O_TRUNC, lambda descriptor: os.write(descriptor, content))(path)


NEW = "extensions/0x77"
OPERATIONS = {
    "stat": os.stat,
    "access(R_OK)": lambda path: checked(libc.access(path.encode(), os.R_OK)),
    "access(W_OK)": lambda path: checked(libc.access(path.encode(), os.W_OK)),
    "open(O_RDONLY), read": opened(os.O_RDONLY, lambda descriptor: os.read(descriptor, 100)),
    "open(O_RDONLY), pread past the end": opened(os.O_RDONLY, lambda descriptor: os.pread(descriptor, 1, 1 << 40)),
    "open(O_WRONLY)": opened(os.O_WRONLY, lambda descriptor: None),
    "open(O_RDWR, O_TRUNC)": opened(os.O_RDWR | os.O_TRUNC, lambda descriptor: None),
    "open(O_CREAT, O_EXCL)": opened(os.O_CREAT | os.O_EXCL | os.O_WRONLY, lambda descriptor: None),
    "open(O_CREAT)": opened(os.O_CREAT | os.O_WRONLY, lambda descriptor: None),
    "write its own content": write_back,
    "pwrite at 2^32": opened(os.O_WRONLY, lambda descriptor: os.pwrite(descriptor, b"x", 1 << 32)),
    "pwrite at 2^63 - 2": opened(os.O_WRONLY, lambda descriptor: os.pwrite(descriptor, b"x", (1 << 63) - 2)),
    "fsync": opened(os.O_RDONLY, os.fsync),
    "truncate to 0": lambda path: os.truncate(path, 0),
    "truncate to its size": lambda path: os.truncate(path, os.stat(path).st_size),
    "truncate to 2^40": lambda path: os.truncate(path, 1 << 40),
    "ftruncate to 0": opened(os.O_RDWR, lambda descriptor: os.ftruncate(descriptor, 0)),
    "fallocate": opened(os.O_RDWR, lambda descriptor: checked(libc.fallocate(descriptor, 0, ctypes.c_long(0), ctypes.c_long(1 << 20)))),
    "mmap(MAP_SHARED)": opened(os.O_RDWR, lambda descriptor: mmap.mmap(descriptor, 1, mmap.MAP_SHARED).close()),
    "mmap(MAP_PRIVATE)": opened(os.O_RDONLY, lambda descriptor: mmap.mmap(descriptor, 1, mmap.MAP_PRIVATE, mmap.PROT_READ).close()),
    "lseek(SEEK_END)": opened(os.O_RDONLY, lambda descriptor: os.lseek(descriptor, 0, os.SEEK_END)),
    "flock": opened(os.O_RDONLY, lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)),
    "fcntl(F_SETLK)": opened(os.O_RDWR, lambda descriptor: fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)),
    "readdir": os.listdir,
    "statfs": os.statvfs,
    "chmod": lambda path: os.chmod(path, 0o600),
    "chown": lambda path: os.chown(path, 1, 1),
    "utimens": lambda path: os.utime(path, (1, 1)),
    "unlink": os.unlink,
    "rmdir": os.rmdir,
    "mkdir": os.mkdir,
    "mknod(S_IFIFO)": os.mkfifo,
    "mknod(S_IFREG)": lambda path: os.mknod(path, 0o100644),
    "symlink": lambda path: os.symlink("x", path),
    "link to a new extension": lambda path: os.link(path, NEW),
    "rename to a new extension": lambda path: os.rename(path, NEW),
    "rename to an unknown name": lambda path: os.rename(path, "nowhere"),
    "rename onto itself": lambda path: os.rename(path, path),
    "rename header/size onto it": lambda path: os.rename("header/size", path),
    "rename out of the mount": lambda path: os.rename(path, image + ".out"),
    "readlink": os.readlink,
    "getxattr": lambda path: os.getxattr(path, "user.x"),
    "setxattr": lambda path: os.setxattr(path, "user.x", b""),
    "listxattr": os.listxattr,
    "removexattr": lambda path: os.removexattr(path, "user.x"),
}


def result(operation, path):
    try:
        operation(path)
        return "ok"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


os.chdir(mount)
print("| | " + " | ".join(NODES) + " |")
print("|---" * (len(NODES) + 1) + "|")
for name, operation in OPERATIONS.items():
    row = []
    for kind, path in NODES.items():
        with open(image, "r+b") as file:
            file.write(saved)
            file.truncate(len(saved))
        if kind == "temporary":
            result(opened(os.O_CREAT | os.O_WRONLY, lambda descriptor: os.write(descriptor, b"x")), path)
        row.append(result(operation, path))
        if kind == "temporary":
            result(os.unlink, path)
    print(f"| {name} | " + " | ".join(row) + " |")
with open(image, "r+b") as file:
    file.write(saved)
