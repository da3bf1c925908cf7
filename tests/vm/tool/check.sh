# SPDX-License-Identifier: GPL-2.0-or-later
# check on a real host: what it finds comes and goes with its reason.  No kexec.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}

# finds STATUS WANT [WORD...]: findings, exit status, and JSON as the schema has it
finds() {
	expect "$1" check --json "${@:3}"
	valid check
	is "$err" ""
	is "$(found)" "$2"
}

# opens: how often check opens /dev/liveupdate
opens() {
	strace -f -e trace=open,openat "$LUCTL" check 2>&1 >/dev/null | grep -c '"/dev/liveupdate"' || :
}

# Before vfio-pci is loaded, /dev/liveupdate is not touched.
if modular; then
	finds 4 "vfio-unloaded /dev/liveupdate"
	is "$(opens)" 0
	finds 4 "vfio-unloaded /dev/liveupdate, device-driver $a" "$a"
else
	finds 4 "device-driver $a" "$a"
fi
bind_all
finds 0 "device-native-driver $b"
is "$(opens)" 1
expect 0 check -n -o id,object
is "$(tr -s ' ' <<<"$out" | head -n1)" "device-native-driver $b"
finds 0 "" "$a"

# Somebody has /dev/liveupdate.
exec 9<>/dev/liveupdate
finds 0 "liveupdate-busy /dev/liveupdate" "$a"
shows "bash (pid $$)"
exec 9>&-
finds 0 "" "$a"

# A driver of the host has it.
echo "$b" >"/sys/bus/pci/devices/$b/driver/unbind"
echo >"/sys/bus/pci/devices/$b/driver_override"
modprobe igb
echo "$b" >/sys/bus/pci/drivers_probe
finds 4 "device-driver $b, device-native-driver $b" "$b"
shows "its driver is igb"
echo "$b" >"/sys/bus/pci/devices/$b/driver/unbind"
bind_one "$b"
finds 0 "device-native-driver $b"

# A program uses it, with and without interrupts; then it preserves it itself.
hold /tmp/1 "open:$(cdev "$a")" bind
finds 4 "device-in-use $a" "$a"
shows "probe (pid $(pgrep -x probe))"
let_go "$a"
hold /tmp/1 "open:$(cdev "$a")" bind msi
finds 4 "device-in-use $a, device-interrupts $a" "$a"
shows "(1 MSI)"
let_go "$a"
hold /tmp/1 "open:$(cdev "$a")" bind intx
finds 4 "device-in-use $a, device-interrupts $a" "$a"
shows "(1 intx)"
let_go "$a"
finds 0 "" "$a"
hold /tmp/1 create:own "open:$(cdev "$a")" bind preserve:1 msi
finds 4 "device-interrupts $a" "$a"
shows "device-preserved"
let_go "$a"
hold /tmp/1 create:own "open:$(cdev "$a")" bind preserve:1
finds 0 "" "$a"
let_go "$a"

# The next kernel: its configuration is in the image, its command line is ours to give.
finds 0 "" "$a" "${NEXT[@]}"
finds 4 "target-liveupdate 7.3.4" "$a" "${NEXT[@]}" --append liveupdate=off
finds 4 "target-kho 7.3.4" "$a" "${NEXT[@]}" --append kho=0
finds 4 "target-iommu-off 7.3.4" "$a" "${NEXT[@]}" --append intel_iommu=off
finds 0 "target-iommu 7.3.4" "$a" "${NEXT[@]}" --append iommu=pt
finds 0 "target-assign-busses 7.3.4" "$a" "${NEXT[@]}" --append pci=assign-busses
finds 0 "" "$b" "${NEXT[@]}" --append vfio-pci.ids=8086:10c9
truncate -s 900M /tmp/large # more than either kernel of the lab has in one piece
finds 4 "scratch-small 7.3.4" "$a" --kernel "$IMAGE" --initrd /tmp/large --reuse-cmdline
finds 0 "target-config-unknown /etc/passwd" "$a" --kernel /etc/passwd --reuse-cmdline

# A kernel is loaded: by others, from a file as this kernel only can, and by us.
is "$(loaded)" 0
next-kernel --load
finds 0 "target-unknown kexec" "$a"
expect 0 kexec --load-only "${NEXT[@]}"
finds 0 "" "$a"
kexec -s -u
finds 0 "" "$a"

# Preserved, before an init system that ends the keeper.
expect 0 preserve vm "$a"
finds 0 "" "$a"
mkdir -p /run/systemd/system
finds 4 "init-kills vm" "$a"
finds 0 "" "$a" --direct
rm -r /run/systemd
expect 8 status --exit-code
expect 8 status --json --exit-code
valid status
is "$(jq -r '.phase, .hidden, .sessions[0].kind' <<<"$out")" "preserved
null
vfio-pci-v1"

# Without privilege: what can be read, and that there is more.
nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$LUCTL" "$@"
}
is "$(nobody check -n -o id,object "$a" | grep ^hidden | tr -s ' ')" "hidden /run/vfio-luctl
hidden processes of other users
hidden /sys/kernel/debug/liveupdate
hidden /dev/liveupdate"
is "$(nobody status -n -o session,device,direction,state)" "-  $a  outgoing  preserved"
got=0; nobody status --exit-code >/dev/null || got=$?
is $got 8
expect 0 cancel vm
got=0; nobody status --exit-code >/dev/null || got=$?
is $got 0
expect 0 status --exit-code
is "$out" "phase: idle"
is_free "$a"
