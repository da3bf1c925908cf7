# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets status, output, stderr
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
	local name verb device
	for name in '' . .. .lock a/b ../x 'a b' $'a\nb' $'\xff' systemd "$(printf 'a%.0s' {1..64})"; do
		for verb in preserve cancel retrieve finish; do
			device=()
			[ $verb != preserve ] || device=(0000:01:00.0)
			refused 2 null "$verb" "$name" "${device[@]}"
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

@test "sessions: options of preserve --pid" {
	local pid
	for pid in '' 0 -1 x 1x ' 1' +1 1.5 2147483648 99999999999999999999; do
		refused 2 null preserve vm "--pid=$pid"
		[[ $stderr == *"is not the number of a process"* ]]
	done
	refused 2 null preserve vm --memfd 0000:01:00.0
	[[ $stderr == *"--memfd without FILE=NAME needs --pid"* ]]
	refused 2 null preserve vm --force device-interrupts 0000:01:00.0
	[[ $stderr == *"--force needs --pid"* ]]
	refused 2 null preserve vm --disable-interrupts 0000:01:00.0
	[[ $stderr == *"--disable-interrupts needs --pid"* ]]
	refused 2 null preserve vm --pid 1 --force device-in-use
	refused 2 null preserve --pid 1
	refused 2 null preserve vm --pid 1 --memfd=x
	refused 2 null --sysroot "$DATA/one" preserve vm --pid 1
	refused 2 null cancel vm --pid 1
	refused 2 null retrieve vm --pid 1
	refused 2 null cancel vm --drop-memfds
}

@test "sessions: preserve --pid of what has no devices" {
	refused 6 ESRCH preserve vm --pid 2147483647
	[[ $stderr == *"there is no such process"* ]]
	refused 6 ENODEV preserve vm --pid $$ --memfd
	[[ $stderr == *"process $$ ("*"): it has no VFIO device open"* ]]
	run --separate-stderr sh -c 'exec "$0" preserve vm --pid $$' "$LUCTL"
	show preserve
	[ "$status" -eq 2 ]
	[[ $stderr == *"it is vfio-luctl itself"* ]]
}

@test "sessions: preserve --pid without the right to look" {
	run --separate-stderr as_nobody preserve vm --pid 1
	show preserve
	[ "$status" -eq 1 ]
	[[ $stderr == *"we may not look at its files: Permission denied"*"run it as root"* ]]
}

@test "status: memfds of a session of ours that nobody holds" {
	local host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/proc" "$host/sys/kernel/debug/liveupdate"
	printf '%s\n' 'incoming session vm unclaimed' \
		'incoming file vm 0x0001000000000100 vfio-pci-v1 waiting' \
		'incoming file vm 0x0000000000000000 memfd-v2 waiting' \
		'incoming file vm 0x0002000000000001 memfd-v2 waiting' \
		>"$host/sys/kernel/debug/liveupdate/sessions"
	expect 0 --sysroot "$host" status --json
	valid status <<<"$output"
	same "$(jq -c '.sessions[] | [.device, .token, .kind, .name, .size, .state, .todo]' <<<"$output" | sort)" \
		'["0000:01:00.0","0x0001000000000100","vfio-pci-v1",null,null,"unclaimed","bind it to vfio-pci, then vfio-luctl retrieve vm"]
[null,"0x0002000000000001","memfd-v2",null,null,"unclaimed","vfio-luctl retrieve vm"]'
}

@test "sessions: a forgotten SESSION is not taken for one" {
	local name
	for name in 0000:01:00.0 01:00.0 vfio0; do
		refused 2 null preserve "$name" 0000:02:00.0
		[[ $stderr == "vfio-luctl: preserve: $name: this is a device, and no name for a session, which comes first"* ]]
		[[ $stderr == *"hint: vfio-luctl preserve SESSION $name" ]]
		refused 2 null preserve "$name"
		refused 2 null hold "$name" 0000:02:00.0
	done
	refused 6 ENOENT cancel vfio0
	[[ $stderr == *"hint: 'vfio-luctl status' tells which sessions there are; one of the previous kernel needs 'vfio-luctl retrieve vfio0' first" ]]
}

