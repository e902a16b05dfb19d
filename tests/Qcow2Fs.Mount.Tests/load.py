"""Eight readers, four writers and qemu-img on one mounted image for a while: load.py MOUNT IMAGE SECONDS

Each writer counts up in an extension of its own and reads back what it has written; no reader may see a number go down or
be cut. Whoever finds the image locked tries again. Prints how often each did it; any mistake is an exception.
"""
import errno
import multiprocessing
import os
import subprocess
import sys
import time

mount, image, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
paths = [f"{mount}/extensions/0xc000000{i}" for i in range(4)]


def read(path):
    with open(path, "rb") as file:
        text = file.read()
    if len(text) != 8:
        raise ValueError(f"{path} has {text}")
    return int(text)


def try_write(path, value):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        os.write(file, b"%08d" % value)
    finally:
        os.close(file)


def write(path, value):
    while True:
        try:
            return try_write(path, value)
        except OSError as e:
            if e.errno != errno.EBUSY:
                raise


def writer(index, end):
    value = read(paths[index])
    done = 0
    while time.monotonic() < end:
        value += 1
        write(paths[index], value)
        if read(paths[index]) != value:
            raise ValueError(f"{paths[index]} lost {value}")
        done += 1
    return done


def reader(_, end):
    seen = [0] * len(paths)
    done = 0
    while time.monotonic() < end:
        for i, path in enumerate(paths):
            value = read(path)
            if value < seen[i]:
                raise ValueError(f"{path} went from {seen[i]} to {value}")
            seen[i] = value
            done += 1
    return done


def qemu(_, end):
    done = 0
    while time.monotonic() < end:
        subprocess.run(["qemu-img", "info", "-U", image], check=True, stdout=subprocess.DEVNULL)
        state = "on" if done % 2 else "off"
        amend = subprocess.run(["qemu-img", "amend", "-o", f"lazy_refcounts={state}", image], capture_output=True, text=True)
        if amend.returncode and "lock" not in amend.stderr:
            raise ValueError(amend.stderr)
        done += 1
    return done


def run(job):
    work, index, end = job
    return work.__name__, work(index, end)


for path in paths:
    if not os.path.exists(path):
        write(path, 0)
until = time.monotonic() + seconds
jobs = [(writer, i, until) for i in range(4)] + [(reader, i, until) for i in range(8)] + [(qemu, 0, until)]
totals = {}
with multiprocessing.Pool(len(jobs)) as pool:
    for name, count in pool.imap_unordered(run, jobs, chunksize=1):
        totals[name] = totals.get(name, 0) + count
print(*(f"{name} {count}" for name, count in sorted(totals.items())))
