# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What can go wrong in the new kernel: the driver is early, late or gone, a
# device is gone, descriptors run out, one session holds several kinds of files.
# Then kernels that cannot do it at all. The last device is never preserved.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]} other=${DEVICE[3]}
pci=/sys/bus/pci/devices
list=/sys/kernel/debug/liveupdate/sessions

state() {
	cat "$pci/$1/liveupdate"
}

power() {
	cat "$pci/$1/power_state"
}

# all OPERATION...: of probe, which end in success; the results in one line
all() {
	"$PROBE" "$@" >/tmp/all || { cat /tmp/all; return 1; }
	out=$(tr '\n' ' ' </tmp/all)
	echo "+ probe $*: $out"
}

# preserve_and_jump ARG...: edu and igb devices and a memfd in one session
preserve_and_jump() {
	bind_all
	"$PROBE" create:one "open:$(cdev "$a")" bind preserve:1 "open:$(cdev "$b")" bind preserve:2 \
		"open:$(cdev "$c")" bind preserve:3 memfd:content preserve:4 "run:next-kernel $*" || :
	exit 1
}

case $BOOT in
1)
	# Not open and not preserved: it sleeps. So would the others, once bound
	bind_all
	is "$(power "$b")" D3hot
	preserve_and_jump "vfio-pci.ids=1234:11e8,8086:10c9"
	;;
2)
	is "$(state "$a") $(state "$b") $(state "$c") $(state "$other")" "incoming incoming incoming none"
	# vfio-pci takes them by itself, and must not put one to sleep that is preserved
	modprobe vfio-pci
	is "$(basename "$(readlink "$pci/$b/driver")")" vfio-pci
	is "$(power "$b") $(power "$other")" "D0 D3hot"
	# Opening one by its group is refused too, which leaves nothing that unbinding waits for
	group=$(basename "$(readlink "$pci/$b/iommu_group")")
	is "$("$PROBE" "group:/dev/vfio/$group,$b" || :)" "group EBUSY"
	is_locked "$b"
	echo "$b" >/sys/bus/pci/drivers/vfio-pci/unbind

	# One device has no driver. The memfd beside it is as it was, and nothing is final
	is "$("$PROBE" retrieve:one get:2 get:4 text finish end | tr '\n' ' ')" \
		"retrieve ok get ENODEV get ok text ok content finish EBUSY end ok "
	is "$(state "$b")" incoming
	bind_one "$b"
	is "$(power "$b")" D0

	# No descriptor left: neither is that remembered
	is "$("$PROBE" retrieve:one limit:3 get:1 limit:64 get:1 end | tr '\n' ' ')" \
		"retrieve ok limit ok get EMFILE limit ok get ok end ok "
	# Twice is two descriptors of one file; it is there when both are closed
	all retrieve:one get:1 get:1 same bind drop get:1 bound edu:5 zap end
	is "$out" "retrieve ok get ok get ok same ok yes bind ok drop ok get ok bound ok yes edu ok 010000ed 120 zap ok 010000ed SIGBUS 010000ed end ok "
	# The session was closed, the file is as it was then. There is no next time for the
	# device before this one is finished
	is "$("$PROBE" retrieve:one get:1 bound create:two preserve:1 | tail -n 3 | tr '\n' ' ')" \
		"bound ok yes create ok preserve EBUSY "
	is "$("$PROBE" retrieve:one finish | tail -n 1)" "finish EBUSY"

	# A device goes for good. What is left can be finished, with it or without
	echo 1 >"$pci/$c/remove"
	dmesg | grep "$c: liveupdate: removed before it was finished"
	is "$("$PROBE" retrieve:one get:3 get:2 finish end | tr '\n' ' ')" \
		"retrieve ok get ENODEV get ok finish EBUSY end ok "
	all retrieve:one get:2 bind config get:4 text finish finish end
	dmesg | grep "liveupdate: $c: finished without the device"
	is "$(cat $list)" ""
	is "$(state "$a") $(state "$b")" "none none"
	echo 1 >/sys/bus/pci/rescan
	is "$(state "$c")" none
	is "$(cat $pci/*/liveupdate | sort -u)" none
	bind_all
	for address in "${DEVICE[@]}"; do is_free "$address"; done

	# Into a kernel that has live update turned off
	preserve_and_jump liveupdate=off
	;;
3)
	[ ! -e /dev/liveupdate ]
	[ ! -e $list ]
	bind_all
	is "$(state "$a")" none
	for address in "${DEVICE[@]}"; do is_free "$address"; done
	# The kernel keeps its arguments: this one undoes the other
	next-kernel liveupdate=on
	;;
4)
	is "$(cat $list)" ""
	preserve_and_jump kho=off
	;;
5)
	bind_all
	is "$(state "$a")" none
	for address in "${DEVICE[@]}"; do is_free "$address"; done
	;;
esac
