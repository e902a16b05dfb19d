# Sourced by run.sh: what is on the disks of a VM that ends in the middle of its changes.
. "$top/tests/vm/guest/commit"

until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return
    sleep 0.05
  done
}

# The last change that was acknowledged on a disk; of a line that was cut off nothing is believed.
last() {
  local line last=0
  while read -r line; do last=${line%$'\r'}; done <"$1.acks"
  echo "$last"
}

changes_on_both() { [ "$(last none)" -ge 4 ] && [ "$(last writeback)" -ge 4 ]; }

forget_changes() { : >none.acks && : >writeback.acks; }

changing_vm() {
  vm commits none.acks writeback.acks -drive "$raw,file=none.qcow2,cache=none" -drive "$raw,file=writeback.qcow2,cache=writeback" "$@"
}

# Boots once, up to the middle of the changes, and keeps the VM's state with its disks: a boot for each kill would take too long.
freeze() {
  qemu-img create -q -u -f qcow2 -b base.img -F raw none.qcow2 1G
  cp none.qcow2 writeback.qcow2
  mkdir disks
  forget_changes
  (until_true 300 changes_on_both && echo 'migrate "exec:cat >state"' && echo quit) | (limit="timeout 600" changing_vm -monitor stdio)
  cp none.qcow2 writeback.qcow2 disks
  [ -s state ] && changes_on_both
}

# pull_plug SECONDS: wakes the VM, ends it after that time, and compares both disks with what it had acknowledged.
pull_plug() {
  local machine
  cp disks/* .
  forget_changes
  changing_vm -monitor none -incoming "exec:cat state" </dev/null &
  machine=$!
  until_true 60 changes_on_both
  sleep "$1"
  kill -KILL $machine || return
  wait $machine
  disk_is_old_or_new none && disk_is_old_or_new writeback
}

disk_is_old_or_new() {
  local image=$1.qcow2 old content found
  old=$(last "$1")
  content=$("$root/usr/bin/qcow2fs" cat "$image" backing_file && "$root/usr/bin/qcow2fs" cat "$image" header/size &&
    if "$root/usr/bin/qcow2fs" ls "$image" extensions | grep -q 0x0000cafe; then "$root/usr/bin/qcow2fs" cat "$image" extensions/0xcafe; fi)
  for found in $((old)) $((old + 1)); do
    if [ "$content" = "$(state $found)" ]; then
      echo "$1 $old $found $(grep -c '' "$1.acks")" >>found
      judge "$image" "$(sed -n 2p <<<"$content")" "$(sed -n 1p <<<"$content")"
      return
    fi
  done
  printf '%s: change %s was acknowledged, but there is\n%s\n' "$image" "$old" "$content"
  return 1
}
