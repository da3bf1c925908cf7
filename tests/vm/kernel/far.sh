# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device at a bus number that is negative where a signed byte is used, behind
# a host bridge of its own.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=$1
DEVICE=("$a")
bind_all
if ((BOOT == 1)); then
	expect 0 preserve vm "$a"
	next-kernel
	exit 1
fi
is "$(cat "/sys/bus/pci/devices/$a/liveupdate")" incoming
is_locked "$a"
expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5
expect 0 finish vm
is_free "$a"
