# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As many devices as the machine has, in one session.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
ulimit -n 4096
count=${#DEVICE[@]}
all=()
for address in "${DEVICE[@]}"; do
	all+=("fd:{$address}" bind config)
done

# how_many STATE: devices, with the bridges above them
how_many() {
	cat /sys/bus/pci/devices/*/liveupdate | grep -cx "$1" || :
}

bind_all
if ((BOOT == 1)); then
	expect 0 preserve many "${DEVICE[@]}"
	is "$(how_many outgoing)" $((2 * count))
	next-kernel
	exit 1
fi
is "$(how_many incoming)" $((2 * count))
for address in "${DEVICE[@]}"; do is_locked "$address"; done
expect 0 retrieve many -- "$PROBE" "${all[@]}"
is "$(grep -c "^config ok 1234:11e8" <<<"$out")" "$count"
expect 0 finish many
is "$(how_many none)" "$(cat /sys/bus/pci/devices/*/liveupdate | wc -l)"
for address in "${DEVICE[@]}"; do is_free "$address"; done