@test "sessions: hold does not wait for a kernel that can do nothing" {
	run --separate-stderr timeout 20 strace -o /dev/null -P /dev/liveupdate \
		-e 'inject=?access,?faccessat,?faccessat2:error=ENOENT' "$LUCTL" hold vm
	show hold vm
	# Who is not root does not come so far
	if ((EUID)); then
		[ "$status" -eq 1 ]
		[[ $stderr == *'/run/vfio-luctl: cannot '* ]]
		return
	fi
	[ "$status" -eq 3 ]
	[[ $stderr == *'/dev/liveupdate: live update is not available: No such file or directory'* ]]
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
	for word in '{' '}' '{}' 'fd={01:00.0' 'fd=01:00.0}' '{01:00.0}}' '{{{01:00.0}}'; do
		refused 2 null retrieve vm -- cat "$word"
		[[ $stderr == *"write {{ and }} for braces"* ]]
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
	same "$output$stderr" 'phase: idle'
	expect 0 status -n --sysroot "$BATS_TEST_TMPDIR/none"
	[ -z "$output$stderr" ]
	expect 0 status --json --sysroot "$BATS_TEST_TMPDIR/none"
	same "$output" '{"version":1,"phase":"idle","hidden":null,"clock":"realtime","sessions":[]}'
	valid status <<<"$output"
	expect 0 status --exit-code --sysroot "$BATS_TEST_TMPDIR/none"
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
	expect 0 --sysroot "$host" status -n -o session,device,token,kind,state,source,file_source
	same "$(tr -s ' ' <<<"$output")" 'vm 0000:01:00.0 0x0001000000000100 vfio-pci-v1 unclaimed kernel kernel
vm 0000:02:00.0 0x0001000000000200 vfio-pci-v1 unclaimed kernel kernel
odd name - 0x0000000000000007 memfd-v2 unclaimed kernel kernel
empty - - - unclaimed kernel -
out 0000:03:00.0 0x0001000000000300 vfio-pci-v1 preserved kernel kernel'
	expect 0 --sysroot "$host" status vm --json
	same "$(jq -c '[.sessions[].device]' <<<"$output")" '["0000:01:00.0","0000:02:00.0"]'
	same "$(jq -r '.phase, .sessions[0].todo' <<<"$output")" 'arrived
bind it to vfio-pci, then vfio-luctl retrieve vm'
	valid status <<<"$output"
	expect 6 --sysroot "$host" status nosuch
	expect 8 --sysroot "$host" status --exit-code
	[[ $output == 'phase: arrived'$'\n'SESSION* ]]
	expect 8 --sysroot "$host" status --exit-code --json out
	same "$(jq -r '.phase' <<<"$output")" preserved
	mkdir -p "$host/sys/kernel"
	echo 1 >"$host/sys/kernel/kexec_loaded"
	expect 0 --sysroot "$host" status --json out
	same "$(jq -r '.phase, .sessions[0].phase, .sessions[0].todo' <<<"$output")" 'armed
armed
vfio-luctl kexec'
}

@test "status: what the kernel knows of sessions that processes hold" {
	local host=$BATS_TEST_TMPDIR/host name='anon_inode:[luo_session]'
	mkdir -p "$host/sys/kernel/debug/liveupdate"
	process "$host" 7 luod "$name vm" "$name texts"
	process "$host" 8 other "$name back"
	printf '%s\n' 'outgoing session vm held' \
		'outgoing file vm 0x0001000000000100 vfio-pci-v1 preserved' \
		'outgoing file vm 0x0000000000000000 memfd-v2 preserved' \
		'outgoing session texts held' \
		'outgoing file texts 0x0000000000000000 memfd-v2 preserved' \
		'outgoing file texts 0x0000000000000001 memfd-v2 preserved' \
		'incoming session back held' \
		'incoming file back 0x0000000000000005 memfd-v2 retrieved' \
		'incoming file back 0x0000000000000006 memfd-v2 waiting' \
		'incoming file back 0x0000000000000007 memfd-v2 failed:-19' \
		>"$host/sys/kernel/debug/liveupdate/sessions"
	expect 0 --sysroot "$host" status -n -o session,direction,phase,holder,device,token,state,todo,source,file_source,state_source
	same "$(tr -s ' ' <<<"$output" | sort)" 'back incoming arrived 8 - 0x0000000000000005 retrieved - proc kernel kernel
back incoming arrived 8 - 0x0000000000000006 arrived - proc kernel kernel
back incoming arrived 8 - 0x0000000000000007 failed - proc kernel kernel
texts outgoing preserved 7 - 0x0000000000000000 preserved vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline proc kernel kernel
texts outgoing preserved 7 - 0x0000000000000001 preserved vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline proc kernel kernel
vm outgoing preserved 7 0000:01:00.0 0x0001000000000100 preserved vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline proc kernel kernel'
	valid status <<<"$("$LUCTL" --sysroot "$host" status --json)"
}

