# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is above a device: bridges are preserved and counted, nothing is
# renumbered, ACS stays as it was, bus mastering of bridges is left on. The
# first two devices share a switch, the third has a root port of its own and is
# not preserved, and neither is the last.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} other=${DEVICE[2]}

state() {
	cat "/sys/bus/pci/devices/$1/liveupdate"
}

# parents ADDRESS: the bridges above, from the root down
parents() {
	realpath "/sys/bus/pci/devices/$1" | tr / '\n' | grep -E '^[0-9a-f]{4}:..:..\..$' | head -n -1
}

addresses() {
	(cd /sys/bus/pci/devices && echo ./*)
}

groups() {
	local device
	for device in "$a" "$b"; do
		basename "$(readlink "/sys/bus/pci/devices/$device/iommu_group")"
	done
}

# master ADDRESS...: bit 2 of the command registers
master() {
	local address
	for address; do
		echo $((0x$(setpci -s "$address" COMMAND) >> 2 & 1))
	done | tr '\n' ' '
}

acs() {
	setpci -s "$1" ECAP_ACS+6.w
}

# listen FILE: writes what the kernel announces of live update: "device state", a line each
listen() {
	: >"$1"
	python3 - "$1" <<'END' &
import socket, sys
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
kernel.bind((0, 1))
with open(sys.argv[1], "a", buffering=1) as out:
    print("listening", file=out)
    while True:
        words = kernel.recv(65536).decode().split("\0")
        event = dict(word.split("=", 1) for word in words if "=" in word)
        if event["ACTION"] == "change" and "LIVEUPDATE" in event:
            print(event["PCI_SLOT_NAME"], event["LIVEUPDATE"], file=out)
END
	until_true grep -q listening "$1"
}

# heard FILE LINE...: and nothing else, since the last time
heard() {
	local file=$1
	shift
	until_true is "$(tail -n +2 "$file")" "$(printf '%s\n' "$@")"
	echo listening >"$file"
}

mapfile -t above < <(parents "$a")
other_root=$(parents "$other" | head -n 1)

if ((BOOT == 1)); then
	# What the next kernel is asked to do moves devices when none is preserved
	addresses >/share/addresses
	next-kernel pci=assign-busses,hpbussize=4
elif ((BOOT == 2)); then
	[ "$(addresses)" != "$(cat /share/addresses)" ]
	# So they are elsewhere now, and known by what they are
	mapfile -t DEVICE < <(cd /sys/bus/pci/devices && grep -l 0x1234 ./*/vendor | cut -d / -f 2)
	a=${DEVICE[0]} b=${DEVICE[1]} other=${DEVICE[2]}
	mapfile -t above < <(parents "$a")
	bind_all
	is "$(state "$a")" none
	listen /tmp/uevents
	expect 0 preserve first "$a"
	heard /tmp/uevents "$a outgoing" "${above[2]} outgoing" "${above[1]} outgoing" "${above[0]} outgoing"
	is "$(state "$a")" outgoing
	is "$(state "$b")" none
	is "$(state "${above[0]}") $(state "${above[1]}") $(state "${above[2]}")" "outgoing outgoing outgoing"
	expect 0 preserve second "$b"
	heard /tmp/uevents "$b outgoing" "$(parents "$b" | tail -n 1) outgoing"
	expect 0 cancel first
	heard /tmp/uevents "$a none" "${above[2]} none"
	is "$(state "$a")" none
	is "$(state "${above[1]}") $(state "${above[2]}")" "outgoing none"
	expect 0 preserve first "$a"
	# Something that is enabled but not preserved, for comparison
	"$PROBE" "open:$(cdev "$other")" bind master
	sleep 1000 | "$PROBE" "open:$(cdev "$other")" bind master touch:/tmp/ready wait &
	until_true test -e /tmp/ready
	is "$(master "${above[0]}" "$(parents "$other" | head -n 1)")" "1 1 "
	addresses >/share/addresses
	groups >/share/groups
	acs "${above[0]}" >/share/acs
	printf '%s\n' "$a" "$b" "$other" >/share/devices
	# Renumber again, in another way, change ACS, and keep portdrv from
	# turning on bus mastering in the next kernel
	next-kernel pci=assign-busses,hpbussize=9 "pci=disable_acs_redir=${above[0]};$(parents "$other" | head -n 1)" pcie_ports=compat
else
	mapfile -t DEVICE </share/devices
	a=${DEVICE[0]} b=${DEVICE[1]} other=${DEVICE[2]}
	mapfile -t above < <(parents "$a")
	other_root=$(parents "$other" | head -n 1)
	is "$(addresses)" "$(cat /share/addresses)"
	is "$(state "$a") $(state "$b") $(state "$other")" "incoming incoming none"
	is "$(state "${above[0]}") $(state "${above[1]}")" "incoming incoming"
	is "$(groups)" "$(cat /share/groups)"
	is "$(acs "${above[0]}")" "$(cat /share/acs)"
	[ "$(acs "$other_root")" != "$(acs "${above[0]}")" ]
	is "$(master "${above[@]}" "$other_root" "$a")" "1 1 1 0 0 "

	# A rescan in the middle renumbers nothing either
	echo 1 >/sys/bus/pci/rescan
	is "$(addresses)" "$(cat /share/addresses)"

	# A device that goes and comes back is incoming again
	echo 1 >"/sys/bus/pci/devices/$a/remove"
	dmesg | grep "$a: liveupdate: removed before it was finished"
	[ ! -e "/sys/bus/pci/devices/$a" ]
	echo 1 >/sys/bus/pci/rescan
	is "$(state "$a")" incoming

	bind_all
	is_locked "$a"
	expect 0 retrieve first -- "$PROBE" "fd:{$a}" bind edu:5
	listen /tmp/uevents
	expect 0 finish first
	heard /tmp/uevents "$a none" "${above[2]} none"
	is "$(state "$a") $(state "$b")" "none incoming"
	is "$(state "${above[0]}") $(state "${above[1]}") $(state "${above[2]}")" "incoming incoming none"
	expect 0 preserve third "$a"
	is "$(state "${above[0]}") $(state "${above[2]}")" "incoming outgoing outgoing"
	expect 0 cancel third
	expect 0 retrieve second -- "$PROBE" "fd:{$b}" bind edu:5
	expect 0 finish second
	is "$(state "$b") $(state "${above[0]}") $(state "${above[1]}")" "none none none"
	is_free "$a"
	is_free "$b"
	echo 1 >/sys/bus/pci/rescan
	is_free "$a"

	# A reset of all that is below the root port changes nothing of that
	echo 1 >"/sys/bus/pci/devices/${above[1]}/reset"
	is "$(acs "${above[0]}")" "$(cat /share/acs)"
	[ "$(acs "$other_root")" != "$(acs "${above[0]}")" ]
	is "$(groups)" "$(cat /share/groups)"
fi
