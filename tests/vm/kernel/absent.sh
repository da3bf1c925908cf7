# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A preserved device that is not there any more when the next kernel looks for it:
# the slot is switched off behind the old kernel's back, on the way out. The other
# device of the session comes through.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
if ((BOOT == 1)); then
	port=$(basename "$(realpath "/sys/bus/pci/devices/$a/..")")
	echo "$port" >/share/port
	bind_all
	expect 0 preserve vm "$a" "$b"
	next-kernel --load
	# Slot Control: power and its indicator off; QEMU then takes the device out
	setpci -s "$port" CAP_EXP+18.w=0700:0700
	next-kernel --jump
	exit 1
fi

port=$(cat /share/port)
[ ! -e "/sys/bus/pci/devices/$a" ]
is "$(cat "/sys/bus/pci/devices/$port/liveupdate") $(cat "/sys/bus/pci/devices/$b/liveupdate")" "incoming incoming"
modprobe vfio-pci
bind_one "$b"
is_locked "$b"
expect 6 retrieve vm
says "$a: not on the PCI bus"
expect 0 retrieve vm "$b" -- "$PROBE" "fd:{$b}" bind edu:5
is "$(states vm)" "$a gone $b bound"
expect 0 finish --dry-run vm
expect 0 finish --json vm
is "$(jq -r '[.devices[] | .device, .state] | join(" ")' <<<"$out")" "$a gone $b finished"
dmesg | grep "liveupdate: $a: finished without the device"
expect 0 status
is "$out" "phase: finished"
is "$(cat "/sys/bus/pci/devices/$port/liveupdate") $(cat "/sys/bus/pci/devices/$b/liveupdate")" "none none"
is_free "$b"