# attribute ROOT ADDRESS STATE CLASS: a device that tells its own part
attribute() {
	mkdir -p "$1/sys/bus/pci/devices/$2"
	echo "$3" >"$1/sys/bus/pci/devices/$2/liveupdate"
	echo "$4" >"$1/sys/bus/pci/devices/$2/class"
	touch "$1/sys/bus/pci/devices/$2/uevent"
}

@test "status: what only the devices tell" {
	local host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/proc"
	attribute "$host" 0000:00:01.0 'incoming outgoing' 0x060400
	attribute "$host" 0000:01:00.0 incoming 0x020000
	attribute "$host" 0000:02:00.0 outgoing 0x020000
	attribute "$host" 0000:03:00.0 none 0x020000
	expect 0 --sysroot "$host" status --json
	valid status <<<"$output"
	same "$(jq -c '.phase, (.sessions | sort_by(.device)[] | [.session, .device, .direction, .state, .todo, .source])' <<<"$output")" '"arrived"
[null,"0000:01:00.0","incoming","arrived",null,"kernel"]
[null,"0000:02:00.0","outgoing","preserved","vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline","kernel"]'
	expect 8 --sysroot "$host" status --exit-code
	# Known from a session, a device is not told of twice.
	mkdir -p "$host/sys/kernel/debug/liveupdate"
	printf '%s\n' 'incoming session vm unclaimed' 'incoming file vm 0x0001000000000100 vfio-pci-v1 waiting' \
		>"$host/sys/kernel/debug/liveupdate/sessions"
	expect 0 --sysroot "$host" status -n -o session,device
	same "$(tr -s ' ' <<<"$output" | sort)" '- 0000:02:00.0
vm 0000:01:00.0'
	attribute "$host" 0000:01:00.0 none 0x020000
	attribute "$host" 0000:02:00.0 none 0x020000
	: >"$host/sys/kernel/debug/liveupdate/sessions"
	expect 0 --sysroot "$host" status --exit-code
	mkdir -p "$host/sys/kernel/debug/kho/in/sub_fdts"
	touch "$host/sys/kernel/debug/kho/in/sub_fdts/LUO"
	expect 0 --sysroot "$host" status --exit-code
	same "$output" 'phase: finished'
}

@test "status: what may not be read is said, and is not taken for nothing" {
	local host=$BATS_TEST_TMPDIR/host
	process "$host" 7 luod 'anon_inode:[luo_session] vm'
	mkdir -p "$host/run/vfio-luctl" "$host/sys/kernel/debug/liveupdate"
	chmod 0 "$host/run/vfio-luctl" "$host/sys/kernel/debug/liveupdate" "$host/proc/7/fd"
	run --separate-stderr as_nobody --sysroot "$host" status --json
	show status
	[ "$status" -eq 0 ]
	same "$output" "{\"version\":1,\"phase\":null,\"hidden\":\"the keepers' sockets, descriptors of other users' processes, the kernel's list in debugfs (root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can see more)\",\"clock\":\"realtime\",\"sessions\":[]}"
	valid status <<<"$output"
	run --separate-stderr as_nobody --sysroot "$host" status
	same "$output" "hidden: the keepers' sockets, descriptors of other users' processes, the kernel's list in debugfs (root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can see more)"
	run --separate-stderr as_nobody --sysroot "$host" status --exit-code
	show status
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == *'cannot be told'* ]]
	# Devices that tell for themselves leave no doubt.
	attribute "$host" 0000:01:00.0 none 0x020000
	run --separate-stderr as_nobody --sysroot "$host" status --exit-code
	[ "$status" -eq 0 ]
	attribute "$host" 0000:01:00.0 incoming 0x020000
	run --separate-stderr as_nobody --sysroot "$host" status --exit-code
	[ "$status" -eq 8 ]
	chmod 755 "$host/run/vfio-luctl" "$host/sys/kernel/debug/liveupdate" "$host/proc/7/fd"
}

