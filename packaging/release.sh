#!/usr/bin/env bash
# Makes the release of this commit in dist/: for x64 and arm64 a tarball and a Debian package with one static program, and the NuGet
# package of Fuse3. On one release of Debian the bytes are the same wherever the commit is built: its linker, libfuse3 and glibc are in it.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
. packaging/debian-packages.sh

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

work=.build/release
name=qcow2fs-$version
tree=$work/$name
package=$work/package

put() { install -D -m "$1" "$2" "$tree/$3"; }

# What compiles for the other architecture is in packages of its own; the compiler of the machine has the name of its target, too.
need_compilers() {
  local triplet missing=()
  for triplet in x86_64-linux-gnu aarch64-linux-gnu; do
    echo 'int main(void) { return 0; }' | "$triplet-gcc" -static -xc -o /dev/null - 2>/dev/null || missing+=("$triplet")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "packaging/release.sh: no compiler and static C library for ${missing[*]}; on Debian install gcc and libc6-dev for this machine," \
    "gcc-aarch64-linux-gnu or gcc-x86-64-linux-gnu for the other" >&2
  return 1
}

# make_tree RUNTIME ARCHITECTURE TRIPLET
make_tree() {
  local packages=$work/packages/$2
  use_packages "$2" "$PWD/$packages"
  unpack libfuse3-dev "$packages/root"
  unpack libc6-dev "$packages/root"
  # The paths of this checkout stay out of the program: ContinuousIntegrationBuild.
  dotnet publish src/Qcow2Fs.Cli -c Release -r "$1" -p:ContinuousIntegrationBuild=true -p:DebugType=none \
    -p:LibFuseArchive="$PWD/$packages/root/usr/lib/$3/libfuse3.a" -p:CppCompilerAndLinker="$3-gcc" -p:ObjCopyName="$3-objcopy" \
    --artifacts-path "$work" -o "$work/publish" -v quiet -nologo
  put 755 "$work/publish/qcow2fs" bin/qcow2fs
  put 644 docs/qcow2fs.1 share/man/man1/qcow2fs.1
  put 644 completions/qcow2fs.bash share/bash-completion/completions/qcow2fs
  put 644 completions/_qcow2fs share/zsh/site-functions/_qcow2fs
  put 644 completions/qcow2fs.fish share/fish/vendor_completions.d/qcow2fs.fish
  put 644 packaging/systemd/qcow2fs@.service share/doc/qcow2fs/examples/qcow2fs@.service
  put 644 LICENSE share/doc/qcow2fs/LICENSE
  put 644 packaging/static-linking.txt share/doc/qcow2fs/static-linking.txt
  put 644 "$work/publish/dotnet-notices.txt" share/doc/qcow2fs/dotnet-notices.txt
  put 644 "$packages/root/usr/share/doc/libfuse3-dev/copyright" share/doc/qcow2fs/libfuse3-copyright.txt
  put 644 "$packages/root/usr/share/doc/libc6-dev/copyright" share/doc/qcow2fs/libc6-copyright.txt
  put 644 /usr/share/common-licenses/LGPL-2.1 share/doc/qcow2fs/LGPL-2.1.txt
  gzip -9n "$tree/share/man/man1/qcow2fs.1"
}

make_tarball() {
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -C "$work" -c "$name" \
    | gzip -9n >"dist/$name-$1.tar.gz"
}

# The same tree, where Debian's policy wants it.
make_package() {
  local maintainer
  mkdir -p "$package/DEBIAN"
  cp -r "$tree" "$package/usr"
  mv "$package/usr/share/zsh/site-functions" "$package/usr/share/zsh/vendor-completions"
  # Debian has these licences in common-licenses, and copyright points there.
  rm "$package"/usr/share/doc/qcow2fs/{LICENSE,LGPL-2.1.txt}
  cp packaging/debian/copyright "$package/usr/share/doc/qcow2fs/copyright"
  install -D -m 644 packaging/debian/lintian-overrides "$package/usr/share/lintian/overrides/qcow2fs"
  maintainer=$(sed -n 's/^Maintainer: //p' packaging/debian/control)
  gzip -9n >"$package/usr/share/doc/qcow2fs/changelog.gz" <<END
qcow2fs ($version) unstable; urgency=medium

  * The history of the source tells what has changed.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
END
  sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$1/; s/@SIZE@/$(du -k -s --apparent-size "$package/usr" | cut -f 1)/" \
    packaging/debian/control >"$package/DEBIAN/control"
  (cd "$package" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$package/DEBIAN/md5sums"
  find "$package" -print0 | xargs -0 touch -h -d "@$SOURCE_DATE_EPOCH"
  dpkg-deb --root-owner-group -Zxz -b "$package" "dist/qcow2fs_${version}_$1.deb" >/dev/null
}

need_compilers
rm -rf dist
mkdir -p dist
for target in "linux-x64 amd64 x86_64-linux-gnu" "linux-arm64 arm64 aarch64-linux-gnu"; do
  read -r runtime architecture triplet <<<"$target"
  rm -rf "$tree" "$package" "$work/publish"
  make_tree "$runtime" "$architecture" "$triplet"
  make_tarball "$runtime"
  make_package "$architecture"
done
dotnet pack src/Fuse3 -c Release -p:ContinuousIntegrationBuild=true --artifacts-path "$work" -o dist -v quiet -nologo
ls -l dist
