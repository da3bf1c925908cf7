# SPDX-License-Identifier: GPL-2.0-or-later
# A keeper in the foreground, without a service manager.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}

# holding WORD...: vfio-luctl hold in the background, its pid in $holder
holding() {
	"$LUCTL" hold "$@" >/tmp/hold 2>&1 </dev/null &
	holder=$!
}

# held STATUS: it has ended
held() {
	local got=0
	wait "$holder" || got=$?
	cat /tmp/hold
	is "$got" "$1"
}

# have SESSION STATES: so is it, or soon
have() {
	[ "$("$LUCTL" status -n -o device,state "$1" 2>/dev/null | tr -s ' \n' ' ')" = "$2 " ]
}

# given SESSION: a new session with a memfd, handed over to hold as a service manager would
given() {
	python3 - "$1" "$LUCTL" >/tmp/hold 2>&1 <<-'EOF' &
	import fcntl, os, struct, sys
	device = os.open("/dev/liveupdate", os.O_RDWR)
	create = bytearray(struct.pack("=Ii64s", 72, -1, sys.argv[1].encode()))
	fcntl.ioctl(device, 0xba00, create)
	session = struct.unpack_from("=i", create, 4)[0]
	fcntl.ioctl(session, 0xba40, struct.pack("=IiQ", 16, os.memfd_create("some"), 1))
	os.close(device)
	os.dup2(session, 3)
	os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
	os.execv(sys.argv[2], ["vfio-luctl", "hold", sys.argv[1]])
	EOF
	holder=$!
}

is_held() {
	"$LUCTL" status -n -o session,holder | tr -s ' ' | grep -q "^$1 $holder\b"
}

state_of_session() {
	"$LUCTL" status -n -o state "$1" 2>/dev/null | tr -d ' '
}

is_waiting() {
	[ "$(state_of_session "$1")" = waiting ]
}

bind_all
if ((BOOT == 1)); then
	# It waits for a session, and ends as long as it has none
	holding vm
	until_true is_waiting vm
	expect 5 hold vm
	says "holds this session already"
	expect 6 retrieve vm
	expect 0 status
	shows "phase: idle"
	shows "vfio-luctl preserve vm DEVICE"
	kill -TERM "$holder"
	held 0
	expect 0 status -n
	is "$out" ""
	holding vm
	until_true is_waiting vm
	expect 0 cancel vm
	held 0

	# What does not become a session leaves it waiting
	holding vm
	until_true is_waiting vm
	sleep 1000 | "$PROBE" "open:$(cdev "$a")" bind touch:/tmp/bound wait >/dev/null &
	until_true test -e /tmp/bound
	expect 5 preserve vm "$a"
	is_waiting vm
	kill "$(pgrep -x probe)"
	until_true is_free "$a"
	# With one, no signal ends it, and nobody takes its place
	expect 0 preserve vm "$a" "$b"
	is "$(states vm)" "$a preserved $b preserved"
	is "$("$LUCTL" status -n -o holder vm | sort -u | tr -d ' ')" "$holder"
	expect 0 preserve vm "$a" "$b"
	kill -TERM "$holder"
	kill -INT "$holder"
	sleep 0.5
	is "$(states vm)" "$a preserved $b preserved"
	is "$(cat "/proc/$holder/oom_score_adj")" -1000
	[ "$(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$holder/status")" -gt 0 ]
	private=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$holder/status")
	grep -E '^(VmLck|Rss)' "/proc/$holder/status"
	[ "$private" -le 1024 ]
	expect 0 cancel vm
	held 0
	is_free "$a"
	is_free "$b"

	# Handed over without anybody who keeps a copy: no signal ends it either
	given vm
	until_true is_held vm
	kill -TERM "$holder"
	sleep 0.5
	is_held vm
	expect 0 cancel vm
	held 0

	# It preserves devices itself
	holding vm "$a" "$b"
	until_true have vm "$a preserved $b preserved"
	expect 0 cancel vm
	held 0
	holding vm "$a" 0000:77:00.0
	held 6
	is_free "$a"
	expect 0 status -n
	is "$out" ""
	expect 2 hold
	expect 2 hold systemd
	expect 2 hold --sysroot / vm

	holding vm "$a" "$b"
	until_true have vm "$a preserved $b preserved"
	next-kernel
	exit 1
fi

# What came is its, whatever devices it is given; and is not lost when it is killed.
holding vm "$a" "$b"
until_true have vm "$a arrived $b arrived"
# A failure that the kernel does not remember is none of ours: it can be tried again, or recovered
strace -qq -o /dev/null -e inject=ioctl:error=ENOMEM -p "$holder" &
tracer=$!
until_true grep -q '^TracerPid:.*[1-9]' "/proc/$holder/status"
expect 1 retrieve vm "$a"
says "cannot retrieve token"
kill "$tracer"
wait "$tracer" || :
is "$(states vm)" "$a arrived $b arrived"
expect 0 retrieve vm "$a"
kill -KILL "$holder"
held 137
is_locked "$a"
holding vm
until_true have vm "$a retrieved $b arrived"
kill -TERM "$holder"
expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5 "fd:{$b}" bind config
shows "edu ok 010000ed 120"
expect 0 finish vm
held 0
is_free "$a"
is_free "$b"
