# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # text for another shell; bats sets status, output, stderr
# wait, and the options of retrieve that wait: what can be told without devices.

load helpers
export LUCTL

# device ADDRESS DRIVER CDEV STATE: in the recorded host; - is absent
device() {
	local dir=$BATS_TEST_TMPDIR/host/sys/bus/pci/devices/$1
	mkdir -p "$dir" "$BATS_TEST_TMPDIR/host/dev/vfio/devices"
	{
		[ "$2" = - ] || echo "DRIVER=$2"
		echo "PCI_SLOT_NAME=$1"
		[ "$4" = - ] || echo "LIVEUPDATE=$4"
	} >"$dir/uevent"
	[ "$3" != - ] || return 0
	mkdir -p "$dir/vfio-dev/$3"
	echo 511:0 >"$dir/vfio-dev/$3/dev"
}

# look STATUS WORD...: wait, only looking, in the recorded host
look() {
	local want=$1
	shift
	expect "$want" wait --timeout=0 --sysroot "$BATS_TEST_TMPDIR/host" "$@"
}

a=0000:01:00.0 b=0000:02:00.0 c=0000:03:00.0

@test "wait: every way to say it wrong" {
	refused 2 null wait
	same "$stderr" "vfio-luctl: wait: no device is given
vfio-luctl: hint: see 'vfio-luctl wait --help'"
	refused 2 null wait --for bound
	refused 2 null wait $a
	[[ $stderr == 'vfio-luctl: wait: --for is missing'* ]]
	refused 2 null wait $a --for
	local word
	for word in '' Bound boun retrieved 'bound,cdev'; do
		refused 2 null wait $a --for "$word"
		[[ $stderr == *"--for: '$word' is not bound, cdev, preserved, incoming or free"* ]]
	done
	for word in '' x -1 1.5 86401 99999999999999999999 ' 1'; do
		refused 2 null wait $a --for bound "--timeout=$word"
		refused 2 null retrieve vm "--wait=$word"
	done
	refused 2 null wait nonsense --for bound --timeout=0
	refused 2 null wait $a --for bound --sysroot "$DATA/one"
	[[ $stderr == *'--sysroot: in a recorded host nothing happens: it needs --timeout=0'* ]]
	refused 2 null wait $a --for bound -o nonsense
}

@test "wait: options of retrieve are not those of other verbs" {
	local verb
	for verb in 'preserve vm 0000:01:00.0' 'cancel vm' 'finish vm'; do
		# shellcheck disable=SC2086
		refused 2 null $verb --bind
		# shellcheck disable=SC2086
		[[ $verb == finish* ]] || refused 2 null $verb --wait
	done
}

@test "wait: bound is vfio-pci and no other driver" {
	device $a vfio-pci - -
	device $b igb - -
	device $c - - -
	look 0 $a --for bound
	look 7 $b --for bound
	[[ $stderr == *"$b: not bound after 0 s: its driver is igb, its cdev (none): Timer expired" ]]
	look 7 $c --for bound
	[[ $stderr == *"its driver is (none)"* ]]
}

@test "wait: cdev is the node, not only sysfs" {
	device $a vfio-pci vfio3 -
	device $b vfio-pci - -
	look 7 $a --for cdev
	touch "$BATS_TEST_TMPDIR/host/dev/vfio/devices/vfio3"
	look 0 $a --for cdev -n -o cdev
	same "$output" vfio3
	look 7 $b --for cdev
}

@test "wait: preserved, incoming, free are what the kernel says" {
	local state goal want
	for state in none outgoing incoming 'incoming outgoing'; do
		device $a - - "$state"
		for goal in preserved incoming free; do
			want=7
			case "$goal:$state" in
			preserved:*outgoing | incoming:incoming* | free:none) want=0 ;;
			esac
			look $want $a --for $goal
			[ $want -eq 0 ] || [[ $stderr == *"$a: not $goal after 0 s: its live update state is $state"* ]]
		done
	done
}

@test "wait: a kernel that does not tell states says so" {
	device $a vfio-pci - -
	local goal
	for goal in preserved incoming free; do
		look 3 $a --for $goal
		[[ $stderr == *"$a: this kernel does not tell which devices are in a live update"* ]]
		[[ $stderr == *"hint: it needs patch 0012"* ]]
	done
	look 3 $a --for free --json
	valid error <<<"$stderr"
	look 0 $a --for bound
}

