# SPDX-License-Identifier: GPL-2.0-or-later
# monitor and wait: what a kernel really tells of binding and of a live update.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}
pci=/sys/bus/pci/devices
as=() # what monitor and wait are run by

# start_monitor NAME WORD...: in the background; its records go to /tmp/NAME
start_monitor() {
	local name=$1
	shift
	"${as[@]}" "$LUCTL" monitor --json "$@" >"/tmp/$name" 2>"/tmp/$name.err" &
	monitor=$!
	until_true grep -q '"ready"' "/tmp/$name"
}

# stop_monitor NAME: ends it well; everything it wrote is as the schema says
stop_monitor() {
	kill -TERM "$monitor"
	wait "$monitor"
	is "$(cat "/tmp/$1.err")" ""
	jq -r -L tests/cli --slurpfile schema schemas/vfio-luctl-monitor.schema.json \
		'include "schema"; wrong($schema[0])' "/tmp/$1" >"/tmp/$1.wrong"
	is "$(cat "/tmp/$1.wrong")" ""
}

# records NAME ADDRESS: "EVENT DRIVER CDEV STATE SOURCE" of each
records() {
	jq -r --arg device "$2" '.events[] | select(.device == $device)
		| "\(.event) \(.driver // "-") \(.cdev // "-") \(.liveupdate // "-") \(.source)"' "/tmp/$1"
}

# at_least N NAME ADDRESS: so many
at_least() {
	[ "$(records "$2" "$3" | wc -l)" -ge "$1" ]
}

# has_records NAME ADDRESS LINE...: exactly these, sooner or later
has_records() {
	local name=$1 device=$2
	shift 2
	until_true at_least $# "$name" "$device"
	is "$(records "$name" "$device")" "$(printf '%s\n' "$@")"
}

# looked NAME N: so many times
looked() {
	[ "$(grep -c '"ready"' "/tmp/$1")" -eq "$2" ]
}

# replayed NAME: "ADDRESS DRIVER CDEV STATE" of what is there, by the records alone
replayed() {
	jq -s -r 'reduce (.[].events[] | select(.device)) as $e ({}; if $e.event == "absent" or $e.event == "remove"
			and $e.subsystem == "pci" then del(.[$e.device]) else .[$e.device] = $e end)
		| to_entries | sort_by(.key)[].value | select(.cdev or .driver == "vfio-pci" or .liveupdate != "none")
		| "\(.device) \(.driver) \(.cdev) \(.liveupdate)"' "/tmp/$1"
}

# really: the same by sysfs
really() {
	local device
	for device in "$pci"/*/vfio-dev; do
		[ -d "$device" ] || continue
		device=${device%/vfio-dev}
		echo "${device##*/} $(basename "$(readlink "$device/driver")") $(ls "$device/vfio-dev") $(cat "$device/liveupdate")"
	done
}

# start_wait WORD...: in the background; a wait that has not subscribed yet would prove nothing
start_wait() {
	"${as[@]}" "$LUCTL" wait --timeout=60 "$@" >/tmp/wait.out 2>/tmp/wait.err &
	waiter=$!
	until_true sleeping "$waiter"
}

# In poll(), where no time is the end of it
sleeping() {
	[[ $(cat "/proc/$1/wchan" 2>/dev/null) == *poll* || $(head -c 2 "/proc/$1/syscall" 2>/dev/null) == "7 " ]]
}

# ends_wait: well
ends_wait() {
	local got=0
	wait "$waiter" || got=$?
	cat /tmp/wait.out /tmp/wait.err
	is "$got" 0
}

# flood N: N events that nobody wants
flood() {
	local i
	for ((i = 0; i < $1; i++)); do
		echo change >/sys/class/mem/null/uevent
	done
}

