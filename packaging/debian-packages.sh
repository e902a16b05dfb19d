# Sourced: packages of Debian for any architecture, with lists of their own; those of the machine are left alone.

# use_packages ARCHITECTURE DIRECTORY: where the lists and the packages of this architecture are kept from here on.
use_packages() {
  package_directory=$2
  mkdir -p "$2"/apt/{lists,cache}/partial
  : >"$2/apt/status"
  cat >"$2/apt.conf" <<END
APT { Architecture "$1"; Architectures { "$1"; }; Sandbox::User ""; };
Dir { State "$2/apt"; State::lists "$2/apt/lists"; State::status "$2/apt/status"; Cache "$2/apt/cache"; };
END
  packages apt-get -qq update
}

# packages COMMAND...: apt-cache or apt-get with these lists.
packages() { APT_CONFIG=$package_directory/apt.conf "$@"; }

# unpack PACKAGE DIRECTORY: downloads the package once, and puts its files where / and /usr are one.
unpack() {
  local file
  file=$(find "$package_directory" -maxdepth 1 -name "$1_*.deb")
  if [ -z "$file" ]; then
    (cd "$package_directory" && packages apt-get -qq download "$1") || return
    file=$(find "$package_directory" -maxdepth 1 -name "$1_*.deb")
  fi
  mkdir -p "$2"/usr/{bin,lib,lib64,sbin}
  for directory in bin lib lib64 sbin; do ln -sfn "usr/$directory" "$2/$directory"; done
  dpkg-deb --fsys-tarfile "$file" | tar -x --keep-directory-symlink -C "$2"
}
