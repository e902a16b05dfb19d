# Sourced: what the tests take from other suites of Debian, by way of the machine's own mirror. Wants $top; keeps all in .build.
. "$top/packaging/debian-packages.sh"

# qemu_of SUITE DIRECTORY: makes qemu-img and qemu-io in the directory, which run those of the suite with the suite's libraries.
qemu_of() (
  files=$top/.build/distributions/$1/qemu
  if [ ! -e "$files/unpacked" ]; then
    # No package counts as installed, so this is all of what qemu-img needs.
    use_packages "$(dpkg --print-architecture)" "$files" "$1" &&
      packages apt-get -qq -y -d --no-install-recommends install qemu-utils || return
    for package in "$files"/apt/cache/archives/*.deb; do
      unpack_file "$package" "$files/root" || return
    done
    touch "$files/unpacked"
  fi
  mkdir -p "$2"
  libraries=$(dirname -- "$files"/root/usr/lib/*-linux-gnu/libc.so.6)
  for program in qemu-img qemu-io; do
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$(echo "$libraries"/ld-linux-*)" "$libraries" \
      "$files/root/usr/bin/$program" >"$2/$program"
    chmod 755 "$2/$program"
  done
)