# port PID: that of the uevent socket of a process
port() {
	local inode
	inode=$(readlink /proc/"$1"/fd/* | sed -n 's/^socket:\[\(.*\)\]$/\1/p' | tr '\n' '|')
	awk -v inodes="|$inode" '$2 == 15 && index(inodes, "|" $NF "|") { print $3 }' /proc/net/netlink
}

unbind() {
	echo "$1" >$pci/"$1"/driver/unbind
}

if ((BOOT == 1)); then
	start_monitor all
	modprobe vfio-pci

	# bound, cdev
	expect 7 wait "$a" --for bound --timeout=0
	says "its driver is (none)"
	start_wait "$a" "$b" --for bound
	bind_one "$a"
	until_true sleeping "$waiter"
	bind_one "$b"
	ends_wait
	expect 0 wait "$a" --for cdev --timeout=0 -n -o cdev
	is "/dev/vfio/devices/$out" "$(cdev "$a")"
	# Of the first event, the driver is read in sysfs: it must be there still
	until_true at_least 2 all "$b"
	unbind "$b"
	start_wait "$b" --for cdev
	bind_one "$b"
	ends_wait
	has_records all "$b" "add vfio-pci vfio1 none kernel" "bind vfio-pci vfio1 none kernel" \
		"remove vfio-pci - none kernel" "unbind - - none kernel" \
		"add vfio-pci vfio1 none kernel" "bind vfio-pci vfio1 none kernel"

	# A device that comes when it is waited for
	echo 1 >$pci/"$c"/remove
	expect 7 wait "$c" --for bound --timeout=1
	says "it is not on the PCI bus"
	expect 6 wait "$c" --for free
	start_wait "$c" --for bound
	echo 1 >/sys/bus/pci/rescan
	unbind "$c"
	bind_one "$c"
	ends_wait

	# preserved, free
	expect 7 wait "$a" "$b" --for preserved --timeout=1
	expect 0 wait "$a" "$b" --for free
	start_wait "$a" "$b" --for preserved
	expect 0 preserve vm "$a" "$b"
	ends_wait
	expect 7 wait "$a" --for free --timeout=0
	says "its live update state is outgoing"
	start_wait "$a" "$b" --for free
	expect 0 cancel vm
	ends_wait
	# A device that goes while its state is waited for
	start_wait "$c" --for preserved
	echo 1 >$pci/"$c"/remove
	got=0
	wait "$waiter" || got=$?
	is "$got" 6
	echo 1 >/sys/bus/pci/rescan

	expect 0 preserve vm "$a" "$b"
	# In order, and nothing else; bridges are not told
	has_records all "$a" "add vfio-pci vfio0 none kernel" "bind vfio-pci vfio0 none kernel" \
		"change vfio-pci vfio0 outgoing kernel" "change vfio-pci vfio0 none kernel" \
		"change vfio-pci vfio0 outgoing kernel"
	is "$(jq -r '.events[].device // empty' /tmp/all | sort -u)" "$(printf '%s\n' "$a" "$b" "$c")"
	is "$(jq -s '[.[].events[].seqnum // empty] | . == sort and length == (unique | length)' /tmp/all)" true
	is "$(jq -s '[.[].events[].monotonic_ns | tonumber] | . == sort' /tmp/all)" true
	stop_monitor all
	expect 0 cancel vm

	# Forged events: none is told, the real one after them is
	start_monitor forged
	python3 tests/vm/tool/uevent_forge.py "$(port "$monitor")" "$a"
	echo "change 11111111-2222-3333-4444-555555555555 X=1" >$pci/"$a"/uevent
	has_records forged "$a" "present vfio-pci vfio0 none scan" "change vfio-pci vfio0 none synthetic"
	is "$(jq -s '[.[].events[].event]' -c /tmp/forged)" '["present","present","ready","change"]'
	stop_monitor forged

	# Lost events, found and repaired; and all of it as nobody, who cannot have a larger buffer
	echo 4608 >/proc/sys/net/core/rmem_max
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	start_monitor lost
	kill -STOP "$monitor"
	flood 50
	unbind "$b"
	expect 0 preserve vm "$a"
	modprobe -q igb || :
	bind_one "$c" || :
	kill -CONT "$monitor"
	until_true grep -q '"lost"' /tmp/lost
	until_true looked lost 2
	is "$(replayed lost)" "$(really)"
	has_records lost "$a" "present vfio-pci vfio0 none scan" "present vfio-pci vfio0 outgoing scan"
	kill -STOP "$monitor"
	flood 50
	expect 0 cancel vm
	echo 1 >$pci/"$a"/remove
	kill -CONT "$monitor"
	until_true looked lost 3
	is "$(records lost "$a" | tail -n1)" "absent - - - scan"
	is "$(replayed lost)" "$(really)"
	stop_monitor lost
	echo 1 >/sys/bus/pci/rescan
	# A wait that loses the event it waits for
	start_wait "$a" --for bound
	kill -STOP "$waiter"
	flood 50
	bind_one "$a"
	kill -CONT "$waiter"
	ends_wait
	as=()
	echo 212992 >/proc/sys/net/core/rmem_max

	# A reader that does not read, and one that has gone
	mkfifo /tmp/fifo
	"$PROBE" sleep:1000 </tmp/fifo &
	reader=$!
	"$LUCTL" monitor --json "$a" >/tmp/fifo &
	monitor=$!
	until_true sleeping "$monitor"
	for ((i = 0; i < 500; i++)); do
		echo change >$pci/"$a"/uevent
	done
	kill -TERM "$monitor"
	wait "$monitor"
	"$LUCTL" monitor --json >/tmp/fifo 2>/tmp/fifo.err &
	monitor=$!
	until_true sleeping "$monitor"
	kill "$reader"
	got=0
	wait "$monitor" || got=$?
	is "$got" 1

	expect 0 wait "$a" --for bound
	[ -e $pci/"$b"/driver ] || bind_one "$b"
	expect 0 preserve vm "$a" "$b"
	next-kernel
	exit 1
fi

# What the new kernel finds, and the way to its end
start_monitor all
has_records all "$a" "present - - incoming scan"
expect 0 wait "$a" "$b" --for incoming --json
is "$(jq -r '.devices[].liveupdate' <<<"$out" | sort -u)" incoming
expect 7 wait "$a" --for free --timeout=0
expect 7 wait "$a" --for preserved --timeout=1
expect 7 wait "$a" --for bound --timeout=1
bind_all
expect 0 retrieve vm
start_wait "$a" "$b" --for free
expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:6 "fd:{$b}" bind config
expect 0 finish vm
ends_wait
has_records all "$a" "present - - incoming scan" "add vfio-pci vfio0 incoming kernel" \
	"bind vfio-pci vfio0 incoming kernel" "change vfio-pci vfio0 none kernel"
stop_monitor all
