# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own answers, which the tool's words are made from.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
bind_all
ca=$(cdev "$a") cb=$(cdev "$b")
group=$(basename "$(readlink "/sys/bus/pci/devices/$a/iommu_group")")

# raw WANT OPERATION...: the last result
raw() {
	local want=$1
	shift
	echo "+ probe $*"
	is "$("$PROBE" "$@" | tail -n1)" "$want"
}

raw "preserve ok" create:s "open:$ca" bind preserve:1
raw "preserve EBUSY" create:s "open:$ca" bind preserve:1 preserve:2
raw "preserve EEXIST" create:s "open:$ca" bind preserve:1 "open:$cb" bind preserve:1
# Neither has hurt the first one
"$PROBE" create:s "open:$ca" bind preserve:1 preserve:2 "open:$cb" bind preserve:1 \
	"run:cat /sys/kernel/debug/liveupdate/sessions >/tmp/list" >/dev/null || :
is "$(tail -n 1 /tmp/list)" "outgoing file s 0x0000000000000001 vfio-pci-v1 preserved"
is "$(wc -l </tmp/list)" 2
raw "preserve ENOENT" create:s "open:$ca" preserve:1
raw "preserve ENOENT" create:s "open:$ca" bind "open:$ca" preserve:1
raw "preserve ENOENT" create:s "group:/dev/vfio/$group,$a" preserve:1
raw "preserve ENOENT" create:s open:/dev/vfio/vfio preserve:1
raw "preserve ENOENT" create:s "open:/dev/vfio/$group" preserve:1
raw "preserve ENOENT" create:s iommufd preserve:1
raw "preserve ENOENT" create:s open:/dev/null preserve:1
raw "preserve EBADF" create:s fd:77 preserve:1
raw "create EEXIST" create:s create:s
raw "finish EINVAL" create:s finish
raw "get EINVAL" create:s get:1
raw "name ok s" create:s name
raw "end ok" create:s "open:$ca" bind preserve:1 end
raw "config ok 1234:11e8" create:s "open:$ca" bind preserve:1 end config
is_free "$a"

# With an interrupt enabled the kernel refuses to jump, and lives on.
sleep 1000 | "$PROBE" create:irq "open:$ca" bind msi preserve:1 touch:/tmp/irq wait &
until_true test -e /tmp/irq
next-kernel || echo "refused: $?"
is "$BOOT" 1
kill "$(pgrep -x probe)"
until_true is_free "$a"
raw "edu ok 010000ed 720" "open:$ca" bind edu:6
expect 0 preserve vm "$a" "$b"
expect 0 cancel vm