@test "sessions: what is to be handed over, and how, is checked before anything else is" {
	refused 2 null retrieve vm --fd-base 2 -- cat
	[[ $stderr == *"'2' is not a number from 3 to 65535"* ]]
	local number
	for number in '' x 3x -1 ' 3' 0x10 65536 99999999999999999999; do
		refused 2 null retrieve vm "--fd-base=$number" -- cat
	done
	refused 2 null retrieve vm --fd-base 3
	[[ $stderr == *"--fd-base: it needs a command"* ]]
	refused 2 null retrieve vm --iommufd
	[[ $stderr == *"--iommufd: it needs a command, or --send"* ]]
	refused 2 null retrieve vm --finish
	[[ $stderr == *"--finish: it needs a command, or --send"* ]]
	refused 2 null retrieve vm --qmp
	[[ $stderr == *"--qmp: it needs --send"* ]]
	refused 2 null retrieve vm --qmp -- cat
	refused 2 null retrieve vm --send /nonexistent -- cat
	[[ $stderr == *"there is a command to hand over to"* ]]
	refused 2 null retrieve vm -- cat '{iommufd}'
	[[ $stderr == *"{iommufd} without --iommufd"* ]]
	refused 2 null retrieve vm --
	[[ $stderr == *"no command follows"* ]]
	refused 2 null retrieve vm --send "$(printf '%0200d' 0)"
	refused 2 null retrieve vm --send ''
	refused 1 ENOENT retrieve vm --send /nonexistent
	refused 1 ECONNREFUSED retrieve vm --send @nobody-listens-there
	[[ $stderr == *"@nobody-listens-there: nobody listens there"* ]]
	refused 2 null finish vm --wait=x
}

@test "sessions: memory of preserve is checked before anything else is" {
	local name
	for name in '' . -x 'a b' a:b a/b iommufd memfd-1 pci-1 "$(printf '%064d' 0)"; do
		refused 2 null preserve vm "--memfd=1:1=$name"
		[[ $stderr == *" is no name for a memfd"* ]]
		refused 2 null preserve vm "--attach=/etc/passwd=$name"
	done
	refused 2 null preserve vm --memfd=1:1
	refused 2 null preserve vm --memfd '=ram'
	[[ $stderr == *"no file is named"* ]]
	refused 2 null preserve vm --memfd
	refused 2 null preserve vm --attach
	refused 6 ENOENT preserve vm --memfd /nonexistent=ram
	refused 4 null preserve vm --memfd "$BATS_TEST_DIRNAME=ram"
	[[ $stderr == *"it is no regular file"* ]]
	refused 4 null preserve vm --memfd /dev/null=ram
	printf x >"$BATS_TEST_TMPDIR/small"
	refused 4 null preserve vm --memfd "$BATS_TEST_TMPDIR/small=ram"
	[[ $stderr == *"it is no memfd"*"--attach"* ]]
	refused 6 ESRCH preserve vm --memfd 999999999:1=ram
	sleep 100 &
	refused 6 EBADF preserve vm --memfd "$!:77=ram"
	[[ $stderr == *"it has no descriptor 77"* ]]
	refused 4 null preserve vm --memfd "$!:0=ram"
	[[ $stderr == *"descriptor 0 is no memfd"* ]]
	kill "$!"
	refused 6 ENOENT preserve vm --attach /nonexistent
	refused 4 null preserve vm --attach /dev/null
	: >"$BATS_TEST_TMPDIR/empty"
	refused 4 null preserve vm --attach "$BATS_TEST_TMPDIR/empty"
	truncate -s 16777217 "$BATS_TEST_TMPDIR/large"
	refused 4 null preserve vm --attach "$BATS_TEST_TMPDIR/large"
	[[ $stderr == *"it has 16777217 bytes, and must have 1 to 16777216"* ]]
	refused 2 null preserve vm --attach "$BATS_TEST_TMPDIR/small" --attach "$BATS_TEST_TMPDIR/small"
	[[ $stderr == *"another memfd is called 'small' already"* ]]
}
