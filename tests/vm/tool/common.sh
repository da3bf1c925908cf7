# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts in the guest: the tool under test, and what is to be true.

cd "$(dirname "${BASH_SOURCE[0]}")/../../.." || exit 1
LUCTL=$PWD/vfio-luctl
PROBE=$PWD/build/tests/probe
# shellcheck disable=SC2153 # not DEVICE: what the runner sets
read -ra DEVICE <<<"$DEVICES"
set -u
trap 'echo "line $LINENO: failed: $BASH_COMMAND (boot $BOOT)"; exit 1' ERR
set -E

# expect STATUS WORD...: run the tool; output goes to $out, errors to $err.
expect() {
	local want=$1 got=0
	shift
	echo "+ vfio-luctl $*"
	"$LUCTL" "$@" >/tmp/out 2>/tmp/err </dev/null || got=$?
	out=$(</tmp/out) err=$(</tmp/err)
	[ -z "$out" ] || printf '%s\n' "$out"
	[ -z "$err" ] || printf '%s\n' "$err"
	[ "$got" -eq "$want" ] || { echo "status $got, not $want"; return 1; }
}

# says PATTERN: the last error has it (a glob).
says() {
	# shellcheck disable=SC2053
	[[ $err == *$1* ]] || { echo "the error does not have: $1"; return 1; }
}

# shows PATTERN: so has the last output.
shows() {
	# shellcheck disable=SC2053
	[[ $out == *$1* ]] || { echo "the output does not have: $1"; return 1; }
}

# states SESSION: "ADDRESS STATE" of all its devices, in one line.
states() {
	"$LUCTL" status -n -o device,state "$1" | tr -s ' \n' ' ' | sed 's/ $//'
}

# finished SESSION: nobody knows it any more.
finished() {
	! "$LUCTL" status -n | grep -q "^$1 "
}

# is GOT WANT
is() {
	[ "$1" = "$2" ] || { echo "got '$1', not '$2'"; return 1; }
}

# modular: is vfio-pci a module of this kernel? The debug kernel has it built in.
modular() {
	[ -e "/lib/modules/$(uname -r)/kernel/drivers/vfio/pci/vfio-pci.ko" ]
}

# debugging: does this kernel keep what is freed, to find who still uses it?
debugging() {
	[ -e /sys/kernel/debug/kmemleak ]
}

# bind_all: to vfio-pci, which is loaded first.
bind_all() {
	local address
	modprobe vfio-pci
	for address in "${DEVICE[@]}"; do
		bind_one "$address"
	done
}

bind_one() {
	local driver=/sys/bus/pci/devices/$1/driver
	[ ! -e "$driver" ] || [ "$(basename "$(readlink "$driver")")" = vfio-pci ] || echo "$1" >"$driver/unbind"
	echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

# cdev ADDRESS
cdev() {
	echo "/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$1/vfio-dev")"
}

# is_free ADDRESS: it can be opened and used in the ordinary way.
is_free() {
	"$PROBE" "open:$(cdev "$1")" bind config >/dev/null
}

# is_locked ADDRESS
is_locked() {
	is "$("$PROBE" "open:$(cdev "$1")" || :)" "open EBUSY"
}

# until_true COMMAND...: within ten seconds.
until_true() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" && return
		sleep 0.1
	done
	echo "never true: $*"
	return 1
}

# valid NAME: the last output is JSON as the schema of that verb has it.
valid() {
	is "$(jq -r -L tests/cli --slurpfile schema "schemas/vfio-luctl-$1.schema.json" \
		'include "schema"; wrong($schema[0])' <<<"$out")" ""
}

# found: what the last check --json found that is no information, "ID OBJECT, ID OBJECT".
found() {
	jq -r '[.findings[] | select(.severity != "info") | "\(.id) \(.object)"] | join(", ")' <<<"$out"
}

# hold FILE OPERATION...: a probe in the background that does that and stays, until let_go.
hold() {
	rm -f "$1"
	sleep 1000 | "$PROBE" "${@:2}" "touch:$1" wait >/dev/null &
	until_true test -e "$1"
}

let_go() {
	kill "$(pgrep -x probe)"
	until_true is_free "$1"
}

# The kernel of the lab, as next-kernel loads it.
IMAGE=/run/vm/channel/bzImage
INITRD=/run/vm/channel/initramfs
# shellcheck disable=SC2034 # for those who source this
NEXT=(--kernel "$IMAGE" --initrd "$INITRD" --reuse-cmdline)

loaded() {
	cat /sys/kernel/kexec_loaded
}
