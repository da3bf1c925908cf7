# SPDX-License-Identifier: GPL-2.0-or-later
# Keepers with real sessions, and clients that are garbage, huge, slow, many, or not root.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
SOCK=/run/vfio-luctl/vm.sock

keeper() {
	"$LUCTL" status -n -o holder vm | sort -u | tr -d ' '
}

# hostile: all of it, and the keeper is as it was
hostile() {
	local pid private
	pid=$(keeper)
	python3 tests/vm/tool/hostile.py $SOCK "$pid"
	is "$(keeper)" "$pid"
	private=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
	grep -E '^(VmLck|Rss)' "/proc/$pid/status"
	[ "$private" -le 1024 ]
}

# as_nobody PATH: what a client without rights gets there
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    s.connect(sys.argv[1])
    s.send(b"{\"op\":\"info\"}")
    print(s.recv(65536) or "nothing")
except OSError as error:
    print(error.strerror)' "$1"
}

bind_all
if ((BOOT == 1)); then
	expect 0 preserve vm "$a" "$b"
	hostile
	is "$(states vm)" "$a preserved $b preserved"
	# Not root: the directory keeps it out, and so does the socket, and so does the keeper itself
	is "$(stat -c %a /run/vfio-luctl $SOCK | tr '\n' ' ')" "700 600 "
	is "$(as_nobody $SOCK)" "Permission denied"
	touch /tmp/door
	mount --bind $SOCK /tmp/door
	is "$(as_nobody /tmp/door)" "Permission denied"
	chmod 666 $SOCK
	said=$(as_nobody /tmp/door)
	[[ $said == nothing || $said == "Connection reset by peer" || $said == "Broken pipe" ]]
	umount /tmp/door
	chmod 600 $SOCK
	is "$(states vm)" "$a preserved $b preserved"
	next-kernel
	exit 1
fi
expect 0 retrieve vm "$a"
hostile
is "$(states vm)" "$a retrieved $b arrived"
expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5 "fd:{$b}" bind config
shows "edu ok 010000ed 120"
expect 0 finish vm
is_free "$a"
is_free "$b"
