# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # text for another shell; bats sets status, output, stderr
# monitor: recorded hosts, output, signals, and netlink that is not as it should be.

load helpers
export LUCTL DATA

# begin COMMAND...: run it in the background, signals as in a terminal; $pid is its process.
begin() {
	# Before it starts: the last one must not be taken for this one
	: >"$BATS_TEST_TMPDIR/out"
	env --default-signal=INT,TERM "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
}

# until_true COMMAND...: within ten seconds
until_true() {
	local i
	for ((i = 0; i < 100; i++)); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "never true: $*"
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
	return 1
}

# told PATTERN: the monitor in the background has printed it
told() {
	grep -q -e "$1" "$BATS_TEST_TMPDIR/out"
}

# ends STATUS: it does, with that status
ends() {
	local got=0
	wait "$pid" || got=$?
	echo "status $got"
	cat "$BATS_TEST_TMPDIR/err"
	[ "$got" -eq "$1" ]
}

# each_line_valid: every line on stdin is what the schema says, and there is one.
each_line_valid() {
	local line count=0
	while read -r line; do
		valid monitor <<<"$line" || return
		count=$((count + 1))
	done
	[ "$count" -gt 0 ]
}

@test "monitor: a recorded host is what is there, and the end" {
	expect 0 monitor -o event,device,driver,cdev,source --sysroot "$DATA/one"
	same "$output" 'EVENT    DEVICE        DRIVER    CDEV    SOURCE
present  0000:3b:00.0  vfio-pci  vfio0   scan
ready    -             -         -       scan'
	expect 0 monitor -n -o event --sysroot "$DATA/none"
	same "$output" ready
}

@test "monitor: JSON is an object per line" {
	local host
	for host in none one many vmd non-pci garbage; do
		expect 0 monitor --json --sysroot "$DATA/$host"
		each_line_valid <<<"$output"
		[ "$(tail -n1 <<<"$output" | jq -r '.events[0].event')" = ready ]
	done
	expect 0 monitor --json --sysroot "$DATA/non-pci"
	same "$(jq -r '.events[0] | "\(.event) \(.device) \(.driver) \(.cdev)"' <<<"$output")" \
		"$("$LUCTL" list --sysroot "$DATA/non-pci" -n -o device,driver,cdev | sed -E 's/ +/ /g; s/^/present /')
ready null null null"
}

@test "monitor: the clocks are the named ones" {
	local before after mono
	before=$(date -u +%FT%TZ) mono=$(cut -d. -f1 /proc/uptime)
	expect 0 monitor --json --sysroot "$DATA/one"
	after=$(date -u +%FT%TZ)
	output=$(head -n1 <<<"$output")
	[[ ! $(jq -r '.events[0].realtime' <<<"$output") < ${before%Z} ]]
	[[ ! $(jq -r '.events[0].realtime' <<<"$output" | cut -d. -f1)Z > $after ]]
	(($(jq -r '.events[0].monotonic_ns' <<<"$output") >= mono * 1000000000))
}

@test "monitor: the columns are the keys of the schema" {
	expect 0 monitor --list-columns --json
	same "$(jq -r '.columns[].column' <<<"$output" | sort)" \
		"$(jq -r '.. | objects | select(has("seqnum")) | keys[]' "$TOP/schemas/vfio-luctl-monitor.schema.json" | sort)"
	refused 2 null monitor -o nonsense
}

@test "monitor: devices by name, there or not, VFIO's or not" {
	expect 0 monitor -n -o event,device,driver --sysroot "$DATA/one" 3b:00.0 vfio0 0000:00:02.0 0000:77:00.0
	same "$(tr -s ' ' <<<"$output")" 'present 0000:00:02.0 nvme
present 0000:3b:00.0 vfio-pci
absent 0000:77:00.0 -
ready - -'
	refused 2 null monitor nonsense --sysroot "$DATA/one"
	refused 6 ENODEV monitor vfio7 --sysroot "$DATA/one"
	refused 2 null monitor 3b:00.0 --sysroot "$DATA/many"
	[[ $stderr == *"ambiguous: 0000:3b:00.0, 0001:3b:00.0"* ]]
	refused 4 null monitor vfio0 --sysroot "$DATA/non-pci"
}

