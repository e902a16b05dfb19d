# Sourced: what the tests take from other suites of Debian, by way of the machine's own mirror. Wants $top; keeps all in .build.
. "$top/packaging/debian-packages.sh"

# has_suite SUITE: whether the mirror has it.
has_suite() { /usr/lib/apt/apt-helper -qq download-file "$(mirror)dists/$1/InRelease" "$(mktemp -u -p "$work")" 2>/dev/null; }

# make_tree SUITE: makes the suite's smallest system once; copy_tree SUITE DIRECTORY puts it there.
make_tree() {
  local tree=$top/.build/distributions/$1/tree
  [ -e "$tree.made" ] && return
  rm -rf "$tree"
  mkdir -p "$tree" &&
    debootstrap --variant=minbase --keyring="$debian_keyring" "$1" "$tree" "$(mirror)" || return
  # The network as this machine's apt reaches it; a suite in development may be served long after its lists have expired.
  { apt-config dump Acquire | grep -v ::IndexTargets; echo 'Acquire::Check-Valid-Until "false";'; } >"$tree/etc/apt/apt.conf.d/machine"
  echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/machine"
  # systemd makes this link when it starts; fusermount3 needs it to unmount.
  ln -sf ../proc/self/mounts "$tree/etc/mtab"
  # Tests run what is below as other users.
  chmod 755 "$tree/root"
  touch "$tree.made"
}

copy_tree() { mkdir -p "$2" && cp -a "$top/.build/distributions/$1/tree/." "$2" && cp -L /etc/resolv.conf /etc/hosts "$2/etc"; }

# enter TREE DIRECTORY... -- COMMAND...: runs the command in the tree as on a machine of its own, which also has these directories of
# this one. Mounts and processes end with the command.
enter() {
  local tree=$1 variable variables=() directories=()
  shift
  while [ "$1" != -- ]; do directories+=("$1"); shift; done
  shift
  while read -r variable; do variables+=("$variable=${!variable}"); done < <(compgen -e | grep -E '^(DOTNET|NUGET|Q2FS)_|_proxy$')
  # A shell stays the first process: it waits for those that lose their parent.
  tree=$tree unshare --mount --pid --fork --kill-child bash -e -c '
    mount --bind "$tree" "$tree"
    cd "$tree"
    mount -t proc proc proc
    mount --rbind /sys sys
    mount --rbind /dev dev
    while [ "$1" != -- ]; do mkdir -p "./$1" && mount --bind "$1" "./$1" && shift; done
    pivot_root . .
    umount -l .
    shift
    cd /tmp
    exec "$@"' bash "${directories[@]}" -- \
    env -i HOME="$HOME" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" bash -c '"$@"; exit' bash "$@"
}

# Where the .NET SDK of this machine is.
sdk() { dotnet --list-sdks | sed -n 's:.*\[\(.*\)/sdk\]$:\1:p' | tail -n 1; }

# install_sdk TREE: what the .NET SDK depends on, and whom this machine trusts on the network. The SDK itself comes with in_clone.
install_sdk() {
  mkdir -p "$1/etc/dotnet" && sdk >"$1/etc/dotnet/install_location" && ln -s "$(sdk)/dotnet" "$1/usr/local/bin/dotnet" &&
    enter "$1" -- sh -c 'apt-get -qq update &&
      DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ca-certificates libstdc++6 openssl' &&
    cp -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$1/etc/ssl/certs/ca-certificates.crt"
}

# in_clone TREE COMMAND...: runs the command in this repository, with this machine's SDK and what is built already.
in_clone() {
  local tree=$1
  shift
  # The Git directory is elsewhere if this is a worktree.
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 enter "$tree" "$top" "$(git -C "$top" rev-parse --path-format=absolute --git-common-dir)" \
    "$(sdk)" "$HOME/.nuget" -- sh -c 'cd "$0" && exec "$@"' "$top" "$@"
}

# fetch_source SUITE: the source package of the suite's QEMU, once; unpack_iotests SUITE DIRECTORY: QEMU's own tests out of it. They are
# GPL and no part of this project.
fetch_source() (
  files=$top/.build/distributions/$1/source
  ls "$files"/*.orig.tar.xz >/dev/null 2>&1 && return
  use_packages "$(dpkg --print-architecture)" "$files" "$1" &&
    sed -i 's/^deb /deb-src /' "$files/apt/sources.list" &&
    packages apt-get -qq update && cd "$files" && packages apt-get -qq source --download-only qemu
)

unpack_iotests() {
  mkdir -p "$2" && tar -xf "$top/.build/distributions/$1/source"/*.orig.tar.xz -C "$2" --strip-components=1 \
    --wildcards '*/tests/qemu-iotests' '*/python'
}
