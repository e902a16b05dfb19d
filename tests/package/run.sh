#!/usr/bin/env bash
# Makes the release, and makes it again from a clone elsewhere: the same bytes. Then installs, uses and removes this machine's Debian
# package.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tests/count.sh"
work=$(mktemp -d)
trap 'umount -l "$work/a folder/mnt" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

same_bytes() {
  git clone -q "$top" clone && clone/packaging/release.sh && diff <(cd "$top/dist" && sha256sum ./*) <(cd clone/dist && sha256sum ./*)
}

install_package() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$top"/dist/*_"$(dpkg --print-architecture)".deb
}

# As a command, and as mount(8) does it.
use_package() {
  mkdir -p mnt &&
    qcow2fs create disk.qcow2 1G &&
    qcow2fs mount disk.qcow2 mnt && [ "$(cat mnt/header/size)" = 1073741824 ] && qcow2fs umount mnt &&
    as_root mount -t fuse.qcow2fs disk.qcow2 mnt && as_root sh -c 'echo 512M >mnt/header/size' && as_root umount mnt &&
    [ "$(qcow2fs cat disk.qcow2 header/size)" = 536870912 ] && [ -z "$(ls mnt)" ]
}

remove_package() {
  local files
  files=$(dpkg -L qcow2fs | grep qcow2fs)
  [ -n "$files" ] && as_root dpkg --purge qcow2fs && ! xargs ls -d <<<"$files"
}

# The README's first command, in a directory with a blank: twice with the same result, and gone again.
mount_script() {
  mkdir "a folder" && cd "a folder" &&
    "$work/clone/mount.sh" && [ "$(cat mnt/header/size)" = 1073741824 ] &&
    "$work/clone/mount.sh" && [ "$(grep -c 'a\\040folder/mnt' /proc/self/mountinfo)" = 1 ] &&
    "$work/clone/mount.sh" --umount && [ -z "$(ls mnt)" ]
}

# Where there is nothing but the program and an image: no library, no /proc, no /dev, no shell.
in_empty_root() {
  mkdir -p empty && tar -C empty --strip-components=2 -xzf "$top"/dist/*-linux-"$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')".tar.gz \
    --wildcards '*/bin/qcow2fs' || return
  local run=(as_root env -i "$(command -v chroot)" empty /qcow2fs)
  "${run[@]}" create disk.qcow2 1G && "${run[@]}" check disk.qcow2 &&
    "${run[@]}" write disk.qcow2 extensions/0xcafe 'any bytes' && [ "$("${run[@]}" cat disk.qcow2 extensions/0xcafe)" = 'any bytes' ] &&
    "${run[@]}" disk.qcow2 dump-header-exts | grep -q 'any bytes' && qemu-img check empty/disk.qcow2 &&
    [ "$(find empty -type f | sort | tr '\n' ' ')" = 'empty/disk.qcow2 empty/qcow2fs ' ]
}

# A static program that loads a shared library gets a second C library, and crashes later. Names of users and hosts, OpenSSL and ICU
# would do that.
loads_nothing() {
  empty/qcow2fs cat empty/disk.qcow2 header.json | sed 's/1073741824/1073741312/' >document.json
  strace -f -o trace -e trace=open,openat,openat2 sh -e -c '
    exec >output
    "$1" check empty/disk.qcow2 || [ $? = 3 ]; "$1" write empty/disk.qcow2 header.json - <document.json; "$1" --help; "$1" ls -l empty/disk.qcow2
    mkdir traced.mnt; "$1" mount empty/disk.qcow2 traced.mnt; cat traced.mnt/header.json; "$1" umount traced.mnt' sh empty/qcow2fs &&
    grep -q 1073741312 output && awk '$1 ~ /^[0-9]+$/ && /disk.qcow2/ { n++ } END { exit n < 5 }' trace &&
    ! awk '/execve/ { next } 1' trace | grep -E 'nsswitch|libnss|libcrypto|libssl|libicu|/etc/passwd|/etc/resolv'
}

# Where a process may open few files there is a result or a sentence, and no mount is announced that is not there.
with_few_descriptors() {
  local count status
  mkdir -p few.mnt && empty/qcow2fs create few.qcow2 1G || return
  for ((count = 20; count >= 3; count--)); do
    for command in 'check few.qcow2' 'cat few.qcow2 header/size' 'write few.qcow2 header/nb_snapshots 0' \
      'mount few.qcow2 few.mnt'; do
      # shellcheck disable=SC2086
      (ulimit -n $count && exec empty/qcow2fs $command) >few.out 2>&1
      status=$?
      [ $status -le 1 ] && [ "$(grep -c '' few.out)" -le 1 ] && ! grep -q 'report' few.out && { [ $count -lt 20 ] || [ $status = 0 ]; } ||
        { echo "$count descriptors, $command: status $status"; cat few.out; return 1; }
    done
    [ $status != 0 ] || { [ -e few.mnt/header ] && empty/qcow2fs umount few.mnt; } || { echo "$count descriptors: no mount"; return 1; }
  done
}

# The arm64 program answers as the one of this machine.
other_architecture() {
  local other=arm64 emulator=qemu-aarch64-static
  [ "$(dpkg --print-architecture)" != arm64 ] || { other=x64 emulator=qemu-x86_64-static; }
  mkdir -p other && tar -C other --strip-components=2 -xzf "$top"/dist/*-linux-$other.tar.gz --wildcards '*/bin/qcow2fs' &&
    diff <(empty/qcow2fs empty/disk.qcow2 dump-header) <("$emulator" other/qcow2fs empty/disk.qcow2 dump-header) &&
    "$emulator" other/qcow2fs write empty/disk.qcow2 extensions/0xcafe other && [ "$(empty/qcow2fs cat empty/disk.qcow2 extensions/0xcafe)" = other ]
}

# What the licences of the linked libraries ask for.
carries_licences() {
  local archive
  for archive in "$top"/dist/*.tar.gz; do
    for file in LICENSE LGPL-2.1.txt dotnet-notices.txt libc6-copyright.txt libfuse3-copyright.txt static-linking.txt; do
      [ "$(tar -xzOf "$archive" --wildcards "*/share/doc/qcow2fs/$file" | wc -c)" -gt 500 ] || { echo "$archive: no $file"; return 1; }
    done
  done
}

check "tools" need lintian=lintian x86_64-linux-gnu-gcc=gcc aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu \
  qemu-aarch64-static=qemu-user-static qemu-img=qemu-utils strace=strace
check "the C library for both" need_files /usr/include/stdio.h=libc6-dev /usr/aarch64-linux-gnu/lib/libc.a=libc6-dev-arm64-cross
check "the release is made" "$top/packaging/release.sh"
check "a clone makes the same bytes" same_bytes
check "mount.sh mounts" mount_script
check "the program works in an empty root" in_empty_root
check "the program loads nothing" loads_nothing
check "the program needs few descriptors" with_few_descriptors
check "the program for the other architecture works" other_architecture
check "the licences are there" carries_licences
check "lintian has nothing to say" lintian --allow-root --fail-on error,warning "$top"/dist/*.deb
check "the package installs" install_package
check "the package mounts" use_package
check "the package goes, and leaves nothing" remove_package
finish
