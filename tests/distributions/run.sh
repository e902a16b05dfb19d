#!/usr/bin/env bash
# Runs the released program (packaging/release.sh makes it) and the tests on other suites of Debian, which debootstrap makes from the
# machine's own mirror. What the mirror does not have is skipped; so is sid on a day when it cannot be installed.
#   tests/distributions/run.sh [--all] [SUITE...]    bookworm, trixie and sid if none is named; of others only the session is played.
#                                                    --all: the slow tests on bookworm and sid, too, which takes far longer
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tests/count.sh"
. "$top/tests/distributions/suites.sh"
release=("$top"/dist/*-linux-"$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')".tar.gz)
# Those of QEMU's tests that use qcow2.py and need no VM.
iotests=(031 036 054 061 114 287 qcow2-encryption)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

# What apt and debootstrap say of a package that the mirror does not have today.
lacking="Failed to fetch|Unable to fetch|Couldn't download|Failed getting release file"

# provide SUITE WHAT COMMAND...: what the suite's packages must give, without which there is nothing to test. That the mirror lacks one
# is no fault of this project; nor is a day when sid cannot be installed.
provide() {
  local suite=$1 what="$1: $2" why
  shift 2
  if why=$("$@" 2>&1); then
    check "$what" true
  elif [ "$suite" = sid ] || grep -qE "$lacking" <<<"$why"; then
    skip "$what" "not to be had today: $(grep -m 1 -E "^E: |$lacking" <<<"$why")"
    return 1
  else
    check "$what" sh -c 'echo "$1"; exit 1' sh "$why"
    return 1
  fi
}

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
  unpack_iotests "$1" "$tests" &&
    cp "$top/tests/distributions/iotests/$2.py" "$tests/tests/qemu-iotests/qcow2.py" &&
    enter "$work/$1" -- sh -c 'cd /iotests/tests/qemu-iotests && export QEMU_PROG=/bin/true QSD_PROG=/bin/true TEST_DIR=/tmp/iotests &&
      QEMU_IMG_PROG=$(command -v qemu-img) QEMU_IO_PROG=$(command -v qemu-io) QEMU_NBD_PROG=$(command -v qemu-nbd) ./check -qcow2 "$@"' \
      sh "${iotests[@]}"
}

# A system with nothing but the .NET SDK: what the README promises of its two commands.
test_bookworm() {
  provide bookworm "what the .NET SDK needs is installed" install_sdk "$work/bookworm" || return
  provide bookworm "mount.sh mounts there" play_mount_script "$work/bookworm"
  provide bookworm "the tests' packages are installed" in_clone "$work/bookworm" tests/run.sh --install || return
  add in_clone "$work/bookworm" tests/run.sh "${quick[@]}"
}

# test_newer SUITE [OPTION]: the tests of the binding, of what QEMU judges, and those that run the program, with the released one; then
# QEMU's tests of qcow2.py.
test_newer() {
  local suite=$1
  shift
  provide "$suite" "what the .NET SDK needs is installed" install_sdk "$work/$suite" || return
  provide "$suite" "the tests' packages are installed" in_clone "$work/$suite" tests/run.sh --install || return
  add in_clone "$work/$suite" tests/run.sh "$@" --release Fuse3 Check Cli Mount
  provide "$suite" "QEMU's iotests are unpacked" fetch_source "$suite" || return
  check "$suite: QEMU's iotests pass with the commands" play_iotests "$suite" command
  check "$suite: QEMU's iotests pass with a mount" play_iotests "$suite" mount
}

test_suite() {
  has_suite "$1" || { skip "$1" "the mirror does not have it"; return; }
  provide "$1" "the smallest system is made" is_made "$1" || return
  check "$1: the program's session says what it should" play_session "$1"
  case $1 in
    bookworm) test_bookworm ;;
    trixie) test_newer trixie ;;
    # Every day its tools can be new ones; what the program has to do with them is tested with those of a release.
    sid) test_newer sid "${quick[@]}" ;;
  esac
}

quick=(--quick)
if [ "${1-}" = --all ]; then
  quick=()
  shift
fi
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
