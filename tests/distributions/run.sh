#!/usr/bin/env bash
# Runs the released program (packaging/release.sh makes it) and the tests on other suites of Debian, which debootstrap makes from the
# machine's own mirror. What the mirror does not have is skipped; so is sid on a day when it cannot be installed.
#   tests/distributions/run.sh [SUITE...]    bookworm, trixie and sid if none is named; of others only the session is played
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tests/count.sh"
. "$top/tests/distributions/suites.sh"
release=("$top"/dist/*-linux-"$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')".tar.gz)
# Those of QEMU's tests that use qcow2.py and need no VM.
iotests=(031 036 054 061 114 287 qcow2-encryption)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

is_made() { [ -e "$top/.build/distributions/$1/tree.made" ] || { tail -n 20 "$work/$1.log"; return 1; }; }

# In the smallest system, which has nothing of FUSE: neither the library nor the helper.
play_session() {
  copy_tree "$1" "$work/$1" &&
    tar -C "$work/$1/usr/local" --strip-components=1 -xzf "${release[0]}" &&
    cp "$top/tests/vm/guest/play" "$top/tests/distributions/session.txt" "$work/$1/usr/local" &&
    enter "$work/$1" -- sh /usr/local/play /usr/local/session.txt >"$work/session.out" &&
    diff -u "$top/tests/distributions/session.txt" "$work/session.out"
}

# The README's first command, which installs what a mount needs.
play_mount_script() {
  in_clone "$1" bash -e -c 'cd /tmp; "$0/mount.sh"; [ "$(cat mnt/header/size)" = 1073741824 ]; "$0/mount.sh" --umount' "$top"
}

# play_iotests SUITE HOW: QEMU's tests, with the program in the place of its qcow2.py: as commands or as a mount.
play_iotests() {
  local tests=$work/$1/iotests
  rm -rf "$tests"
  unpack_iotests "$1" "$tests" && cp "$top/tests/distributions/iotests/$2.py" "$tests/tests/qemu-iotests/qcow2.py" &&
    enter "$work/$1" -- sh -c 'cd /iotests/tests/qemu-iotests && export QEMU_PROG=/bin/true QSD_PROG=/bin/true TEST_DIR=/tmp/iotests &&
      QEMU_IMG_PROG=$(command -v qemu-img) QEMU_IO_PROG=$(command -v qemu-io) QEMU_NBD_PROG=$(command -v qemu-nbd) ./check -qcow2 "$@"' \
      sh "${iotests[@]}"
}

# A system with nothing but the .NET SDK: what the README promises of its two commands.
test_bookworm() {
  check "bookworm: a system that has only the .NET SDK is made" install_sdk "$work/bookworm"
  check "bookworm: mount.sh mounts there" play_mount_script "$work/bookworm"
  add in_clone "$work/bookworm" tests/run.sh --quick
}

test_trixie() {
  check "trixie: the .NET SDK works" install_sdk "$work/trixie"
  add in_clone "$work/trixie" tests/run.sh --release Fuse3 Mount Cli Check
  check "trixie: QEMU's iotests pass with the commands" play_iotests trixie command
  check "trixie: QEMU's iotests pass with a mount" play_iotests trixie mount
}

test_sid() {
  if ! { install_sdk "$work/sid" && in_clone "$work/sid" tests/run.sh --install; } >"$work/sid.log" 2>&1; then
    skip "sid: the tests" "their packages cannot be installed today: $(tail -n 1 "$work/sid.log")"
    return
  fi
  add in_clone "$work/sid" tests/run.sh Fuse3 Check
}

test_suite() {
  if ! has_suite "$1"; then
    skip "$1" "the mirror does not have it"
  elif [ "$1" = sid ] && ! is_made sid >"$work/why"; then
    skip sid "cannot be installed today: $(tail -n 1 "$work/why")"
  else
    check "$1: the smallest system is made" is_made "$1"
    check "$1: the program's session says what it should" play_session "$1"
    [ "$(type -t "test_$1")" != function ] || "test_$1"
  fi
}

[ -e "${release[0]}" ] || { echo "$0: no release in dist/; make it with packaging/release.sh" >&2; echo "0 passed, 1 failed"; exit 1; }
[ $# != 0 ] || set -- bookworm trixie sid
check "tools" need debootstrap=debootstrap
check "the mirror answers" has_suite "$(. /etc/os-release && echo "$VERSION_CODENAME")"
for suite; do
  make_tree "$suite" >"$work/$suite.log" 2>&1 &
done
wait
for suite; do
  test_suite "$suite"
done
finish
