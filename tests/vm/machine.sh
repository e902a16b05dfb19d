# Sourced by run.sh: makes what a test VM boots from, and runs it.
. "$top/packaging/debian-packages.sh"

# use ARCHITECTURE: from here on the machine is of this one, in Debian's words.
use() {
  architecture=$1
  work=$build/$1
  root=$work/root
  case $1 in
  amd64) tarball=linux-x64 emulator=qemu-system-x86_64 board=(-machine "q35,accel=tcg" -cpu max -vga none) ;;
  arm64) tarball=linux-arm64 emulator=qemu-system-aarch64 board=(-machine "virt,accel=tcg" -cpu "max,pauth-impdef=on" -serial null) ;;
  *) echo "there is no VM for $1" >&2; return 1 ;;
  esac
}

# The packages that one is there for, as: depends PACKAGE PATTERN.
depends() { packages apt-cache depends "$1" | sed -n "s/ *Depends: \($2\)$/\1/p" | head -n 1; }

# make_root KERNEL [PROGRAM]: busybox, the modules for disks and file systems of the kernel of that package, and the program, if a
# release of it is given: all that the VM has, and a container would.
make_root() {
  local kernel version
  need qemu-system-x86_64=qemu-system-x86 qemu-system-aarch64=qemu-system-arm qemu-img=qemu-utils mke2fs=e2fsprogs busybox=busybox &&
    use_packages "$architecture" "$work" || return
  kernel=$(depends "$1" 'linux-image-.*')
  version=${kernel#linux-image-}
  rm -rf "$root" "$work/files"
  unpack "$kernel" "$work/files" && unpack busybox-static "$root" || return
  rm -rf "$root/usr/share"
  mkdir -p "$root"/{dev,mnt,proc,tmp}
  busybox --list | grep -vx busybox | xargs -I{} ln -sf busybox "$root/bin/{}"
  [ -z "${2-}" ] || tar -C "$root/usr" --strip-components=1 -xzf "$2" --wildcards '*/bin/qcow2fs' || return
  ln -sf "$work/files/boot/vmlinuz-$version" "$work/vmlinuz"
  cd "$work/files/usr/lib/modules/$version/kernel" || return
  mkdir -p "$root/usr/lib/modules/$version/kernel"
  # The kernels for clouds lack some of these.
  find drivers/virtio drivers/block/virtio_blk.ko fs/{fuse,9p,netfs,fscache} net/9p -name '*.ko' \
    -exec cp --parents -t "$root/usr/lib/modules/$version/kernel" {} + 2>/dev/null
  cd - >/dev/null || return
  busybox depmod -b "$root" "$version" || return
  cp -r "$top/tests/vm/guest" "$root/test"
  cp "$top"/tests/vm/*.txt "$root/test"
  ln -s test/init "$root/init"
  (cd "$root" && find . | busybox cpio -o -H newc) >"$work/initramfs"
}

# vm TASK LINE1 LINE2 QEMU-OPTIONS...: becomes the VM, under the command "limit" if it is set. What the guest writes to
# its serial lines 1 and 2 goes to files.
vm() {
  local task=$1 line1=$2 line2=$3 file lines=()
  shift 3
  for file in "$task.console" "$line1" "$line2"; do
    case $architecture in
    amd64) lines+=(-serial "file:$file") ;;
    # The board has one line, and not of the kind that is called ttyS0.
    arm64) lines+=(-chardev "file,id=line${#lines[@]},path=$file" -device "pci-serial,chardev=line${#lines[@]}") ;;
    esac
  done
  # shellcheck disable=SC2086
  exec ${limit-} "$emulator" "${board[@]}" -m 96 -display none -nic none -no-reboot \
    -kernel "$work/vmlinuz" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1 task=$task" "${lines[@]}" "$@"
}