@test "wait: a device that is not there can come, but has no live update" {
	device $a vfio-pci - none
	look 7 0000:77:00.0 --for bound
	[[ $stderr == *"0000:77:00.0: not bound after 0 s: it is not on the PCI bus"* ]]
	look 7 0000:77:00.0 --for cdev
	look 7 77:00.0 --for bound
	look 7 /sys/bus/pci/devices/0000:77:00.0 --for bound
	look 6 0000:77:00.0 --for free
	look 6 0000:77:00.0 --for incoming
	look 6 vfio7 --for bound
}

@test "wait: all of several devices, each once, in order" {
	device $a vfio-pci - outgoing
	device $b vfio-pci - outgoing
	device $c vfio-pci - none
	look 0 $b $a 02:00.0 /sys/bus/pci/devices/$a --for preserved --json
	valid wait <<<"$output"
	same "$(jq -c '[.devices[] | .device, .state, .driver, .cdev, .liveupdate]' <<<"$output")" \
		"[\"$a\",\"preserved\",\"vfio-pci\",null,\"outgoing\",\"$b\",\"preserved\",\"vfio-pci\",null,\"outgoing\"]"
	look 7 $a $b $c --for preserved
	[ -z "$output" ]
	[[ $stderr == *"$c: not preserved"* ]]
	look 0 $a --for preserved --json
	valid wait <<<"$output"
}

@test "wait: a short address is the device of it, in whatever domain" {
	device 0001:05:00.0 vfio-pci - -
	device 0001:06:00.0 vfio-pci - -
	device 0002:06:00.0 vfio-pci - -
	look 0 05:00.0 --for bound -n -o device
	same "$output" 0001:05:00.0
	look 2 06:00.0 --for bound
	[[ $stderr == *"06:00.0: is ambiguous: 0001:06:00.0, 0002:06:00.0"* ]]
}

@test "wait: the columns are the keys of the schema" {
	expect 0 wait --list-columns --json
	same "$(jq -r '.columns[].column' <<<"$output" | sort)" \
		"$(jq -r '.. | objects | select(has("state")) | keys[]' "$TOP/schemas/vfio-luctl-wait.schema.json" | sort)"
}

@test "wait: time is up, on the running host" {
	expect 7 wait ffff:77:00.0 --for bound --timeout=1
	refused 7 ETIME wait ffff:77:00.0 --for bound --timeout=0
	expect 6 wait ffff:77:00.0 --for incoming
}

@test "wait: SIGINT is no success" {
	run env --default-signal=INT timeout --foreground -s INT 1 "$LUCTL" wait ffff:77:00.0 --for bound
	[ "$status" -eq 124 ]
	# What timeout(1) would report of its child
	run bash -c 'env --default-signal=INT "$LUCTL" wait ffff:77:00.0 --for bound & sleep 0.5; kill -INT $!; wait $!'
	[ "$status" -eq 130 ]
}

@test "wait: subscribes before it looks, and not at all when it only looks" {
	run strace -o "$BATS_TEST_TMPDIR/trace" -e trace=setsockopt,openat "$LUCTL" wait ffff:77:00.0 --for bound --timeout=1
	[ "$status" -eq 7 ]
	same "$(sed -n 's/.*NETLINK_ADD_MEMBERSHIP.*/subscribe/p; s/.*"sys\/bus\/pci\/devices\/ffff.*/look/p' \
		"$BATS_TEST_TMPDIR/trace" | head -n2)" $'subscribe\nlook'
	run strace -o "$BATS_TEST_TMPDIR/trace" -e trace=socket "$LUCTL" wait ffff:77:00.0 --for bound --timeout=0
	[ "$status" -eq 7 ]
	run ! grep socket "$BATS_TEST_TMPDIR/trace"
}

@test "wait: without netlink" {
	run --separate-stderr strace -o /dev/null -e inject=socket:error=EPERM "$LUCTL" wait $a --for bound
	[ "$status" -eq 1 ]
	[[ $stderr == *'netlink (uevents): cannot connect: Operation not permitted' ]]
}

@test "wait: retrieve --wait does not wait for a kernel that can do nothing" {
	local words
	for words in --wait=1 '--wait --bind' '--bind --dry-run'; do
		# shellcheck disable=SC2086
		run --separate-stderr strace -o /dev/null -P /dev/liveupdate -e 'inject=?access,?faccessat,?faccessat2:error=ENOENT' \
			"$LUCTL" retrieve vm $words
		[ "$status" -eq 3 ]
		[[ $stderr == *'/dev/liveupdate: live update is not available: No such file or directory'* ]]
	done
}
