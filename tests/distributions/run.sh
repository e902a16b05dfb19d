#!/usr/bin/env bash
# Runs the released program (packaging/release.sh makes it) and the tests on other suites of Debian, which debootstrap makes from the
# machine's own mirror. What the mirror does not have today is skipped.
#   tests/distributions/run.sh [SUITE]    bookworm, trixie or sid; all of them if none is named
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/tests/count.sh"
. "$top/tests/distributions/suites.sh"
release=("$top"/dist/*-linux-"$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')".tar.gz)
[ -e "${release[0]}" ] || { echo "tests/distributions/run.sh: no release in dist/; make it with packaging/release.sh" >&2; echo "0 passed, 1 failed"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

is_made() { [ -e "$top/.build/distributions/$1/tree.made" ] || { tail -n 20 "$work/$1.log"; return 1; }; }

# In the smallest system, which has no FUSE: neither library nor helper.
play_session() {
  copy_tree "$1" "$work/$1" &&
    tar -C "$work/$1/usr/local" --strip-components=1 -xzf "${release[0]}" &&
    cp "$top/tests/vm/guest/play" "$top/tests/distributions/session.txt" "$work/$1/usr/local" &&
    enter "$work/$1" -- sh /usr/local/play /usr/local/session.txt >"$work/session.out" &&
    diff -u "$top/tests/distributions/session.txt" "$work/session.out"
}

test_suite() {
  if ! has_suite "$1"; then
    skip "$1" "the mirror does not have it"
  # A suite in development cannot be installed on every day.
  elif [ "$1" = sid ] && ! is_made sid; then
    skip sid "cannot be installed today"
  else
    check "$1: the smallest system is made" is_made "$1"
    check "$1: the program's session says what it should" play_session "$1"
  fi
}

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