@test "monitor: a kernel that tells live update states" {
	local host=$BATS_TEST_TMPDIR/host device class
	for device in 1:outgoing 2:incoming 3:none 4:incoming; do
		mkdir -p "$host/sys/bus/pci/devices/0000:0${device%:*}:00.0"
		class=20000
		[ "${device%:*}" != 4 ] || class=60400
		printf '%s\n' "PCI_CLASS=$class" "PCI_SLOT_NAME=0000:0${device%:*}:00.0" "LIVEUPDATE=${device#*:}" \
			>"$host/sys/bus/pci/devices/0000:0${device%:*}:00.0/uevent"
	done
	expect 0 monitor -n -o event,device,liveupdate --sysroot "$host"
	same "$(tr -s ' ' <<<"$output")" 'present 0000:01:00.0 outgoing
present 0000:02:00.0 incoming
ready - -'
	expect 0 monitor --json --sysroot "$host"
	each_line_valid <<<"$output"
}

@test "monitor: SIGTERM and SIGINT end it well, an ignored signal does not" {
	local signal
	for signal in TERM INT; do
		begin "$LUCTL" monitor
		until_true told ready
		kill "-$signal" "$pid"
		ends 0
		[ ! -s "$BATS_TEST_TMPDIR/err" ]
	done
	begin "$LUCTL" monitor --json
	until_true told ready
	kill -TERM "$pid"
	ends 0
	each_line_valid <"$BATS_TEST_TMPDIR/out"
	# In a shell's background SIGINT is ignored: it must not be waited for
	begin env --ignore-signal=INT "$LUCTL" monitor
	until_true told ready
	(((0x$(sed -n 's/^SigBlk:\t//p' "/proc/$pid/status") & 2) == 0))
	kill -TERM "$pid"
	ends 0
}

@test "monitor: ends when nobody reads any more, though nothing happens" {
	run --separate-stderr timeout 60 bash -c '"$LUCTL" monitor | head -n2; exit "${PIPESTATUS[0]}"'
	show
	[ "$status" -eq 1 ]
	[[ $output == *ready* ]]
	[[ $stderr == *'monitor: standard output: cannot write: Broken pipe' ]]
}

@test "monitor: a full standard output" {
	run --separate-stderr timeout 60 bash -c '"$LUCTL" monitor >/dev/full'
	[ "$status" -eq 1 ]
	[[ $stderr == *'monitor: standard output: cannot write: No space left on device' ]]
	run --separate-stderr timeout 60 bash -c '"$LUCTL" monitor --json --sysroot "$DATA/one" >/dev/full'
	[ "$status" -eq 1 ]
	valid error <<<"$stderr"
}

@test "monitor: without netlink" {
	local call
	for call in socket bind setsockopt; do
		run --separate-stderr strace -o /dev/null -e "inject=$call:error=EPERM" "$LUCTL" monitor
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[[ $stderr == *'netlink (uevents): cannot '*': Operation not permitted' ]]
	done
	run --separate-stderr strace -o /dev/null -e inject=socket:error=EAFNOSUPPORT "$LUCTL" monitor --json
	[ "$status" -eq 3 ]
	valid error <<<"$stderr"
	[ "$(jq -r .error.hint <<<"$stderr")" != null ]
	run --separate-stderr strace -o /dev/null -e inject=recvmsg:error=EIO "$LUCTL" monitor -n -o event
	[ "$status" -eq 1 ]
	[ "$output" = ready ]
	[[ $stderr == *'cannot receive'* ]]
}

@test "monitor: lost events are told, and it looks again" {
	begin strace -o /dev/null -I never -e inject=recvmsg:error=ENOBUFS:when=1 "$LUCTL" monitor --json
	until_true told '"lost".*'
	until_true eval '[ "$(grep -c "\"ready\"" "$BATS_TEST_TMPDIR/out")" = 2 ]'
	kill -TERM "$(pgrep -P "$pid" -x vfio-luctl)"
	ends 0
	same "$(jq -r '.events[0] | select(.source != "synthetic" and .seqnum == null) | .event' "$BATS_TEST_TMPDIR/out")" \
		$'ready\nlost\nready'
	each_line_valid <"$BATS_TEST_TMPDIR/out"
}

@test "monitor: subscribes before it looks" {
	begin strace -o "$BATS_TEST_TMPDIR/trace" -I never -e trace=setsockopt,openat "$LUCTL" monitor
	until_true told ready
	kill -TERM "$(pgrep -P "$pid" -x vfio-luctl)"
	ends 0
	same "$(sed -n 's/.*NETLINK_ADD_MEMBERSHIP.*/subscribe/p; s/.*"sys\/bus\/pci\/devices".*/look/p' \
		"$BATS_TEST_TMPDIR/trace")" $'subscribe\nlook'
}
