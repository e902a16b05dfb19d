#!/usr/bin/env bash
# Installs what the tests need, builds, runs the tests, and ends with the slowest of them and the counted results.
#   tests/run.sh                      all tests that need no release
#   tests/run.sh --quick              what takes less than a minute on a built tree: all but the tests with the trait Slow
#   tests/run.sh [--quick] NAME...    only these projects, such as Codec or Mount
#   tests/run.sh --install            only installs what the tests need
#   tests/run.sh --release            the projects that run the program, with the one in dist/ (packaging/release.sh makes it)
set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
results=$top/TestResults
cd "$top" || exit 1

# Each tool stands for a package; what is there already is not installed again.
declare -A packages=(
  [fusermount3]=fuse3 [qemu-img]=qemu-utils [qemu-io]=qemu-utils [gcc]=gcc [busybox]=busybox [dash]=dash [zsh]=zsh
  [mksh]=mksh [fish]=fish [rsync]=rsync [ed]=ed [vim]=vim [nano]=nano [emacs]=emacs-nox
  [perl]=perl [python3]=python3 [strace]=strace [xxd]=xxd [ps]=procps [cmp]=diffutils [find]=findutils [umount]=mount
  [mkfs.ext4]=e2fsprogs [mkfs.xfs]=xfsprogs [mkfs.btrfs]=btrfs-progs [mkntfs]=ntfs-3g [sfdisk]=fdisk
  [tar]=tar [flock]=util-linux [setfattr]=attr [man]=man-db [groff]=groff-base [qemu-storage-daemon]=qemu-system-common
)

install() {
  local missing=()
  for tool in "${!packages[@]}"; do
    command -v "$tool" >/dev/null || missing+=("${packages[$tool]}")
  done
  [ -e /usr/include/fuse3/fuse.h ] || missing+=(libfuse3-dev)
  [ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
  [ ${#missing[@]} = 0 ] && return 0
  command -v apt-get >/dev/null || { echo "tests/run.sh: these packages are missing: ${missing[*]}" >&2; return 1; }
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The sum of one attribute over all result files: total, passed, failed.
count() {
  cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*' | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'
}

# The ten slowest tests of all result files, in seconds.
slowest() {
  cat "$results"/*.trx 2>/dev/null | grep -o '<UnitTestResult [^>]*' |
    sed -n 's/.* testName="\([^"]*\)".* duration="\([0-9]*\):\([0-9]*\):\([0-9.]*\)".*/\2 \3 \4 \1/p' |
    awk '{ time = $1 * 3600 + $2 * 60 + $3; $1 = $2 = $3 = ""; printf "%8.1f s%s\n", time, substr($0, 3) }' | sort -rn | head -n 10 |
    sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&#x\?A;/ /g; s/&amp;/\&/g' | cut -c 1-160
}

if [ "${1-}" = --install ]; then
  install
  exit
fi

quick=()
if [ "${1-}" = --quick ]; then
  # As many projects at once as there are processors, and no code that counts for a better compilation later.
  export DOTNET_TieredPGO=0
  quick=(--filter 'Category!=Slow' -- RunConfiguration.MaxCpuCount=0)
  shift
fi

if [ "${1-}" = --release ]; then
  shift
  # Tests run it as other users, too.
  released=$(mktemp -d) && chmod 755 "$released"
  trap 'rm -rf "$released"' EXIT
  tar -C "$released" --strip-components=1 -xzf dist/qcow2fs-*-linux-"$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')".tar.gz ||
    { echo "tests/run.sh: no release in dist/; make it with packaging/release.sh" >&2; echo "0 passed, 1 failed"; exit 1; }
  export Q2FS_PROGRAM=$released/bin/qcow2fs
  [ $# != 0 ] || set -- Cli Mount
fi

install || { echo "0 passed, 1 failed"; exit 1; }
command -v dotnet >/dev/null || { echo "tests/run.sh: the .NET SDK 10 is missing" >&2; echo "0 passed, 1 failed"; exit 1; }
dotnet build Qcow2Fs.sln -c Release -v quiet -nologo || { echo "0 passed, 1 failed"; exit 1; }

rm -rf "$results"
if [ $# = 0 ]; then
  set -- Codec Check Tree Cli Fuse3 Image Rescue Mount
fi
assemblies=()
for name; do
  project=Qcow2Fs.$name.Tests
  [ -d "tests/$project" ] || project=$name.Tests
  assemblies+=("tests/$project/bin/Release/net10.0/$project.dll")
done
dotnet test "${assemblies[@]}" --logger "trx;LogFileName=tests.trx" --results-directory "$results" --blame-hang-timeout 5m "${quick[@]}"
status=$?
echo "The slowest tests:"
slowest
passed=$(count passed)
failed=$(count failed)
# A run that ends badly without a failed test has lost some: it must not look like a success. Nor must a project without a test.
for assembly in "${assemblies[@]}"; do
  grep -qiF "/${assembly##*/}\"" "$results"/tests.trx || { echo "FAILED  $assembly left no results"; failed=$((failed + 1)); }
done
if [ $status != 0 ] && [ "$failed" = 0 ]; then
  echo "FAILED  dotnet test ended with status $status"
  failed=1
fi
skipped=$(($(count total) - $(count executed)))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
