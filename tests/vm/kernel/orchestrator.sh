# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The orchestrator's own behaviour: listing, a handler that is not loaded yet,
# a retrieve that is tried again, a session that is closed unfinished.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]}
list=/sys/kernel/debug/liveupdate/sessions

if ((BOOT == 1)); then
	is "$(cat $list)" ""
	bind_all
	"$PROBE" "create:odd name" memfd:hello preserve:7 \
		"create:disk" "open:$(cdev "$a")" bind preserve:0x10 \
		touch:/tmp/ready "run:cat $list >/tmp/list" "run:next-kernel" >/tmp/probe &
	wait $! || :
	cat /tmp/probe
	exit 1
fi

# Nothing has opened /dev/liveupdate, and vfio-pci is not loaded
! modular || [ ! -e /sys/module/vfio_pci ]
is "$(cat $list)" 'incoming session odd\040name unclaimed
incoming file odd\040name 0x0000000000000007 memfd-v2 waiting
incoming session disk unclaimed
incoming file disk 0x0000000000000010 vfio-pci-v1 waiting'

# The other session is not hurt, and the module comes when it is wanted. The
# device is not bound to it: that is not remembered.
is "$("$PROBE" "retrieve:odd name" get:7 text finish end)" "retrieve ok
get ok
text ok hello
finish ok
end ok"
is "$("$PROBE" retrieve:disk get:0x10 get:0x10 finish end || :)" "retrieve ok
get ENODEV
get ENODEV
finish EBUSY
end ok"
[ -e /sys/module/vfio_pci ]
dmesg | grep "vfio-pci: $a cannot be retrieved"
dmesg | grep "Unable to finish session \[disk\] on release, it can be retrieved again"
is "$(cat $list)" 'incoming session disk unclaimed
incoming file disk 0x0000000000000010 vfio-pci-v1 waiting'

bind_all
is_locked "$a"
is "$("$PROBE" retrieve:disk get:0x10 link "run:tail -n 1 $list" finish end || :)" "retrieve ok
get ok
link ok anon_inode:[vfio-device-liveupdate]
incoming file disk 0x0000000000000010 vfio-pci-v1 retrieved
run ok 0
finish EBUSY
end ok"
is_locked "$a"
is "$("$PROBE" retrieve:disk get:0x10 bind edu:5 finish finish end)" "retrieve ok
get ok
bind ok
edu ok 010000ed 120
finish ok
finish ok
end ok"
is "$(cat $list)" ""
is_free "$a"
