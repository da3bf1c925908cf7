# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # bats sets status, output, stderr
# preserve, status, cancel, retrieve, finish: what can be told without a kernel that can do it.

load helpers

@test "sessions: a verb that needs a session says so" {
	local verb
	for verb in preserve cancel retrieve finish; do
		refused 2 null "$verb"
		same "$stderr" "vfio-luctl: $verb: no session is given
vfio-luctl: hint: see 'vfio-luctl $verb --help'"
	done
}

@test "sessions: names that no session of ours can have" {
	local name verb
	for name in '' . .. .lock a/b ../x 'a b' $'a\nb' $'\xff' systemd "$(printf 'a%.0s' {1..64})"; do
		for verb in preserve cancel retrieve finish; do
			refused 2 null "$verb" "$name" $([ $verb != preserve ] || echo 0000:01:00.0)
		done
	done
	refused 2 null cancel -- -x
}

@test "sessions: too many words, and none of those needed" {
	refused 2 null preserve vm
	same "$stderr" "vfio-luctl: preserve: no device is given
vfio-luctl: hint: see 'vfio-luctl list'"
	refused 2 null cancel vm other
	refused 2 null finish vm other
	refused 2 null status vm other
	refused 2 null retrieve vm --
}

@test "sessions: --timeout is a number of seconds" {
	local value
	for value in '' x -1 1x 1.5 3601 99999999999999999999 ' 1' +1; do
		refused 2 null preserve vm 0000:01:00.0 "--timeout=$value"
		refused 2 null retrieve vm "--timeout=$value"
	done
	refused 2 null cancel vm --timeout=1
	refused 2 null finish vm --timeout=1
}

@test "sessions: verbs that change the host refuse a recorded one" {
	local verb
	for verb in 'preserve vm 3b:00.0' 'cancel vm' 'retrieve vm' 'finish vm'; do
		# shellcheck disable=SC2086
		refused 2 null --sysroot "$DATA/one" $verb
		[[ $stderr == *"--sysroot: only verbs that read"* ]]
	done
}

@test "sessions: placeholders are checked before anything else is" {
	local word
	for word in '{' '}' '{}' '{x}' 'fd={01:00.0' 'fd=01:00.0}' '{01:00.0}}' '{{{01:00.0}}' '{iommufd }'; do
		refused 2 null retrieve vm -- cat "$word"
		[[ $stderr == *"write {{ and }} for literal braces"* ]]
	done
	refused 1 null retrieve vm -- /nonexistent/command
	refused 1 null retrieve vm -- /
	refused 1 null retrieve vm -- ''
	refused_without_path
}

# The tool has to be found, its command not.
refused_without_path() {
	run --separate-stderr /usr/bin/env PATH=/nonexistent "$LUCTL" retrieve vm -- cat
	[ "$status" -eq 1 ]
	[[ $stderr == *"cat: there is no such command"* ]]
}

@test "sessions: a wrong column is found before anything is done" {
	local verb
	for verb in 'preserve vm 0000:01:00.0' 'cancel vm' 'retrieve vm' 'finish vm' 'status'; do
		# shellcheck disable=SC2086
		refused 2 null $verb -o nonsense
	done
}

@test "sessions: --list-columns needs no session" {
	local verb
	for verb in preserve cancel retrieve finish status; do
		expect 0 "$verb" --list-columns
		[[ $output == *$'\nsession '* ]]
	done
}

@test "sessions: the columns are the keys of the schema" {
	local verb
	for verb in preserve cancel retrieve finish status; do
		expect 0 "$verb" --list-columns --json
		same "$(jq -r '.columns[].column' <<<"$output" | sort)" \
			"$(jq -r '.. | objects | select(has("state")) | keys[]' "$TOP/schemas/vfio-luctl-$verb.schema.json" | sort)"
	done
}

# process ROOT PID COMM LINK...: a process of a recorded host
process() {
	local root=$1 pid=$2 link i=3
	mkdir -p "$root/proc/$pid/fd"
	printf '%s\n' "$3" >"$root/proc/$pid/comm"
	shift 3
	for link; do
		ln -s "$link" "$root/proc/$pid/fd/$((i++))"
	done
}

