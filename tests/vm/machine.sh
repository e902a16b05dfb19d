# Sourced by run.sh: makes what the test VM boots from, and runs it.

# A package's files, without installing it.
unpack() {
  [ -e "$work/$1" ] && return
  (cd "$work" && rm -rf "$1".* "$1"_* && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg-deb -x "$1"_*.deb "$1.new" && mv "$1.new" "$1")
}

# busybox, the program, what it loads, and the modules for disks and FUSE: all that the VM has, and a container would.
make_root() {
  local kernel version libfuse
  need qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils fusermount3=fuse3 mke2fs=e2fsprogs || return
  apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || apt-get update -qq
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/ *Depends: //p')
  version=${kernel#linux-image-}
  mkdir -p "$work"
  unpack "$kernel" && unpack busybox-static && "$top/packaging/release.sh" || return
  ln -sf "$kernel/boot/vmlinuz-$version" "$work/vmlinuz"

  rm -rf "$root"
  mkdir -p "$root"/{bin,dev,mnt,proc,tmp,usr}
  cp "$work/busybox-static/bin/busybox" "$root/bin"
  "$root/bin/busybox" --list | grep -vx busybox | xargs -I{} ln -s busybox "$root/bin/{}"
  tar -C "$root/usr" --strip-components=1 -xzf "$top"/dist/*.tar.gz
  libfuse=$(ldconfig -p | sed -n 's/.*libfuse3\.so\.[34] .*x86-64.* => //p' | head -n 1)
  ldd "$root/usr/bin/qcow2fs" "$libfuse" | grep -o '/lib[^ ]*\.so[^ :]*' | grep -v "^$libfuse$" | sort -u \
    | xargs cp -L --parents -t "$root" "$libfuse" || return
  (cd "$work/$kernel" && cp -r --parents "lib/modules/$version/kernel"/{drivers/virtio,drivers/block/virtio_blk.ko,fs/fuse} "$root")
  "$root/bin/busybox" depmod -b "$root" "$version" || return
  cp -r "$top/tests/vm/guest" "$root/test"
  cp "$top"/tests/vm/*.txt "$root/test"
  ln -s test/init "$root/init"
  (cd "$root" && find . | "$root/bin/busybox" cpio -o -H newc) >"$work/initramfs"
}

# vm TASK LINE1 LINE2 DISK1 DISK2 QEMU-OPTIONS...: becomes the VM, under the command "limit" if it is set. What the guest writes to
# its serial lines 1 and 2 goes to files.
vm() {
  local task=$1 line1=$2 line2=$3 disk1=$4 disk2=$5
  shift 5
  # shellcheck disable=SC2086
  exec ${limit-} qemu-system-x86_64 -machine q35,accel=tcg -cpu max -m 256 -display none -vga none -nic none -no-reboot \
    -kernel "$work/vmlinuz" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1 task=$task" \
    -serial "file:$task.console" -serial "file:$line1" -serial "file:$line2" \
    -drive "format=raw,if=virtio,file=$disk1" -drive "format=raw,if=virtio,file=$disk2" "$@"
}
