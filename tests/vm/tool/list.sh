# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What list tells of devices that are preserved, in use, in a legacy group, incoming: the columns of
# which the recordings under tests/data are only a memory.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}

# column KEY ADDRESS: its JSON value
column() {
	"$LUCTL" list --json "$2" | jq -c ".devices[].$1"
}

# use WORD...: a process of the probe with its operations done; its number in $user
use() {
	"$PROBE" "$@" wait < <(exec sleep 1000) >/tmp/use &
	user=$!
	local last=${*: -1}
	until_true grep -q "^${last%%:*} ok" /tmp/use
}

# Its end is not the end of what the kernel cleans up after it
unuse() {
	kill "$user"
	wait "$user" || true
	until_true is "$(column pids "$1")" '[]'
}

irqs() {
	echo "$(column irqs "$1") $(column irqtype "$1")"
}

bind_all
if ((BOOT == 1)); then
	is "$(column pids "$a") $(irqs "$a") $(column override "$a")" '[] 0 null "vfio-pci"'

	use "open:$(cdev "$b")" bind msi
	is "$(column pids "$b") $(column commands "$b")" "[$user] [\"probe\"]"
	is "$(irqs "$b")" '1 "msi"'
	is "$(column pids "$a")" '[]'
	unuse "$b"
	is "$(irqs "$b")" '0 null'

	use "open:$(cdev "$c")" bind intx
	is "$(irqs "$c")" '1 "intx"'
	unuse "$c"

	# Through the legacy interface
	use "group:/dev/vfio/$(column group "$b"),$b"
	is "$(column pids "$b")" "[$user]"
	unuse "$b"

	is "$(column liveupdate "$a") $(column session "$a")" '"none" null'
	expect 0 preserve vm1 "$a" "$b"
	is "$(column liveupdate "$a") $(column session "$a") $(column session "$b")" '"outgoing" "vm1" "vm1"'
	is "$(column liveupdate "$c") $(column session "$c")" '"none" null'
	# Without the kernel's list, the keeper is asked
	umount /sys/kernel/debug
	is "$(column session "$a") $(column session "$c")" '"vm1" null'
	mount -t debugfs debugfs /sys/kernel/debug
	next-kernel
fi

is "$(column liveupdate "$a") $(column session "$a") $(column pids "$a")" '"incoming" "vm1" []'
is "$(column liveupdate "$c") $(column session "$c")" '"none" null'
expect 0 retrieve vm1
keeper=$("$LUCTL" status -n -o holder vm1 | head -n 1 | tr -d ' ')
is "$(column session "$a") $(column pids "$a") $(column commands "$a")" "\"vm1\" [$keeper] [\"vfio-luctl-keep\"]"
is "$(column eligible "$a") $(column obstacle "$a")" 'true null'
