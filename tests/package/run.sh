#!/usr/bin/env bash
# Makes the release, and makes it again from a clone elsewhere: the same bytes. Then installs, uses and removes this machine's Debian
# package.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tests/count.sh"
work=$(mktemp -d)
trap 'umount -l "$work/a folder/mnt" "$work/native.mnt" 2>/dev/null; rm -rf "$work"' EXIT
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

# The other way to build, which the reference names: the same program, compiled ahead of time.
ahead_of_time() {
  local native=$work/native/qcow2fs
  dotnet publish clone/src/Qcow2Fs.Cli -c Release -r linux-x64 -p:PublishAot=true --artifacts-path "$work/aot" -o "$work/native" -v quiet -nologo &&
    mkdir -p native.mnt &&
    "$native" create native.qcow2 1G && "$native" check native.qcow2 &&
    "$native" mount native.qcow2 native.mnt && echo 512M >native.mnt/header/size && echo text >native.mnt/extensions/0x12345678 &&
    [ "$(cat native.mnt/header/size)" = 536870912 ] && "$native" umount native.mnt &&
    qemu-img info -U native.qcow2 | grep -q '(536870912 bytes)' &&
    "$native" native.qcow2 dump-header-exts | grep -q 'text'
}

check "tools" need lintian=lintian gcc=build-essential
check "the release is made" "$top/packaging/release.sh"
check "a clone makes the same bytes" same_bytes
check "mount.sh mounts" mount_script
check "a program compiled ahead of time works" ahead_of_time
check "lintian has nothing to say" lintian --allow-root --fail-on error,warning "$top"/dist/*.deb
check "the package installs" install_package
check "the package mounts" use_package
check "the package goes, and leaves nothing" remove_package
finish
