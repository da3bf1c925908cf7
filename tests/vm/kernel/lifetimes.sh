# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who keeps what alive in the old kernel: many rounds leave nothing behind; the
# module, the driver and the device itself are asked to go while a file of the
# device is preserved.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]}
device=/sys/bus/pci/devices/$a

# memory NAME: of /proc/meminfo in KiB, when caches are empty
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo
}

references() {
	! modular || cat /sys/module/vfio_pci/refcnt
}

bind_all
root=$(realpath "$device/..")
is "$("$PROBE" "open:$(cdev "$a")" bind rounds:1000 | tail -n 1)" "rounds ok"
idle=$(references) free=$(memory MemFree) slab=$(memory SUnreclaim)
is "$("$PROBE" "open:$(cdev "$a")" bind rounds:5000 config | tail -n 2 | tr '\n' ' ')" "rounds ok config ok 1234:11e8 "
lost=$((free - $(memory MemFree))) grown=$(($(memory SUnreclaim) - slab))
echo "5000 rounds: $lost KiB less free, slab $grown KiB more"
# A page for each would be 20000 KiB, which is far above the noise; an object of 64 bytes
# 312 KiB
debugging || ((lost < 10000 && grown < 200))
is "$(references)" "$idle"
is "$(cat "$device/liveupdate") $(cat "$root/liveupdate")" "none none"

# asked COMMAND: while a file of the device is preserved by a process that does
# not close it when it is asked to; then it ends, and the command must, too
asked() {
	rm -f /tmp/preserved
	sleep 1000 | "$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 touch:/tmp/preserved wait >/dev/null &
	until_true test -e /tmp/preserved
	bash -c "$1" &
	sleep 1
	kill -0 $!
	is "$(cat "$device/liveupdate") $(cat "$root/liveupdate")" "outgoing outgoing"
	pkill -x probe
	wait $!
}

asked "echo $a >/sys/bus/pci/drivers/vfio-pci/unbind"
[ ! -e "$device/driver" ]
is "$(cat "$device/liveupdate") $(cat "$root/liveupdate")" "none none"
bind_one "$a"
until_true is_free "$a"

asked "echo 1 >$device/remove"
[ ! -e "$device" ]
is "$(cat "$root/liveupdate")" none
echo 1 >/sys/bus/pci/rescan
bind_one "$a"
until_true is_free "$a"

asked "echo 1 >$root/remove"
[ ! -e "$root" ]
echo 1 >/sys/bus/pci/rescan
bind_one "$a"
until_true is_free "$a"
is "$(cat "$device/liveupdate") $(cat "$root/liveupdate")" "none none"

# The module does not go while it is needed, and goes afterwards
sleep 1000 | "$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 close touch:/tmp/last wait >/dev/null &
until_true test -e /tmp/last
if modular && modprobe -r vfio-pci; then false; fi
pkill -x probe
echo "$a" >/sys/bus/pci/drivers/vfio-pci/unbind
! modular || modprobe -r vfio-pci
bind_all
is_free "$a"

# Nobody is left to hold a session: what the next kernel gets is nothing
sleep 1000 | "$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 touch:/tmp/holder wait >/dev/null &
until_true test -e /tmp/holder
is "$(cat "$device/liveupdate")" outgoing
pkill -KILL -x probe
until_true is "$(cat "$device/liveupdate")" none
is "$(cat /sys/kernel/debug/liveupdate/sessions)" ""
