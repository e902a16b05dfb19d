#!/usr/bin/env bash
# Mounts the header of a qcow2 image as a directory; installs and builds what is missing first.
#   ./mount.sh [IMAGE [MOUNTPOINT]]    without IMAGE: makes demo.qcow2; MOUNTPOINT is ./mnt if not given
#   ./mount.sh --umount [MOUNTPOINT]
# It leaves the program in .build/qcow2fs: qcow2fs mount -o OPTS and all other commands.
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
built=$top/.build/qcow2fs
program=$built/qcow2fs

say() { printf '%s\n' "mount.sh: $*" >&2; }
die() { say "$@"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "this needs root and there is no sudo; as root, run: $*"
  fi
}

has_fuse() {
  # The library is what serves, the helper is what mounts for users other than root.
  command -v fusermount3 >/dev/null || [ -x /bin/fusermount3 ] || return 1
  local library
  for library in /lib/*/libfuse3.so.[34] /usr/lib/*/libfuse3.so.[34] /usr/lib*/libfuse3.so.[34] /lib/libfuse3.so.[34]; do
    [ ! -e "$library" ] || return 0
  done
  return 1
}

need_fuse() {
  has_fuse && return
  say "installing fuse3"
  if command -v apt-get >/dev/null; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fuse3
  elif command -v dnf >/dev/null; then as_root dnf install -y -q fuse3 fuse3-libs
  elif command -v yum >/dev/null; then as_root yum install -y -q fuse3 fuse3-libs
  elif command -v zypper >/dev/null; then as_root zypper --non-interactive install fuse3
  elif command -v apk >/dev/null; then as_root apk add fuse3
  elif command -v pacman >/dev/null; then as_root pacman -S --noconfirm --needed fuse3
  else die "libfuse 3 is missing and this machine's package manager is not known; install the package fuse3"
  fi >&2
  has_fuse || die "the package fuse3 was installed, but libfuse3 or fusermount3 is still not found"
}

need_dotnet() {
  command -v dotnet >/dev/null || die "the .NET SDK 10 is missing; install the package dotnet-sdk-10.0 (or see dot.net) and try again"
  local sdks
  sdks=$(dotnet --list-sdks | tr '\n' ' ')
  [[ " $sdks" =~ " "1[0-9]\. ]] || die "the .NET SDK 10 is missing; there are only: $sdks"
}

# What the program is built from, as one number: contents and names, so that a deleted file counts too.
sources() {
  cd "$top"
  find src Directory.Build.props Directory.Packages.props \( -name bin -o -name obj \) -prune -o -type f -print0 \
    | sort -z | xargs -0 cksum | cksum
}

need_program() {
  local now
  now=$(sources)
  [ -x "$program" ] && [ "$(cat "$built.sources" 2>/dev/null)" = "$now" ] && return
  need_dotnet
  say "building (once; again only when the sources change)"
  dotnet publish "$top/src/Qcow2Fs.Cli" -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --artifacts-path "$top/.build/work" -o "$built" -v quiet -nologo >&2
  printf '%s\n' "$now" >"$built.sources"
}

# The source of a mount of ours at a directory, as the kernel writes it (\040 for a space).
source_at() {
  local path
  path=$(cd -- "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
  at=${path// /\\040} awk '$5 == ENVIRON["at"] { for (i = 6; i < NF; i++) if ($i == "-" && $(i + 1) == "fuse.qcow2fs") print $(i + 2) }' /proc/self/mountinfo | tail -n 1
}

show() {
  local image=$1 mount=$2
  printf '%s is mounted on %s\n\n' "$image" "$mount"
  (cd -- "$mount" && ls -d -- *)
  if [ -d "$image" ]; then
    printf '\nTry:\n'
    printf '  %s\n' "head '$mount'/*/header/size" "grep . '$mount'/*/problems" "$0 --umount '$mount'"
    return
  fi
  cat <<END

Try:
  cat '$mount/header/size'
  head '$mount'/header/*
  echo 'any bytes' > '$mount/extensions/0xcafe' && hexdump -C '$mount/header.bin'
  touch '$mount/features/incompatible/63' && cat '$mount/problems'
  rm '$mount/features/incompatible/63' '$mount/extensions/0xcafe'
  $0 --umount '$mount'
END
}

case ${1-} in
  -h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit
    ;;
  --umount)
    [ -x "$program" ] || die "nothing was built here yet, so nothing of it is mounted"
    exec "$program" umount "${2-mnt}"
    ;;
  -*) die "there is no option $1; see $0 --help" ;;
esac
[ $# -le 2 ] || die "too many words; see $0 --help"

need_fuse
need_program
image=${1-demo.qcow2}
mount=${2-mnt}
if [ $# = 0 ] && [ ! -e "$image" ]; then
  "$program" create "$image" 1G
fi
mkdir -p -- "$mount" 2>/dev/null || [ -n "$(source_at "$mount")" ] || die "$mount is not a directory and cannot be made one"
path=$(readlink -f -- "$image")
if [ "$(source_at "$mount")" != "${path// /\\040}" ] || ! ls -- "$mount" >/dev/null 2>&1; then
  "$program" mount "$image" "$mount"
fi
show "$image" "$mount"
