#!/usr/bin/env bash
# Measures Qcow2Fs against the least that such a file system can be (yardstick.c) and against other tools, and prints the tables
# of docs/performance.md; the last ones stay in tests/bench/last.md.
#   [QCOW2_PY=path/to/qcow2.py] tests/bench/run.sh [latency] [clients] [process] [start] [memory] [scale] [tables] [pool] [micro]     all of them if none is named
# Runs of both sides take turns, and medians are compared: ratios can be trusted on a noisy machine, single times cannot.
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
rounds=${ROUNDS:-7}
runtime=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
cleanup() {
  umount -l "$work"/{ours,yard,pool.mnt,big.mnt,l1.mnt} 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

build() {
  gcc -O2 -Wall -Wextra -D_FILE_OFFSET_BITS=64 -I/usr/include/fuse3 -o "$work/yardstick" "$top/tests/bench/yardstick.c" -lfuse3 -lpthread
  gcc -O2 -Wall -Wextra -o "$work/client" "$top/tests/bench/client.c"
  # The program as packaging/release.sh links it, with the libfuse of this machine.
  local triplet
  triplet=$(gcc -dumpmachine)
  dotnet publish "$top/src/Qcow2Fs.Cli" -c Release -r "$runtime" -p:LibFuseArchive="/usr/lib/$triplet/libfuse3.a" \
    -p:CppCompilerAndLinker="$triplet-gcc" --artifacts-path "$top/.build/bench" -o "$work/program" -v quiet -nologo >&2
  mkdir "$work"/{ours,yard,pool.mnt,big.mnt,l1.mnt}
  cd "$work"
  qemu-img create -q -f qcow2 ours.qcow2 1G
  cp ours.qcow2 yard.qcow2
}

qcow2fs() { "$work/program/qcow2fs" "$@"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
daemon_of() { pgrep -f "^$work/program/qcow2fs .*$1" | head -n 1; }
resident() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
ticks_of() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
microseconds() { awk -v n="$1" 'BEGIN { printf "%.1f", n / 1000 }'; }
milliseconds() { awk -v n="$1" 'BEGIN { printf "%.1f", n / 1000000 }'; }

# Both mounts, their daemons on the second processor; with "mt" the yardstick serves with many threads.
mount_both() {
  local single=-s
  [ "${1-}" = mt ] && single=
  taskset -c 1 "$work/yardstick" yard.qcow2 -f $single -o attr_timeout=0,entry_timeout=0,negative_timeout=0,no_rofd_flush yard &
  taskset -c 1 "$work/program/qcow2fs" mount ours.qcow2 ours
  until [ -e yard/header/size ]; do sleep 0.05; done
}

unmount_both() {
  umount ours yard
  wait
}

# The client on the first processor, the daemon on the second; then both on the second.
latency() {
  mount_both
  # The kernel and both daemons have warmed up after some thousand calls.
  for _ in 1 2 3 4; do for mode in read stat; do taskset -c 1 ./client $mode ours/header/size 4000 >/dev/null; done; taskset -c 1 ./client list ours/header 2000 >/dev/null; taskset -c 1 ./client write ours/header/size 500 >/dev/null; sleep 1; done
  latency_from 0 "daemon and client on a processor each"
  echo
  latency_from 1 "daemon and client on one processor"
  unmount_both
}

latency_from() {
  echo "| $2 | yardstick in C | Qcow2Fs | ratio |"
  echo "|---|---|---|---|"
  local row mode path count name
  while read -r mode path count name; do
    : >a; : >b
    for ((i = 0; i < rounds; i++)); do
      taskset -c "$1" ./client "$mode" "yard/$path" "$count" >>a
      taskset -c "$1" ./client "$mode" "ours/$path" "$count" >>b
    done
    row="$(median <a) $(median <b)"
    set -- "$1" $row
    echo "| $name | $(microseconds "$2") us | $(microseconds "$3") us | $(paste a b | awk '{ print $2 / $1 }' | median | xargs printf %.2f) |"
  done <<'END'
read header/size 2000 open, read, close of a field
stat header/size 2000 stat of a field
write header/size 200 durable write of a field
list header 1000 listing of header/
END
}

clients() {
  echo "| four clients at once, operations in a second | yardstick, many threads | Qcow2Fs | ratio |"
  echo "|---|---|---|---|"
  mount_both mt
  local mode side name start
  for mode in read stat; do
    : >a; : >b
    for ((i = 0; i < rounds; i++)); do
      for side in yard ours; do
        start=$(date +%s%N)
        for _ in 1 2 3 4; do ./client $mode $side/header/size 3000 >/dev/null & done
        for job in $(jobs -p | tail -n 4); do wait "$job"; done
        echo $((12000 * 1000000000 / ($(date +%s%N) - start))) >>"$([ $side = yard ] && echo a || echo b)"
      done
    done
    name=$([ $mode = read ] && echo "open, read, close of a field" || echo "stat of a field")
    echo "| $name | $(median <a) | $(median <b) | $(paste a b | awk '{ print $2 / $1 }' | median | xargs printf %.2f) |"
  done
  unmount_both
}

process() {
  echo "| one process, without a mount | milliseconds |"
  echo "|---|---|"
  local -A commands=(
    [1:qemu-img info]="qemu-img info -f qcow2 ours.qcow2"
    [2:qcow2fs dump-header]="$work/program/qcow2fs ours.qcow2 dump-header"
    [3:qcow2fs check]="$work/program/qcow2fs check ours.qcow2"
    [4:qcow2fs cat header/size]="$work/program/qcow2fs cat ours.qcow2 header/size"
  )
  if command -v qcowinfo >/dev/null; then commands[5:qcowinfo of libqcow]="qcowinfo ours.qcow2"; fi
  local python
  python=$(qcow2_py)
  if [ -n "$python" ]; then commands[6:qcow2.py dump-header]="python3 $python ours.qcow2 dump-header"; fi
  empty
  commands[0:an empty .NET program]="$work/empty/empty"
  for ((i = 0; i < rounds; i++)); do
    for name in "${!commands[@]}"; do
      taskset -c 1 ./client spawn 20 ${commands[$name]} >>"p.${name%%:*}"
    done
  done
  for name in $(printf '%s\n' "${!commands[@]}" | cut -d: -f1 | sort -n); do
    for full in "${!commands[@]}"; do
      if [ "${full%%:*}" = "$name" ]; then echo "| ${full#*:} | $(milliseconds "$(median <"p.$name")") |"; fi
    done
  done
}

# Where qcow2.py is: as given, or from Debian's source package of qemu, for which apt needs a deb-src line. Nothing if it cannot be had.
qcow2_py() {
  if [ -n "${QCOW2_PY-}" ]; then
    realpath -- "$QCOW2_PY"
    return
  fi
  mkdir -p "$work/qemu"
  cd "$work/qemu"
  if apt-get source -qq --download-only qemu >/dev/null 2>&1; then
    tar -xf qemu_*.orig.tar.* --wildcards '*/tests/qemu-iotests/qcow2*.py'
    find "$PWD" -name qcow2.py
  fi
}

# A program that does nothing, published as this one is.
empty() {
  mkdir -p "$work/empty.src"
  cat >"$work/empty.src/empty.csproj" <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><InvariantGlobalization>true</InvariantGlobalization>
    <PublishAot>true</PublishAot><StaticExecutable>true</StaticExecutable><PositionIndependentExecutable>false</PositionIndependentExecutable>
    <IlcDehydrate>false</IlcDehydrate>
  </PropertyGroup>
</Project>
END
  echo 'return 0;' >"$work/empty.src/Program.cs"
  dotnet publish "$work/empty.src" -c Release -r "$runtime" -o "$work/empty" -v quiet -nologo >&2
}

start() {
  echo "| start | milliseconds |"
  echo "|---|---|"
  : >a; : >b
  for ((i = 0; i < rounds * 3; i++)); do
    local begin=$(date +%s%N)
    qcow2fs mount ours.qcow2 ours
    echo $(($(date +%s%N) - begin)) >>a
    cat ours/header/size >/dev/null
    echo $(($(date +%s%N) - begin)) >>b
    umount ours
  done
  echo "| \`qcow2fs mount\` returns, ready | $(milliseconds "$(median <a)") |"
  echo "| the first read has its answer | $(milliseconds "$(median <b)") |"
}

memory() {
  echo "| memory of the daemon | MiB resident |"
  echo "|---|---|"
  qcow2fs mount ours.qcow2 ours
  local pid
  pid=$(daemon_of ours.qcow2)
  ./client read ours/header/size 10 >/dev/null
  echo "| after 10 operations | $(resident "$pid") |"
  ./client read ours/header/size 100000 >/dev/null
  echo "| after 100,000 | $(resident "$pid") |"
  ./client read ours/header/size 100000 >/dev/null
  echo "| after 200,000 | $(resident "$pid") |"
  umount ours
}

scale() {
  local images=10000 begin
  mkdir -p pool
  qemu-img create -q -f raw base.raw 1M
  qemu-img create -q -f qcow2 -b "$work/base.raw" -F raw template.qcow2 1G
  for ((i = 0; i < images; i++)); do printf 'pool/d%d/i%d.qcow2\0' $((i % 100)) "$i"; done >names
  mkdir -p pool/d{0..99}
  # As small as an image can be that QEMU opens: what lies behind is a hole.
  xargs -0 -n 1 cp --sparse=always template.qcow2 <names
  # All on one processor: two that wait for each other to wake up measure the machine.
  taskset -c 1 "$work/program/qcow2fs" mount pool pool.mnt
  local pid before
  pid=$(daemon_of pool)
  cat pool.mnt/d0/i0.qcow2/backing_file >/dev/null
  before=$(resident "$pid")
  taskset -c 1 cat pool.mnt/*/*/backing_file >/dev/null
  echo "| 10,000 images | |"
  echo "|---|---|"
  begin=$(date +%s%N)
  for name in $(tr '\0' '\n' <names | head -n 300); do taskset -c 1 qemu-img info -U "$name" >/dev/null; done
  local info=$((($(date +%s%N) - begin) / 300))
  echo "| qemu-img info in a loop, an image | $(microseconds $info) us |"
  begin=$(date +%s%N)
  [ "$(taskset -c 1 bash -c 'cat pool.mnt/*/*/backing_file' | wc -l)" = $images ]
  local glob=$((($(date +%s%N) - begin) / images))
  echo "| cat mnt/\*/\*/backing_file, an image | $(microseconds $glob) us, $(ratio $info $glob) times faster |"
  begin=$(date +%s%N)
  [ "$(taskset -c 1 grep -r . pool.mnt --include=backing_file | wc -l)" = $images ]
  local walk=$((($(date +%s%N) - begin) / images))
  echo "| grep -r . mnt --include=backing_file, an image (it lists 9 directories in each) | $(microseconds $walk) us, $(ratio $info $walk) times faster |"
  echo "| memory of the daemon before and after | $before MiB, $(resident "$pid") MiB |"
  umount pool.mnt
  echo
  python3 - big.qcow2 <<'END'
import struct, subprocess, sys
subprocess.check_call(["qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=2M", sys.argv[1], "1G"])
with open(sys.argv[1], "r+b") as f:
    d = bytearray(f.read(2 << 20))
    at = struct.unpack(">I", d[100:104])[0]
    for i in range(262000):
        struct.pack_into(">II", d, at + 8 * i, 0x10000000 + i, 0)
    struct.pack_into(">II", d, at + 8 * 262000, 0, 0)
    f.seek(0)
    f.write(d)
END
  qcow2fs mount big.qcow2 big.mnt
  echo "| one image with 262,000 extensions | milliseconds |"
  echo "|---|---|"
  for command in 'ls big.mnt/extensions' 'cat big.mnt/layout' 'cat big.mnt/extensions/0x10020000' 'printf new > big.mnt/extensions/0x1' 'rm big.mnt/extensions/0x1'; do
    begin=$(date +%s%N)
    bash -c "$command" >/dev/null
    echo "| \`${command//big.mnt/mnt}\` | $(milliseconds $(($(date +%s%N) - begin))) |"
  done
  # Three requests an entry: the processor time is what a loaded machine does not change.
  local pid ticks seconds
  pid=$(daemon_of big.qcow2) ticks=$(ticks_of "$pid")
  seconds=$(cd big.mnt/extensions && TIMEFORMAT='%R %U %S' && { time ls -l >/dev/null; } 2>&1)
  ticks=$((($(ticks_of "$pid") - ticks) / $(getconf CLK_TCK)))
  echo "| \`cd mnt/extensions; ls -l\` | $(awk '{ printf "%.1f s; processor time: %.1f s of ls", $1, $2 + $3 }' <<<"$seconds"), $ticks s of the mount |"
  umount big.mnt
}

# An L1 table of 4 million entries; and the map of 1 TiB whose tables are all there, beside qemu-img check of the same image.
tables() {
  local pid before peak begin
  qemu-img create -q -f qcow2 -o cluster_size=512 l1.qcow2 128G
  python3 - l1.qcow2 <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    count, table = struct.unpack(">IQ", f.read(48)[36:])
    f.seek(table)
    f.write(struct.pack(">Q", 0x8000000000000000 | table) * count)
END
  qcow2fs mount l1.qcow2 l1.mnt
  pid=$(daemon_of l1.qcow2)
  cat l1.mnt/header/size >/dev/null
  before=$(resident "$pid")
  echo "| an L1 table of 4,194,304 entries | |"
  echo "|---|---|"
  begin=$(date +%s%N)
  echo "| \`ls -U mnt/l1 \| wc -l\` | $(ls -U l1.mnt/l1 | wc -l), $(milliseconds $(($(date +%s%N) - begin))) ms |"
  peak=$(awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status")
  echo "| resident before, at the most, and after | $before MiB, $peak MiB, $(resident "$pid") MiB |"
  begin=$(date +%s%N)
  cat l1.mnt/l1/4194303 >/dev/null
  echo "| \`cat mnt/l1/4194303\` | $(milliseconds $(($(date +%s%N) - begin))) ms |"
  umount l1.mnt
  echo
  qemu-img create -q -f qcow2 -o preallocation=metadata full.qcow2 1T
  : >a; : >b
  for ((i = 0; i < 5; i++)); do
    begin=$(date +%s%N); qcow2fs map full.qcow2 >/dev/null; echo $(($(date +%s%N) - begin)) >>a
    begin=$(date +%s%N); qemu-img check -q full.qcow2 >/dev/null; echo $(($(date +%s%N) - begin)) >>b
  done
  echo "| 1 TiB, all tables there, the data a hole | \`qcow2fs map\` | \`qemu-img check\` | ratio |"
  echo "|---|---|---|---|"
  echo "| time | $(milliseconds "$(median <a)") ms | $(milliseconds "$(median <b)") ms | $(paste a b | awk '{ print $1 / $2 }' | median | xargs printf %.2f) |"
  echo "| peak memory | $(peak_of qcow2fs map full.qcow2) MB | $(peak_of qemu-img check full.qcow2) MB | |"
}

# One check of a pool against a process for each image; and the memory of pools of two sizes.
pool() {
  local count begin ours qemu=0 ours_all=() qemu_all=()
  mkdir -p images/2000 images/20000
  for count in 2000 20000; do
    for ((i = 0; i < count; i++)); do cp ours.qcow2 "images/$count/$i.qcow2"; done
  done
  for ((round = 0; round < 3; round++)); do
    begin=$(date +%s%N); qcow2fs check images/2000 2>/dev/null; ours_all+=($(($(date +%s%N) - begin)))
    begin=$(date +%s%N)
    for image in images/2000/*; do qemu-img info "$image" >/dev/null; done
    qemu_all+=($(($(date +%s%N) - begin)))
  done
  ours=$(printf '%s\n' "${ours_all[@]}" | median) qemu=$(printf '%s\n' "${qemu_all[@]}" | median)
  echo "| 2,000 images | one \`qcow2fs check\` | a loop of \`qemu-img info\` | ratio |"
  echo "|---|---|---|---|"
  echo "| all | $(milliseconds "$ours") ms | $(milliseconds "$qemu") ms | $(ratio "$qemu" "$ours") |"
  echo
  echo "| \`qcow2fs check\` of | peak memory, MB |"
  echo "|---|---|"
  for count in 2000 20000; do echo "| $count images | $(peak_of qcow2fs check "images/$count") |"; done
  echo
  chains
}

# 10,000 images that share a chain of nine bases; and a move of their base's name, beside as many flushes.
chains() {
  local images=10000 i begin chain info relink flush
  mkdir -p chains/bases
  qemu-img create -q -f qcow2 chains/bases/0.qcow2 1G
  for ((i = 1; i < 9; i++)); do qemu-img create -q -f qcow2 -b "$((i - 1)).qcow2" -F qcow2 "chains/bases/$i.qcow2"; done
  qemu-img create -q -f qcow2 -b bases/8.qcow2 -F qcow2 chains/top.qcow2
  for ((i = 0; i < images; i++)); do printf 'chains/%d.qcow2\0' "$i"; done | xargs -0 -n 1 cp --sparse=always chains/top.qcow2
  sync
  : >a; : >b; : >c; : >d
  for ((i = 0; i < 3; i++)); do
    begin=$(date +%s%N); qcow2fs chain chains >/dev/null 2>&1; echo $(($(date +%s%N) - begin)) >>a
    begin=$(date +%s%N)
    for ((image = 0; image < 200; image++)); do qemu-img info --backing-chain "chains/$image.qcow2" >/dev/null; done
    echo $((($(date +%s%N) - begin) * images / 200)) >>b
    begin=$(date +%s%N)
    qcow2fs relink bases moved chains >/dev/null 2>&1
    qcow2fs relink moved bases chains >/dev/null 2>&1
    echo $((($(date +%s%N) - begin) / 2)) >>c
    begin=$(date +%s%N); python3 -c 'import os, sys
for image in range(int(sys.argv[1])):
    f = os.open("chains/%d.qcow2" % image, os.O_RDWR)
    os.pwrite(f, os.pread(f, 512, 512), 512)
    os.fdatasync(f)
    os.close(f)' $images; echo $(($(date +%s%N) - begin)) >>d
  done
  chain=$(median <a) info=$(median <b) relink=$(median <c) flush=$(median <d)
  echo "| 10,000 images, each with a chain of ten | Qcow2Fs | the other | ratio |"
  echo "|---|---|---|---|"
  echo "| \`chain\`; a loop of \`qemu-img info --backing-chain\` (from 200) | $(milliseconds "$chain") ms | $(milliseconds "$info") ms | $(ratio "$info" "$chain") |"
  echo "| \`relink\`; a write and a flush of each image | $(milliseconds "$relink") ms | $(milliseconds "$flush") ms | $(ratio "$flush" "$relink") |"
  echo "| peak memory of \`chain\`, of \`relink -n\` | $(peak_of qcow2fs chain chains) MB | $(peak_of qcow2fs relink -n bases moved chains) MB | |"
}

# Peak resident memory of a command.
peak_of() {
  PATH=$work/program:$PATH python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print("%.1f" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))' "$@"
}

# The codec and the planner alone (BenchmarkDotNet), and the view without FUSE. It looks for its project from the current directory on.
micro() {
  (cd "$top/tests/bench/Micro" && dotnet run -c Release -- --job short --filter '*' --artifacts "$work/micro" 2>"$work/micro.log") ||
    { grep -m 5 -e Exception -e 'error' "$work/micro.log" >&2; return 1; }
}

build
[ $# -gt 0 ] || set -- latency clients process start memory scale tables pool micro
{
  echo "$(nproc) processors, $(uname -r), $(date -u +%F), load $(cut -d' ' -f1 /proc/loadavg)"
  for part; do
    echo
    $part
  done
} | tee "$top/tests/bench/last.md"
