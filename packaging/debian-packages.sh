# Sourced: packages of Debian for any architecture, with lists of their own; those of the machine are left alone.
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror: where the machine's own apt gets its release of Debian.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' \
    "Release: $(. /etc/os-release && echo "$VERSION_CODENAME")" | head -n 1
}

# use_packages ARCHITECTURE DIRECTORY [SUITE]: where the lists and the packages of this architecture are kept from here on. They are
# those of the machine's sources, or of this suite on the machine's mirror; fails if the mirror has no such suite.
use_packages() {
  package_directory=$2
  mkdir -p "$2"/apt/{lists,cache/archives}/partial
  : >"$2/apt/status"
  cat >"$2/apt.conf" <<END
APT { Architecture "$1"; Architectures { "$1"; }; Sandbox::User ""; };
Dir { State "$2/apt"; State::lists "$2/apt/lists"; State::status "$2/apt/status"; Cache "$2/apt/cache"; };
END
  if [ -n "${3-}" ]; then
    echo "deb [signed-by=$debian_keyring] $(mirror) $3 main" >"$2/apt/sources.list"
    # A suite in development may be served long after its lists have expired.
    cat >>"$2/apt.conf" <<END
Dir::Etc { sourcelist "$2/apt/sources.list"; sourceparts "/dev/null"; preferencesparts "/dev/null"; };
Acquire { Check-Valid-Until "false"; Languages "none"; };
END
  fi
  packages apt-get -qq --error-on=any update
}

# packages COMMAND...: apt-cache or apt-get with these lists.
packages() { APT_CONFIG=$package_directory/apt.conf "$@"; }

# unpack PACKAGE DIRECTORY: downloads the package once, and unpacks it.
unpack() {
  local file
  file=$(find "$package_directory" -maxdepth 1 -name "$1_*.deb")
  if [ -z "$file" ]; then
    (cd "$package_directory" && packages apt-get -qq download "$1") || return
    file=$(find "$package_directory" -maxdepth 1 -name "$1_*.deb")
  fi
  unpack_file "$file" "$2"
}

# unpack_file FILE DIRECTORY: puts the package's files where / and /usr are one.
unpack_file() {
  mkdir -p "$2"/usr/{bin,lib,lib64,sbin}
  for directory in bin lib lib64 sbin; do ln -sfn "usr/$directory" "$2/$directory"; done
  dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"
}
