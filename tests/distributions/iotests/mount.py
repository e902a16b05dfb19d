#!/usr/bin/env python3
"""Stands in for the qcow2.py of QEMU's iotests: each change is one of a file in a mount."""
import os
import subprocess
import sys
import tempfile

image, *command = sys.argv[1:]
if command[0].startswith("dump"):
    os.execvp("qcow2fs", ["qcow2fs", *sys.argv[1:]])


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


with tempfile.TemporaryDirectory() as mnt:
    subprocess.run(["qcow2fs", "mount", image, mnt], check=True)
    try:
        match command:
            case ["set-header", name, value]:
                write(f"{mnt}/header/{name}", value.encode())
            case ["set-feature-bit", group, bit]:
                write(f"{mnt}/features/{group}/{bit}", b"")
            case ["add-header-ext", magic, text]:
                write(f"{mnt}/extensions/{magic}", text.encode())
            case ["add-header-ext-stdio", magic]:
                write(f"{mnt}/extensions/{magic}", sys.stdin.buffer.read())
            case ["del-header-ext", magic]:
                os.remove(f"{mnt}/extensions/{magic}")
            case _:
                raise SystemExit(f"{command[0]}: not a command of qcow2.py")
    finally:
        subprocess.run(["qcow2fs", "umount", mnt], check=True)
