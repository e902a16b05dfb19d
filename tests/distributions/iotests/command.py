#!/usr/bin/env python3
"""Stands in for the qcow2.py of QEMU's iotests: the program has its words."""
import os
import sys

os.execvp("qcow2fs", ["qcow2fs", *sys.argv[1:]])
