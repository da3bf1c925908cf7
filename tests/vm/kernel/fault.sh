# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every allocation of preserve and of retrieve fails in turn: no crash, no leak
# (the runner looks for reports of KASAN, lockdep and kmemleak), and the next
# attempt works.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]}
FAILNTH=$PWD/build/tests/failnth
tokens=() all=()
for address in "${DEVICE[@]}"; do
	tokens+=("0x000100000000${address:5:2}00")
	all+=("fd:{$address}" bind)
done

# Allocations that may sleep are the ones in question
for knob in failslab fail_page_alloc; do
	echo N >/sys/kernel/debug/$knob/ignore-gfp-wait
done
echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

bind_all
if ((BOOT == 1)); then
	"$FAILNTH" preserve "$(cdev "$a")" "${tokens[0]}"
	is_free "$a"
	is "$(cat /sys/bus/pci/devices/*/liveupdate | sort -u)" none
	expect 0 preserve vm "${DEVICE[@]}"
	next-kernel
	exit 1
fi

"$FAILNTH" retrieve vm "${tokens[@]}"
# failnth has closed the session without finishing it: it is there again
is_locked "$a"
is "$(cat /sys/bus/pci/devices/"$a"/liveupdate)" incoming
expect 0 retrieve vm -- "$PROBE" "${all[@]}" edu:5
expect 0 finish vm
is_free "$a"
is "$(cat /sys/bus/pci/devices/"$a"/liveupdate)" none
