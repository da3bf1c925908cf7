# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions of others: without a manifest, with a damaged one, with memfds only.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}

token() {
	printf '0x0001%08x%02x%02x\n' "0x${1%%:*}" "0x${1:5:2}" $((0x${1:8:2} << 3 | ${1:11:1}))
}

if ((BOOT == 1)); then
	bind_all
	sleep 1000 | "$PROBE" create:bare "open:$(cdev "$a")" bind "preserve:$(token "$a")" touch:/tmp/1 wait &
	until_true test -e /tmp/1 # one at a time opens /dev/liveupdate
	sleep 1000 | "$PROBE" create:broken "open:$(cdev "$b")" bind "preserve:$(token "$b")" \
		memfd:'vfio-luctl-manifest 1 2 00000000' preserve:0 touch:/tmp/2 wait &
	until_true test -e /tmp/2
	sleep 1000 | "$PROBE" create:texts memfd:hello preserve:1 touch:/tmp/3 wait &
	until_true test -e /tmp/3
	expect 0 status
	is "$("$LUCTL" status -n -o session,command,state,source | tr -s ' ' | sort)" \
		$'bare probe preserved proc\nbroken probe preserved proc\ntexts probe preserved proc'
	expect 5 preserve bare "$c"
	says "exists already"
	says "held by probe"
	is_free "$c"
	expect 0 status bare
	# Who uses a device, even through another descriptor, is named.
	expect 5 preserve mine "$a"
	says "in use by probe"
	expect 0 preserve mine "$c"
	next-kernel
	exit 1
fi

bind_all
expect 1 retrieve bare
says "no manifest"
says "name the devices"
expect 0 status bare
shows no-manifest
expect 6 retrieve bare "$b"
says "nothing under token $(token "$b")"
expect 0 retrieve bare "$a"
is "$(states bare)" "$a retrieved"
expect 1 retrieve broken
says "damaged"
expect 0 retrieve broken "$b" -- "$PROBE" "fd:{$b}" bind config
expect 0 finish broken
expect 5 finish bare
expect 0 retrieve bare "$a" -- "$PROBE" "fd:{$a}" bind
expect 0 finish bare
expect 1 retrieve texts
expect 0 finish texts
expect 0 retrieve mine -- "$PROBE" "fd:{$c}" bind config
expect 0 finish mine
for d in "${DEVICE[@]}"; do is_free "$d"; done
expect 0 status -n
is "$out" ""
