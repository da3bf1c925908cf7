# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions that nobody is going to use: each brings its devices back as ordinary ones.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]} d=${DEVICE[3]}

token() {
	printf '0x0001%08x%02x%02x\n' "0x${1%%:*}" "0x${1:5:2}" $((0x${1:8:2} << 3 | ${1:11:1}))
}

# session NAME DEVICE OPERATION...: one of the probe's, held by it
session() {
	sleep 1000 | "$PROBE" "create:$1" "open:$(cdev "$2")" bind "preserve:$(token "$2")" "${@:3}" touch:/tmp/ready wait >/dev/null &
	until_true test -e /tmp/ready # one at a time opens /dev/liveupdate
	rm /tmp/ready
}

if ((BOOT == 1)); then
	bind_all
	expect 0 preserve vm "$a"
	expect 4 recover vm
	says "there was no kexec yet"
	is "$(states vm)" "$a preserved"
	expect 0 cancel vm

	expect 0 preserve vm "$a"
	session bare "$b"
	session broken "$c" memfd:'vfio-luctl-manifest 1 2 00000000' preserve:0
	session memory "$d" memfd:hello preserve:0x0002000000000001
	next-kernel
	exit 1
fi

# Nobody has done anything: no driver, not even the module
if modular; then
	expect 4 recover vm
	says "vfio-pci is not loaded"
	modprobe vfio-pci
fi
expect 6 recover nosuch
expect 2 recover vm "$a"
expect 0 recover --dry-run --json vm
valid recover
is_locked_or_unbound() {
	[ ! -e "/sys/bus/pci/devices/$1/vfio-dev" ] || is_locked "$1"
}
is_locked_or_unbound "$a"
# A VMM that died before it had bound the device, and one after that
expect 0 retrieve --bind vm -- "$PROBE" "fd:{$a}"
expect 0 recover --dry-run vm
is "$(states vm)" "$a retrieved"
expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind
is "$(states vm)" "$a bound"
expect 0 recover --json vm
valid recover
is "$(jq -c '.devices[] | [.device, .state, .changed]' <<<"$out")" "[\"$a\",\"free\",true]"
is_free "$a"
is "$(cat "/sys/bus/pci/devices/$a/liveupdate")" none
is "$(pgrep -c vfio-luctl-keep || :)" 0
expect 6 recover vm

# Without a manifest and with a damaged one, by what the kernel lists
expect 1 retrieve bare
expect 0 recover bare
shows "$b  bare"
is_free "$b"
expect 0 recover broken
is_free "$c"
# Memory is not lost by the way
expect 5 recover memory
says "token 0x0002000000000001"
is_locked_or_unbound "$d"
expect 0 recover --drop-memfds memory
is_free "$d"

expect 0 status -n
is "$out" ""