@test "status: a host without sessions" {
	mkdir -p "$BATS_TEST_TMPDIR/none/proc"
	expect 0 status --sysroot "$BATS_TEST_TMPDIR/none"
	[ -z "$output$stderr" ]
	expect 0 status --json --sysroot "$BATS_TEST_TMPDIR/none"
	same "$output" '{"version":1,"sessions":[]}'
	expect 0 status --sysroot "$DATA/none"
	refused 6 null status vm --sysroot "$BATS_TEST_TMPDIR/none"
}

@test "status: sessions that other processes hold" {
	local root=$BATS_TEST_TMPDIR/host name='anon_inode:[luo_session]'
	process "$root" 7 luod /dev/null "$name vm1" "$name vm1" "$name a b"
	process "$root" 8 $'e\x01vil' "$name vm1" 'socket:[1]'
	process "$root" 9 hostile "$name "$'\xff\x1b[31m' "${name}x" "x$name y"
	process "$root" 10 other /dev/null
	mkdir -p "$root/proc/self" "$root/proc/99999999999"
	expect 0 status --json --sysroot "$root"
	valid status <<<"$output"
	same "$(jq -r '.sessions[] | "\(.session) \(.holder) \(.command) \(.state) \(.source) \(.direction) \(.device)"' <<<"$output" | sort)" \
		"$(printf '%s held proc null null\n' '\xff\x1b[31m 9 hostile' 'a b 7 luod' 'vm1 7 luod' 'vm1 8 e?vil')"
	expect 0 status vm1 -n -o session,holder,command --sysroot "$root"
	same "$(tr -s ' ' <<<"$output" | sort)" $'vm1 7 luod\nvm1 8 e?vil'
	expect 0 status 'a b' --sysroot "$root"
	refused 6 null status nosuch --sysroot "$root"
}

@test "status: what a dead keeper left" {
	local root=$BATS_TEST_TMPDIR/host
	mkdir -p "$root/proc" "$root/run/vfio-luctl"
	# Nobody listens there, as with the socket of a process that died.
	touch "$root/run/vfio-luctl/"{vm.sock,.lock,.x.sock,.sock,y.sockx,"$(printf 'z%.0s' {1..64}).sock"}
	expect 0 status --json --sysroot "$root"
	valid status <<<"$output"
	same "$(jq -c '.sessions[] | [.session, .state, .holder]' <<<"$output")" '["vm","stale",null]'
}

@test "status: what the kernel lists and nobody holds" {
	local host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/proc" "$host/sys/kernel/debug/liveupdate"
	printf '%s\n' 'incoming session vm unclaimed' \
		'incoming file vm 0x0001000000000100 vfio-pci-v1 waiting' \
		'incoming file vm 0x0001000000000200 vfio-pci-v1 waiting' \
		'incoming file vm 0x0000000000000000 memfd-v2 waiting' \
		'incoming session odd\040name unclaimed' \
		'incoming file odd\040name 0x0000000000000007 memfd-v2 waiting' \
		'incoming session empty unclaimed' \
		'garbage' \
		'outgoing session out held' \
		'outgoing file out 0x0001000000000300 vfio-pci-v1 preserved' \
		>"$host/sys/kernel/debug/liveupdate/sessions"
	run -0 --separate-stderr "$LUCTL" --sysroot "$host" status -n -o session,device,token,state,source
	[ "$output" = 'vm        0000:01:00.0  0x0001000000000100  unclaimed  kernel
vm        0000:02:00.0  0x0001000000000200  unclaimed  kernel
odd name  -             0x0000000000000007  unclaimed  kernel
empty     -             -                   unclaimed  kernel' ]
	run -0 --separate-stderr "$LUCTL" --sysroot "$host" status vm --json
	[ "$(jq -c '[.sessions[].device]' <<<"$output")" = '["0000:01:00.0","0000:02:00.0"]' ]
	valid status <<<"$output"
	run -6 --separate-stderr "$LUCTL" --sysroot "$host" status nosuch
}
