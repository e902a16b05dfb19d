#!/usr/bin/env bash
# Makes the release of this commit in dist/: for each architecture a tarball and a Debian package, with the same bytes wherever the
# commit is built.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

work=.build/release
name=qcow2fs-$version
tree=$work/$name
package=$work/package

put() { install -D -m "$1" "$2" "$tree/$3"; }

make_tree() {
  # The paths of this checkout stay out of the program: ContinuousIntegrationBuild.
  dotnet publish src/Qcow2Fs.Cli -c Release -r "$1" -p:ContinuousIntegrationBuild=true -p:DebugType=none \
    --artifacts-path "$work" -o "$work/publish" -v quiet -nologo
  put 755 "$work/publish/qcow2fs" bin/qcow2fs
  put 644 docs/qcow2fs.1 share/man/man1/qcow2fs.1
  put 644 completions/qcow2fs.bash share/bash-completion/completions/qcow2fs
  put 644 completions/_qcow2fs share/zsh/site-functions/_qcow2fs
  put 644 completions/qcow2fs.fish share/fish/vendor_completions.d/qcow2fs.fish
  put 644 packaging/systemd/qcow2fs@.service share/doc/qcow2fs/examples/qcow2fs@.service
  put 644 LICENSE share/doc/qcow2fs/LICENSE
  put 644 "$work/publish/dotnet-notices.txt" share/doc/qcow2fs/dotnet-notices.txt
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
  rm "$package/usr/share/doc/qcow2fs/LICENSE"
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

rm -rf dist
mkdir -p dist
for architecture in x64=amd64 arm64=arm64; do
  rm -rf "$tree" "$package" "$work/publish"
  make_tree "linux-${architecture%=*}"
  make_tarball "linux-${architecture%=*}"
  make_package "${architecture#*=}"
done
ls -l dist
