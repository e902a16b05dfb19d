#!/usr/bin/env bash
# Attacks on the program with a model of what must come out. Each run prints its seed and its counts, and is repeated by its seed.
#   tests/attack/run.sh                    about 4 minutes on two busy processors
#   tests/attack/run.sh --minutes N        longer or shorter
#   tests/attack/run.sh --seed N           the runs of that seed
# The program is Q2FS_PROGRAM, or the one that tests/Qcow2Fs.Mount.Tests builds. Wants root, /dev/fuse, python3 and qemu-utils.
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
source "$top/tests/count.sh"
minutes=4
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
while [ $# -gt 1 ]; do
  case $1 in
    --minutes) minutes=$2 ;;
    --seed) seed=$2 ;;
    *) break ;;
  esac
  shift 2
done
[ $# = 0 ] || { echo "usage: tests/attack/run.sh [--minutes N] [--seed N]" >&2; exit 2; }

need python3=python3 qemu-img=qemu-utils qemu-io=qemu-utils fusermount3=fuse3 setpriv=util-linux || { echo "0 passed, 1 failed"; exit 1; }
program=${Q2FS_PROGRAM:-$top/tests/Qcow2Fs.Mount.Tests/bin/Release/net10.0/qcow2fs}
[ -x "$program" ] || dotnet build "$top/tests/Qcow2Fs.Mount.Tests" -c Release -v quiet -nologo || { echo "0 passed, 1 failed"; exit 1; }

runs=(writers kills mounts documents bytes folders renames users)
seconds=$((minutes * 60 / ${#runs[@]}))
echo "seed $seed, $seconds seconds for each run"
for run in "${runs[@]}"; do
  counts=$(mktemp)
  check "$run: $seconds s, seed $seed" python3 "$top/tests/attack/attack.py" "$run" --program "$program" --seed "$seed" \
    --seconds "$seconds" --counts "$counts"
  sed 's/^/        /' "$counts"
  rm -f "$counts"
done
finish
