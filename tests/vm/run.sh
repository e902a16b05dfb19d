#!/usr/bin/env bash
# Boots Linux VMs under software emulation, with Debian's kernel, busybox and the released program: plays a session in one of each
# architecture, and pulls the plug of one again and again while it changes two disks. QEMU's tools then judge the images from outside.
#   tests/vm/run.sh    takes minutes; Q2FS_SEED=N chooses the moments
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$top/.build/vm
native=$(dpkg --print-architecture)
other=arm64
[ "$native" != arm64 ] || other=amd64
kills=40
raw=format=raw,if=virtio
. "$top/tests/count.sh"
. "$top/tests/vm/machine.sh"
. "$top/tests/vm/plug.sh"

play_session() {
  mkdir data pool
  qemu-img create -q -u -f qcow2 -b base.img -F raw disk.qcow2 1G
  cp disk.qcow2 data
  mke2fs -q -t ext4 -d data data.ext4 8M
  (limit="timeout 600" vm session session.out /dev/null -drive "$raw,file=disk.qcow2" -drive "$raw,file=data.ext4" -monitor none) </dev/null
  tail -n 20 session.console
  [ -s session.out ]
}

# The same files as a container that has no /dev/fuse.
play_without_fuse() {
  unshare --map-root-user --mount --pid --fork sh -c '
    mount -t proc proc "$0/proc" && touch "$0/dev/null" && mount --bind /dev/null "$0/dev/null" &&
    exec chroot "$0" env PATH=/bin:/usr/bin sh /test/play /test/no-fuse.txt' "$root" >no-fuse.out
}

# What QEMU says of an image: clean, with this size and this backing file.
judge() {
  local image=$1 size=$2 backing=$3
  : >"$backing"
  qemu-img check "$image" &&
    diff <(printf '%s\n' "$size" "$backing") \
      <(qemu-img info "$image" | sed -n 's/^virtual size: .*(\([0-9]*\) bytes)$/\1/p; s/^backing file: \([^ ]*\).*/\1/p')
}

image_in_file() { e2fsck -fn data.ext4 && debugfs -R "dump disk.qcow2 file.qcow2" data.ext4 && judge file.qcow2 1073741824 moved.img; }

session_in_vm() {
  use "$1"
  check "$1: the kernel and the root of the VM are made" make_root "linux-image-cloud-$1" "$top"/dist/*-"$tarball.tar.gz"
  rm -rf "$work/run"
  mkdir -p "$work/run"
  cd "$work/run" || exit 1
  check "$1: the VM boots and the session ends" play_session
  check "$1: the session says what it should" diff -u "$top/tests/vm/session.txt" session.out
  check "$1: QEMU finds the disk as the session left it" judge disk.qcow2 536870912 pool/base.img
  check "$1: QEMU finds the image in a file as the session left it" image_in_file
}

# A guest that has no program of ours: the host's mount by 9p. The kernels for clouds have no 9p.
session_by_9p() {
  use "$native"
  tar -C "$build" --strip-components=2 -xzf "$top"/dist/*-"$tarball.tar.gz" --wildcards '*/bin/qcow2fs'
  work=$build/9p root=$work/root
  check "9p: the kernel and the root of a VM without the program are made" make_root "linux-image-$native"
  rm -rf "$work/run"
  mkdir -p "$work/run/share"
  cd "$work/run" || exit 1
  qemu-img create -q -f qcow2 disk.qcow2 1G
  "$build/qcow2fs" mount disk.qcow2 share
  check "9p: the VM boots and the session ends" play_by_9p
  "$build/qcow2fs" umount share
  check "9p: the session says what it should" diff -u "$top/tests/vm/9p.txt" session.out
  check "9p: QEMU finds the disk as the session left it" judge disk.qcow2 536870912 moved.img
}

play_by_9p() {
  (limit="timeout 600" vm 9p session.out /dev/null -monitor none \
    -virtfs "local,path=share,mount_tag=qcow2fs,security_model=none") </dev/null
  tail -n 20 9p.console
  [ -s session.out ]
}

check "the release is made" "$top/packaging/release.sh"
session_in_vm "$other"
session_in_vm "$native"
check "the session without /dev/fuse ends" play_without_fuse
check "the session without /dev/fuse says what it should" diff -u "$top/tests/vm/no-fuse.txt" no-fuse.out
session_by_9p
use "$native"
cd "$work/run" || exit 1

RANDOM=${Q2FS_SEED:=$RANDOM}
echo "== $kills kills, Q2FS_SEED=$Q2FS_SEED"
check "a VM that changes two disks boots" freeze
for ((kill = 1; kill <= kills; kill++)); do
  printf -v after '%d.%03d' $((RANDOM % 2)) $((RANDOM % 1000))
  check "kill $kill, $after s after a change" pull_plug "$after"
done
awk '{ n++; changes += $4; ahead += $3 - $2 } END { print n " images judged, " changes " changes acknowledged, " ahead + 0 " images one change ahead of that" }' found
finish
