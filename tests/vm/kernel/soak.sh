# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Live update after live update: soak.sh COUNT. Three devices and a memfd go
# through each, all of them work in each kernel, and memory does not grow.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
count=$1
all=()
for address in "${DEVICE[@]}"; do
	all+=("fd:{$address}" bind config)
done

# memory NAME: of /proc/meminfo in KiB, when caches are empty
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo
}

# median COLUMN: of the lines of standard input
median() {
	tr -s ' ' | cut -d ' ' -f "$1" | sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

bind_all
if ((BOOT > 1)); then
	is "$("$PROBE" retrieve:memory get:1 text finish | tr '\n' ' ')" \
		"retrieve ok get ok text ok content of update $((BOOT - 1)) finish ok "
	expect 0 retrieve devices -- "$PROBE" "${all[@]}" "fd:{${DEVICE[0]}}" "edu:$((BOOT % 10))"
	is "$(grep -c "^config ok" <<<"$out")" "${#DEVICE[@]}"
	expect 0 finish devices
	is "$(cat /sys/kernel/debug/liveupdate/sessions)" ""
	for address in "${DEVICE[@]}"; do is_free "$address"; done
fi
echo "$BOOT $(memory MemFree) $(memory SUnreclaim)" >>/share/memory
if ((BOOT <= count)); then
	sleep 1000 | "$PROBE" create:memory "memfd:content of update $BOOT" preserve:1 touch:/tmp/memory wait >/dev/null &
	until_true test -e /tmp/memory
	expect 0 preserve devices "${DEVICE[@]}"
	next-kernel
	exit 1
fi

# The first kernels are like the last ones
echo "boot, KiB free, KiB of slab:"
cat /share/memory
first=$(sed -n '2,6p' /share/memory) last=$(tail -n +2 /share/memory | tail -n 5)
lost=$(($(median 2 <<<"$first") - $(median 2 <<<"$last")))
grown=$(($(median 3 <<<"$last") - $(median 3 <<<"$first")))
echo "$count live updates of ${#DEVICE[@]} devices and a memfd: $lost KiB less free, slab $grown KiB more"
# What is handed over and not given back is missing from what is free
debugging || ((lost < 2048 && grown < 256))
