# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts that start a QEMU in the guest of run --inner: its command line, and talking to it
# (qmp) and to the program in its guest (ask, see pilot.c).

# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
QMP=/tmp/qmp SERIAL=/tmp/serial ERRORS=/tmp/vmm.err
PATH=$PWD/tests/vm/vmm:$PATH

# Both processors are emulated already. A pipe for the serial line that is never at its end.
# shellcheck disable=SC2034,SC2054 # for those who source this; the commas are QEMU's
VMM=(qemu-system-x86_64 -M q35,memory-backend=ram -accel "tcg,thread=single" -m 64
	-nodefaults -display none
	-kernel "$INNER/bzImage" -initrd "$INNER/initramfs"
	-append "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable"
	-chardev "file,id=line,path=$SERIAL,input-path=$SERIAL.in" -serial chardev:line
	-qmp "unix:$QMP,server=on,wait=off")
mkfifo "$SERIAL.in"
exec 7<>"$SERIAL.in"

# start COMMAND...: one that becomes a QEMU, in the background; sets vmm. It is there when it answers.
# It warns of every BAR that it cannot map for other devices; so what it says is shown when it fails.
start() {
	rm -f "$SERIAL" "$QMP"
	"$@" 2>"$ERRORS" 7>&- &
	vmm=$!
	patiently answers
}

answers() {
	[ -S "$QMP" ] && qmp "$QMP" query-status >/dev/null 2>&1
}

# patiently COMMAND...: until it is true, or the VMM has ended, or three minutes have passed
patiently() {
	local until=$((SECONDS + 180))
	until "$@"; do
		if ((SECONDS > until)) || ! kill -0 "$vmm" 2>/dev/null; then
			echo "never true: $*"
			cat "$ERRORS" "$SERIAL"
			return 1
		fi
		sleep 0.2
	done
}

# is_in STATE: the VMM
is_in() {
	[[ $(qmp "$QMP" query-status) == *'"status": "'"$1"'"'* ]]
}

# lines: how many answers there have been
lines() {
	grep -ac '^pilot: ' "$SERIAL" || :
}

more_than() {
	[ "$(lines)" -gt "$1" ]
}

# booted: the inner guest answers
booted() {
	grep -aq '^pilot: ready' "$SERIAL"
}

# ask COMMAND [ARG]: the answer of the inner guest
ask() {
	local before
	before=$(lines)
	echo "$*" >&7
	patiently more_than "$before"
	grep -a '^pilot: ' "$SERIAL" | tail -n 1 | tr -d '\r' | sed 's/^pilot: //'
}

# has_ids VENDOR DEVICE: the VMM has such a device on its bus
has_ids() {
	qmp "$QMP" query-pci | jq -e --argjson vendor $(($1)) --argjson device $(($2)) \
		'[.. | .id? // empty | objects | select(.vendor == $vendor and .device == $device)] | length == 1' >/dev/null
}
