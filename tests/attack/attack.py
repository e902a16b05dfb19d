"""One run of an attack: attack.py RUN --program P --seed N --seconds N --counts FILE

A run makes random operations from its seed, predicts what comes out, and compares. A difference is an exception, and so is a
process or a mount that is left. The counts go to FILE, to show that the run did something.
"""
import argparse
import contextlib
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

BUSY = (errno.EBUSY,)


def shell(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, **options)


def must(*command):
    result = shell(*command)
    if result.returncode:
        raise AssertionError(f"{command}: {result.returncode} {result.stderr}")
    return result.stdout


def clean(image):
    info = json.loads(must("qemu-img", "info", "-U", "-f", "qcow2", "--output=json", image))
    must("qemu-img", "check", "-q", "-U", "-f", "qcow2", image)
    return info


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)


class Counts(dict):
    def add(self, name):
        self[name] = self.get(name, 0) + 1


class Run:
    def __init__(self, options):
        self.program = options.program
        self.random = random.Random(f"{options.seed} {options.run}")
        self.end = time.monotonic() + options.seconds
        self.counts = Counts()
        self.daemons = []
        self.directory = tempfile.mkdtemp(prefix="qcow2fs-attack-")
        os.chmod(self.directory, 0o755)

    def goes_on(self):
        return time.monotonic() < self.end

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def image(self, name="image", size="4M", *options):
        must("qemu-img", "create", "-q", "-f", "qcow2", *options, self.path(name), size)
        return self.path(name)

    def mount(self, source, name="mount", *options, wait=True):
        point = self.path(name)
        os.makedirs(point, exist_ok=True)
        # The ends are random signals, so the daemon must not inherit that they are ignored.
        daemon = subprocess.Popen(["env", "--default-signal=INT,QUIT,HUP", self.program, "mount", "-f", *options, source, point],
                                  stderr=subprocess.PIPE, text=True)
        self.daemons.append(daemon)
        if wait and "mounted" not in (line := daemon.stderr.readline()) and not os.path.ismount(point):
            raise AssertionError(f"not mounted: {line}")
        return point, daemon

    def unmount(self, daemon):
        daemon.send_signal(signal.SIGTERM)
        if daemon.wait(timeout=30) != 0:
            raise AssertionError(f"the daemon ended with {daemon.returncode}: {daemon.stderr.read()}")
        said = daemon.stderr.read()
        if said:
            raise AssertionError(f"the daemon said: {said}")

    def left(self):
        with open("/proc/self/mounts") as mounts:
            return [line.split()[1] for line in mounts if self.directory in line.split()[1]]

    def clear(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
            daemon.stderr.close()
        for point in self.left():
            shell("umount", "-l", point)
        shutil.rmtree(self.directory, ignore_errors=True)

    def trying(self, action, *errors):
        """Runs an action until it is not refused with one of the errors; counts the refusals."""
        while True:
            try:
                return action()
            except OSError as e:
                if e.errno not in errors:
                    raise
                self.counts.add(errno.errorcode[e.errno])


def write(path, data):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def writers(run):
    """Two mounts and commands beside qemu-img and qemu-io: each has its own keys, and the last value of each must be there."""
    image = run.image()
    (first, one), (second, two) = run.mount(image, "first"), run.mount(image, "second")
    failures, expected = [], {}

    def worker(number):
        choose, mine = random.Random(f"{run.random_seed} {number}"), {}
        try:
            while run.goes_on():
                magic = f"0x{0xa0000000 + number * 256 + choose.randrange(4):08x}"
                where = choose.choice((first, second, None))
                if magic in mine and choose.random() < 0.2:
                    if where:
                        run.trying(lambda: os.unlink(f"{where}/extensions/{magic}"), *BUSY)
                    else:
                        command("rm", image, f"extensions/{magic}")
                    del mine[magic]
                else:
                    value = bytes(choose.randrange(33, 127) for _ in range(choose.randrange(1, 200)))
                    if where:
                        run.trying(lambda: write(f"{where}/extensions/{magic}", value), *BUSY)
                    else:
                        command("write", image, f"extensions/{magic}", value.decode())
                    mine[magic] = value
                run.counts.add("edits")
        except BaseException as e:
            failures.append(e)
        expected.update(mine)

    def command(name, *arguments):
        while (result := shell(run.program, name, "--", *arguments)).returncode:
            if not any(text in result.stderr for text in ("locked", "use", "another")):
                raise AssertionError(f"{name} {arguments}: {result.stderr}")
            run.counts.add("EBUSY of a command")

    def qemu():
        choose, lazy, bytes_written = random.Random(f"{run.random_seed} qemu"), False, 0
        try:
            while run.goes_on():
                if choose.random() < 0.5:
                    done = shell("qemu-img", "amend", "-f", "qcow2", "-o", f"lazy_refcounts={'off' if lazy else 'on'}", image)
                    lazy ^= done.returncode == 0
                else:
                    done = shell("qemu-io", "-f", "qcow2", "-c", f"write -q -P {bytes_written % 255 + 1} 0 64k", image)
                    bytes_written += done.returncode == 0
                if done.returncode and "lock" not in done.stderr:
                    raise AssertionError(done.stderr)
                run.counts.add("qemu refused" if done.returncode else "qemu")
        except BaseException as e:
            failures.append(e)
        expected["qemu"] = (lazy, bytes_written)

    threads = [threading.Thread(target=worker, args=(n,)) for n in range(4)] + [threading.Thread(target=qemu)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    lazy, bytes_written = expected.pop("qemu")
    for point in first, second:
        found = {name: read(f"{point}/extensions/{name}") for name in os.listdir(f"{point}/extensions") if name.startswith("0xa0")}
        if found != expected:
            raise AssertionError(f"{found} is not {expected}")
    run.unmount(one)
    run.unmount(two)
    if clean(image)["format-specific"]["data"]["lazy-refcounts"] != lazy:
        raise AssertionError("lost an update of qemu-img")
    if bytes_written:
        must("qemu-io", "-r", "-f", "qcow2", "-c", f"read -q -P {(bytes_written - 1) % 255 + 1} 0 64k", image)


def kills(run):
    """Edits are cut short by KILL: each extension has its last acknowledged value, or the one that was on its way."""
    image = run.image()
    known = [b"", b""]
    while run.goes_on():
        point, daemon = run.mount(image)
        delay = run.random.uniform(0, 0.6)
        threading.Timer(delay, daemon.kill).start()
        pending = None
        try:
            while True:
                index = run.random.randrange(2)
                pending = index, bytes([run.random.randrange(1, 256)]) * run.random.randrange(1, 5000)
                write(f"{point}/extensions/0xcafe000{index}", pending[1])
                known[index] = pending[1]
                run.counts.add("edits")
        except OSError as e:
            if e.errno == errno.ENOSPC:
                raise
        daemon.wait(timeout=30)
        wait_for(lambda: not run.left(), "the watchdog unmounts")
        clean(image)
        for index in range(2):
            result = subprocess.run([run.program, "cat", image, f"extensions/0xcafe000{index}"], capture_output=True)
            found = result.stdout if result.returncode == 0 else b""
            if found != known[index] and (index, found) != pending:
                raise AssertionError(f"{index} has {found[:8]} ({len(found)}), not {known[index][:8]} ({len(known[index])}) nor {pending}")
            known[index] = found
        run.counts.add("kills")


def mounts(run):
    """Mounts end in every way; no mount and no process is left, and the image is whole."""
    while run.goes_on():
        image = run.image()
        point, daemon = run.mount(image)
        write(f"{point}/header/size", b"1M")
        end = run.random.choice(("umount", "lazy", "fusermount3", "TERM", "INT", "HUP", "QUIT", "KILL", "removed", "busy"))
        held = open(f"{point}/header.bin", "rb") if end in ("lazy", "busy") else None
        if end == "removed":
            os.unlink(image)
            with contextlib.suppress(OSError):
                write(f"{point}/header/size", b"2M")
            os.stat(point)
        if end in ("umount", "removed"):
            run.trying(lambda: must("umount", point))
        elif end == "lazy":
            must("umount", "-l", point)
            held.read()
        elif end == "fusermount3":
            must("fusermount3", "-u", point)
        elif end == "busy":
            daemon.terminate()
        else:
            daemon.send_signal(getattr(signal, "SIG" + end))
        if held:
            held.close()
        daemon.wait(timeout=30)
        wait_for(lambda: not run.left(), f"no mount after {end}")
        wait_for(lambda: subprocess.run(["pgrep", "-f", run.directory], capture_output=True).returncode, f"no process after {end}")
        if end != "removed":
            clean(image)
            os.unlink(image)
        run.counts.add(end)


def documents(run):
    """Mutated documents: refused with EINVAL and the like and nothing changes, or taken, and the document reads back as such."""
    image = run.image()
    point, daemon = run.mount(image)
    original = read(f"{point}/header.json")
    while run.goes_on():
        text = bytearray(original)
        for _ in range(run.random.choice((0, 1, 1, 2, 5))):
            at = run.random.randrange(len(text))
            kind = run.random.randrange(5)
            if kind == 0:
                text[at] = run.random.randrange(256)
            elif kind == 1:
                del text[at:at + run.random.randrange(1, 20)]
            elif kind == 2:
                text[at:at] = run.random.choice((b'"', b"{", b"}", b"[", b"]", b",", b"\\ud800", b"\0", b"1e999", b"-1", b'"":', b"\xff"))
            elif kind == 3:
                text[at:at] = text[at:at + run.random.randrange(1, 100)]
            else:
                digits = [i for i, c in enumerate(text) if chr(c).isdigit()]
                text[run.random.choice(digits)] = run.random.choice(b"0123456789")
        before = read(image)
        try:
            write(f"{point}/header.json", bytes(text))
            run.counts.add("taken")
        except OSError as e:
            if e.errno not in (errno.EINVAL, errno.ERANGE, errno.ENOSPC, errno.ENAMETOOLONG, errno.EUCLEAN):
                raise
            run.counts.add(errno.errorcode[e.errno])
            if read(image) != before:
                raise AssertionError(f"refused and changed: {bytes(text)}")
            continue
        shown = read(f"{point}/header.json")
        json.loads(shown)
        write(f"{point}/header.json", shown)
        if read(f"{point}/header.json") != shown:
            raise AssertionError(f"does not read back: {shown}")
        with open(f"{point}/header.bin", "r+b", buffering=0) as raw:
            raw.write(read(f"{point}/header.orig.bin"))
        if read(f"{point}/header.json") != original:
            raise AssertionError("cannot be restored")
    run.unmount(daemon)
    clean(image)


def bytes_(run):
    """Random bytes of the header, read through the mount: every file has content or an errno, and header.bin the bytes."""
    image = run.image()
    point, daemon = run.mount(image)
    good = bytearray(read(image)[:65536])
    while run.goes_on():
        header = bytearray(good)
        for _ in range(run.random.randrange(1, 6)):
            at = run.random.choice((run.random.randrange(112), run.random.randrange(112, 640)))
            value = run.random.choice((0, 1, 0xff, 0x7f, 0x80, run.random.randrange(256)))
            header[at:at + run.random.choice((1, 4, 8))] = bytes([value]) * run.random.choice((1, 4, 8))
        header = header[:65536].ljust(65536, b"\0")
        with open(image, "r+b") as file:
            file.write(header)
        for folder, folders, files in os.walk(point):
            # A table may have thousands of entries.
            folders[:] = folders[:5]
            for name in files[:20]:
                try:
                    content = read(f"{folder}/{name}")
                    if name == "header.bin" and content != header[:len(content)] and len(content) <= 65536:
                        raise AssertionError("header.bin has other bytes")
                    run.counts.add("read")
                except OSError as e:
                    run.counts.add(errno.errorcode[e.errno])
    with open(image, "r+b") as file:
        file.write(good)
    run.unmount(daemon)
    clean(image)


def folders(run):
    """Images and folders come, go and change their names under a mounted folder; in the end it shows what is there."""
    pool = run.path("pool")
    os.mkdir(pool)
    seed = run.image("seed", "1M")
    point, daemon = run.mount(pool)
    stop, failures = threading.Event(), []

    def reader():
        try:
            while not stop.is_set():
                for folder, _, files in os.walk(point):
                    for name in files[:3]:
                        try:
                            read(f"{folder}/{name}")
                            run.counts.add("read")
                        except OSError as e:
                            # EINVAL: a folder has taken the name between two looks.
                            if e.errno not in (errno.ENOENT, errno.EIO, errno.ESTALE, errno.EISDIR, errno.ENOTDIR, errno.EINVAL):
                                raise
        except BaseException as e:
            failures.append(e)

    thread = threading.Thread(target=reader)
    thread.start()
    try:
        while run.goes_on() and not failures:
            names = [os.path.join(pool, *run.random.choices("abcd", k=run.random.randrange(1, 4))) for _ in range(2)]
            try:
                kind = run.random.randrange(5)
                if kind == 0:
                    os.mkdir(names[0])
                elif kind in (1, 2):
                    shutil.copyfile(seed, names[0])
                elif kind == 3:
                    os.rename(*names)
                else:
                    shutil.rmtree(names[0]) if os.path.isdir(names[0]) else os.unlink(names[0])
                run.counts.add("changes")
            except (OSError, shutil.Error):
                pass
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
    for folder, names, files in os.walk(pool):
        shown = set(os.listdir(os.path.join(point, os.path.relpath(folder, pool)))) - {"last_error", "not_images"}
        if shown != set(names) | set(files):
            raise AssertionError(f"{folder} shows {shown}, not {names} and {files}")
    run.unmount(daemon)


def renames(run):
    """Handles held while another image takes the name: no write through them reaches it."""
    pool = run.path("pool")
    os.mkdir(pool)
    point, daemon = run.mount(pool)
    while run.goes_on():
        mine, other = run.image("pool/mine", "1M"), run.image("other", "2M")
        write(f"{point}/mine/extensions/0xcafe", b"mine")
        before = read(other)
        names = ("header/size", "header.bin", "extensions/0xcafe", "header.json", "features/compatible/9")
        os.close(os.open(f"{point}/mine/features/compatible/9", os.O_WRONLY | os.O_CREAT))
        handles = {name: os.open(f"{point}/mine/{name}", os.O_RDWR) for name in names}
        for name in run.random.sample(names, run.random.randrange(3)):
            os.pread(handles[name], 100, 0)
        os.rename(other, mine)
        if run.random.random() < 0.5:
            os.listdir(f"{point}/mine")
        for name, handle in handles.items():
            try:
                os.pwrite(handle, b"3", 0)
                os.fsync(handle)
                raise AssertionError(f"{name} was written")
            except OSError as e:
                if e.errno != errno.ESTALE and not (name == "header.json" and e.errno == errno.EINVAL):
                    raise
                run.counts.add(errno.errorcode[e.errno])
            with contextlib.suppress(OSError):
                os.close(handle)
        if read(mine) != before:
            raise AssertionError("the other image was changed")
        run.counts.add("renames")
    run.unmount(daemon)


def users(run):
    """Several users of one mount: everybody gets what owner, group and mode of the image give him, and no more."""
    people = {1001: 1001, 1002: 1002, 1003: 1001}
    pool = run.path("pool")
    os.mkdir(pool)
    point, daemon = run.mount(pool, "mount", "-o", "allow_other")
    image = run.image("pool/image", "1M")
    while run.goes_on():
        owner, mode = run.random.choice(list(people)), run.random.choice((0o600, 0o640, 0o644, 0o660, 0o664, 0o400, 0o000, 0o666, 0o606))
        os.chown(image, owner, people[owner])
        os.chmod(image, mode)
        user = run.random.choice(list(people))
        group = people[user]
        bits = mode >> 6 if user == owner else mode >> 3 if group == people[owner] else mode
        value = str(512 * run.random.randrange(1, 2048))
        before = must(run.program, "cat", image, "header/size")
        as_user = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "sh", "-c")
        got = shell(*as_user, 'cat "$1/image/header/size"', "sh", point)
        if (got.returncode == 0) != bool(bits & 4) or (bits & 4 and got.stdout != before):
            raise AssertionError(f"{user} read an image {mode:o} of {owner}: {got}")
        put = shell(*as_user, 'echo "$2" > "$1/image/header/size"', "sh", point, value)
        after = must(run.program, "cat", image, "header/size").strip()
        if (put.returncode == 0) != bool(bits & 2) or after != (value if bits & 2 else before.strip()):
            raise AssertionError(f"{user} wrote to an image {mode:o} of {owner}: {put}")
        run.counts.add("allowed" if bits & 2 else "refused")
    run.unmount(daemon)
    clean(image)


def main():
    runs = {"writers": writers, "kills": kills, "mounts": mounts, "documents": documents, "bytes": bytes_, "folders": folders,
            "renames": renames, "users": users}
    parser = argparse.ArgumentParser()
    parser.add_argument("run", choices=runs)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--counts", required=True)
    options = parser.parse_args()
    run = Run(options)
    run.random_seed = f"{options.seed} {options.run}"
    try:
        runs[options.run](run)
        if not run.counts:
            raise AssertionError("nothing was done")
    finally:
        left = run.left()
        run.clear()
        with open(options.counts, "w") as file:
            print(*(f"{name} {count}" for name, count in sorted(run.counts.items())), sep=", ", file=file)
    if left:
        raise AssertionError(f"mounts are left: {left}")


if __name__ == "__main__":
    main()
