# SPDX-License-Identifier: GPL-2.0-or-later
# retrieve --wait and --bind: devices that are bound later, by others or by the tool, and
# what is undone when it fails.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# c has a driver of its own, which is built in
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]} d=${DEVICE[3]}
pci=/sys/bus/pci/devices
record=/run/vfio-luctl/vm.rebind

# unbind ADDRESS: from whatever it is bound to
unbind() {
	[ ! -e "$pci/$1/driver" ] || echo "$1" >"$pci/$1/driver/unbind"
}

# driver ADDRESS
driver() {
	if [ -e "$pci/$1/driver" ]; then basename "$(readlink "$pci/$1/driver")"; else echo -; fi
}

# has ADDRESS DRIVER OVERRIDE
has() {
	is "$(driver "$1") $(cat "$pci/$1/driver_override")" "$2 $3"
}

# In poll()
sleeping() {
	[[ $(head -c 2 "/proc/$1/syscall" 2>/dev/null) == "7 " ]]
}

# start_retrieve WORD...: in the background, until it waits
start_retrieve() {
	"$LUCTL" retrieve "$@" >/tmp/retrieve.out 2>/tmp/retrieve.err </dev/null &
	retriever=$!
	until_true sleeping "$retriever"
}

# ends_retrieve STATUS
ends_retrieve() {
	local got=0
	wait "$retriever" || got=$?
	out=$(</tmp/retrieve.out) err=$(</tmp/retrieve.err)
	printf '%s\n' "$out" "$err"
	is "$got" "$1"
}

if ((BOOT == 1)); then
	modprobe vfio-pci
	for device in "$a" "$b" "$c" "$d"; do
		unbind "$device"
		bind_one "$device"
	done
	expect 0 preserve vm "$a" "$b" "$c"
	expect 0 preserve other "$d"
	expect 4 retrieve vm --bind
	says "no kexec yet"
	next-kernel
	exit 1
fi

# Without the driver: not at once, not in time, and when it comes
expect 4 retrieve other
if modular; then
	expect 7 retrieve other --wait=1
	says "vfio-pci is not loaded after 1 s"
fi
start_retrieve other --wait=60 -- "$PROBE" "fd:{$d}" bind edu:5
modprobe vfio-pci
until_true test -S /run/vfio-luctl/other.sock
until_true sleeping "$retriever"
is "$(states other)" "$d arrived"
expect 7 retrieve other --wait=1
says "$d: not bound after 1 s: its driver is (none)"
says "retrieve can be repeated"
expect 0 retrieve other --wait --dry-run
shows planned
is "$(states other)" "$d arrived"
bind_one "$d"
ends_retrieve 0
is "$out" "fd ok
bind ok
edu ok 010000ed 120"
expect 0 finish other

# A device that another driver has is refused, and no other is touched
has "$c" virtio-pci "(null)"
expect 4 retrieve vm --bind
says "$c: its driver is virtio-pci, not vfio-pci"
has "$a" - "(null)"
has "$b" - "(null)"
expect 4 retrieve vm --bind --dry-run
says "$c: its driver is virtio-pci"
expect 4 retrieve vm --bind --wait=60
[ ! -e $record ]
unbind "$c"
expect 0 retrieve vm --bind --dry-run
shows planned
has "$a" - "(null)"
has "$c" - "(null)"
expect 4 retrieve vm --dry-run
says "$a: its driver is (none)"
# Errors of the request come before anything is bound
expect 2 retrieve vm --bind -- cat '{0000:77:00.0}'
expect 6 retrieve vm --bind 0000:77:00.0
has "$a" - "(null)"

# One device is missing: what was bound is unbound, with the overrides there were
echo none >"$pci/$b/driver_override"
echo 1 >"$pci/$c/remove"
expect 6 retrieve vm --bind
has "$a" - "(null)"
expect 7 retrieve vm --bind --wait=1
says "$c: not bound after 1 s: it is not on the PCI bus"
says "unbound again, with the driver_override of before: $b $a"
has "$a" - "(null)"
has "$b" - none
[ ! -e $record ]
is "$(states vm)" "$a arrived $b arrived $c gone"

# Two at the same time; one that is killed leaves its record, which the next one goes by
start_retrieve vm --bind --wait=60
has "$a" vfio-pci vfio-pci
expect 5 retrieve vm --bind
says "another process is binding devices of this session"
is "$(cat $record)" "$a (null)
$b none"
kill -KILL "$retriever"
wait "$retriever" || :
unbind "$a"
unbind "$b"
has "$b" - vfio-pci
expect 7 retrieve vm --bind --wait=1
says "unbound again"
has "$a" - "(null)"
has "$b" - none
[ ! -e $record ]

# The answer is lost: what is retrieved stays bound, and that is told
echo 1 >/sys/bus/pci/rescan
until_true test -e "$pci/$c/driver"
unbind "$c"
got=0
strace -o /tmp/trace -e inject=recvmsg:error=EIO:when=2 "$LUCTL" retrieve vm --bind "$a" "$b" >/tmp/out 2>/tmp/err || got=$?
out=$(</tmp/out) err=$(</tmp/err)
printf '%s\n' "$got" "$out" "$err"
is "$got" 1
says "no answer from the keeper"
says "left bound to vfio-pci: $b $a"
is "$(states vm)" "$a retrieved $b retrieved $c arrived"
has "$a" vfio-pci vfio-pci
has "$c" - "(null)"
is "$(cat $record)" "$a (null)
$b none"

# It waits for the one that is bound by nobody yet, then all is well
expect 4 retrieve vm
start_retrieve vm --wait=60
expect 0 retrieve vm --bind
is "$(tr -s ' ' <<<"$out")" "DEVICE SESSION TOKEN STATE EARLIER-OVERRIDE
$a vm 0x0001000000000100 retrieved -
$b vm 0x0001000000000200 retrieved -
$c vm 0x0001000000000300 retrieved (null)"
ends_retrieve 0
expect 0 retrieve vm --bind --wait --json
is "$(jq -c '[.devices[] | .changed, .earlier_override]' <<<"$out")" '[false,null,false,null,false,null]'
jq -r -L tests/cli --slurpfile schema schemas/vfio-luctl-retrieve.schema.json \
	'include "schema"; wrong($schema[0])' <<<"$out" >/tmp/wrong
is "$(</tmp/wrong)" ""
expect 0 retrieve vm --bind --wait -- "$PROBE" "fd:{$a}" bind edu:6 "fd:{$b}" bind config "fd:{$c}" bind config
[ -e $record ]
expect 0 finish vm
[ ! -e $record ]
is_free "$a"
