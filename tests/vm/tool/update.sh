# SPDX-License-Identifier: GPL-2.0-or-later
# A live update as a user does it, with every refusal on the way.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}

if ((BOOT == 1)); then
	expect 0 status -n
	is "$out" ""
	expect 6 preserve vm "$a"
	says "has no driver"
	bind_all
	expect 0 preserve --dry-run vm "$a" "${b#0000:}"
	shows planned
	expect 0 status -n
	is "$out" ""
	is_free "$a"
	expect 0 preserve vm "$a" "${b#0000:}"
	is "$(states vm)" "$a preserved $b preserved"
	expect 0 preserve --json vm "$b" "$a" "$b"
	is "$(jq -c '[.devices[].changed]' <<<"$out")" '[false,false]'
	expect 5 preserve vm "$a"
	expect 5 preserve other "$a"
	says "session vm already"
	expect 5 preserve --dry-run other "$a"
	expect 4 retrieve vm
	says "no kexec yet"
	expect 4 finish vm
	expect 0 status vm --json
	is "$(jq -r '[.sessions[] | .direction, .source] | unique | join(" ")' <<<"$out")" "keeper outgoing"
	expect 0 cancel --dry-run vm
	expect 0 cancel vm
	is "$(wc -l <<<"$out")" 3
	is_free "$a"
	is_free "$b"
	expect 6 cancel vm
	expect 0 preserve vm "$b" "$a"
	next-kernel
	exit 1
fi

# A second live update of the same devices right after the first
if ((BOOT == 3)); then
	bind_all
	is_locked "$a"
	# A keeper that is killed with all it holds: with patch 0003 nothing is lost
	expect 0 retrieve vm "$a"
	is "$(states vm)" "$a retrieved $b arrived"
	pkill -KILL -x vfio-luctl-keep
	until_true grep -q "^incoming session vm unclaimed" /sys/kernel/debug/liveupdate/sessions
	is_locked "$a"
	expect 6 finish vm
	expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:6 "fd:{$b}" bind config
	shows "edu ok 010000ed 720"
	expect 0 finish vm
	is_free "$a"
	is_free "$b"
	exit
fi

# What the kernel lists is known before anything is touched
expect 0 status
is "$("$LUCTL" status --json | jq -c '.sessions[] | [.session, .direction, .holder, .device, .state, .source]')" \
	"[\"vm\",\"incoming\",null,\"$a\",\"unclaimed\",\"kernel\"]
[\"vm\",\"incoming\",null,\"$b\",\"unclaimed\",\"kernel\"]"
if modular; then
	expect 4 retrieve vm
	says "vfio-pci is not loaded"
	modprobe vfio-pci
fi
expect 6 retrieve nosuch
expect 4 retrieve vm
says "its driver is (none)"
is "$(states vm)" "$a arrived $b arrived"
bind_one "$a"
expect 4 retrieve vm "$a" "$b"
is "$(states vm)" "$a arrived $b arrived"
bind_one "$b"
is_locked "$a"
is_locked "$b"
expect 5 preserve other "$a"
says "in the session vm already"
expect 4 cancel vm
expect 5 finish vm
says "$a is not retrieved, $b is not retrieved"
expect 6 retrieve vm 0000:77:00.0
says "it holds: $a $b"
expect 2 retrieve vm -- cat '{0000:77:00.0}'
expect 2 retrieve vm -- cat '{'
expect 1 retrieve vm -- /nonexistent
is "$(states vm)" "$a arrived $b arrived"
expect 0 retrieve vm --dry-run
is "$(states vm)" "$a arrived $b arrived"

# The command's status is the tool's; what it was given is what it asked for.
expect 0 retrieve vm "$a" -- "$PROBE" listen "fd:{$a}" link bound
is "$out" "listen ok 1 pci-${a//:/-} us
fd ok
link ok anon_inode:[vfio-device-liveupdate]
bound ok no"
expect 7 retrieve vm -- sh -c 'exit 7'
expect 0 retrieve vm -- sh -c 'ls -l /proc/self/fd | wc -l; test -e /proc/self/fd/3; test -e /proc/self/fd/4; test ! -e /proc/self/fd/6; echo {{}}'
shows "{}"
got=0; "$LUCTL" retrieve vm -- sh -c 'kill -KILL $$' || got=$?
is $got 137
is "$(states vm)" "$a retrieved $b retrieved"
expect 5 finish vm
says "$a is not bound to an iommufd"
is_locked "$a"
sleep 1000 | "$LUCTL" retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5 "fd:{$b}" bind config touch:/tmp/ready wait >/tmp/vmm &
until_true test -e /tmp/ready
is "$(cat /tmp/vmm)" "fd ok
bind ok
edu ok 010000ed 120
fd ok
bind ok
config ok 8086:10c9
touch ok"
is "$(states vm)" "$a bound $b bound"
is_locked "$a"
expect 0 finish --dry-run vm
is "$(states vm)" "$a bound $b bound"
expect 0 finish vm
shows finished
expect 0 status -n
is "$out" ""
expect 6 finish vm
expect 6 retrieve vm
# A file that came out of a session is a use of the device like any other
expect 4 check "$a"
shows device-in-use
shows "probe (pid $(pgrep -x probe))"
kill "$(pgrep -x probe)"
until_true is_free "$a"
is_free "$b"
expect 0 preserve vm "$a" "$b"
next-kernel
exit 1
