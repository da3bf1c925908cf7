# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What must not be done at the same time, done at the same time, on a kernel
# that watches its locks and its memory.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
RACE=$PWD/build/tests/race
a=${DEVICE[0]} b=${DEVICE[1]}

# In the background, all the time: buses are scanned, sessions are listed
disturb() {
	trap - ERR
	while [ ! -e /tmp/enough ]; do
		echo 1 >/sys/bus/pci/rescan
		cat /sys/kernel/debug/liveupdate/sessions /sys/bus/pci/devices/*/liveupdate >/dev/null
		sleep 1
	done
}

bind_all
if ((BOOT == 1)); then
	"$RACE" preserve "$(cdev "$a")" 20
	is_free "$a"

	# Unbinding holds the lock of the device, and waits for its user, who is
	# about to freeze it: then the kexec fails rather than wait for ever
	next-kernel --load
	for ((i = 0; i < 3; i++)); do
		rm -f /tmp/preserved
		sleep 1000 | "$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 touch:/tmp/preserved \
			"open:$(cdev "$b")" bind preserve:2 intx wait >/dev/null &
		until_true test -e /tmp/preserved
		echo "$a" >/sys/bus/pci/drivers/vfio-pci/unbind &
		unbind=$!
		# As fast as can be, or when unbinding is certain to wait
		((i % 2)) || sleep 0.5
		if next-kernel --jump; then false; fi
		pkill -x probe
		wait $unbind
		bind_one "$a"
		until_true is_free "$a"
	done
	dmesg | grep "$a: live update impossible: device is locked" | tail -n 1
	for i in "${!DEVICE[@]}"; do
		expect 0 preserve "s$i" "${DEVICE[i]}"
	done
	next-kernel --jump
	exit 1
fi

disturb & disturber=$!
for i in "${!DEVICE[@]}"; do
	address=${DEVICE[i]}
	token=0x000100000000${address:5:2}00
	"$RACE" retrieve "s$i" "$token" 20
	is_locked "$address"
	"$RACE" finish "s$i" "$token" "$(cdev "$address")"
	is_free "$address"
done
touch /tmp/enough
wait $disturber
is "$(cat /sys/kernel/debug/liveupdate/sessions)" ""
is "$(cat /sys/bus/pci/devices/*/liveupdate | sort -u)" none
