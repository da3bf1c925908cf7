# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine without an IOMMU: a retrieve by a process that may not have the
# device fails, and that is not remembered.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]}

[ ! -e "/sys/bus/pci/devices/$a/iommu_group" ]
bind_all
node=/dev/vfio/devices/$(sed -n 's/^DEVNAME=vfio\/devices\///p' "/sys/bus/pci/devices/$a/vfio-dev/"*/uevent)
echo "$node"
if ((BOOT == 1)); then
	"$PROBE" create:vm "open:$node" bind preserve:1 "run:next-kernel" || :
	exit 1
fi
is "$("$PROBE" "open:$node" || :)" "open EBUSY"
is "$(setpriv --bounding-set=-sys_rawio "$PROBE" retrieve:vm get:1 get:1 end | tr '\n' ' ')" \
	"retrieve ok get EPERM get EPERM end ok "
"$PROBE" retrieve:vm get:1 bind edu:5 finish end >/tmp/out || { cat /tmp/out; false; }
grep -q "^edu ok 010000ed 120" /tmp/out
"$PROBE" "open:$node" bind config
