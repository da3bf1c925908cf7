# SPDX-License-Identifier: GPL-2.0-or-later
# list: on recorded hosts, see tests/data/make-hosts.

load helpers

# The table byte for byte; the JSON by value, and as the schema says.
check_host() {
	local host=$1
	set -o pipefail
	"$LUCTL" list --sysroot "$DATA/$host" | diff "$DATA/expected/list-$host.txt" -
	"$LUCTL" list --json --sysroot "$DATA/$host" >"$BATS_TEST_TMPDIR/json"
	valid list <"$BATS_TEST_TMPDIR/json"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/json")" -eq 1 ]
	jq -S . "$BATS_TEST_TMPDIR/json" | diff "$DATA/expected/list-$host.json" -
}

@test "list: a host without VFIO" {
	check_host none
}

@test "list: one device, others with other drivers" {
	check_host one
}

@test "list: many devices in two domains, sorted by address" {
	check_host many
}

@test "list: devices of other buses come last, by name" {
	check_host non-pci
}

@test "list: domains that do not fit into 16 bits" {
	check_host vmd
}

@test "list: contents that no kernel writes" {
	check_host garbage
}

@test "list: nothing in a sysroot without sysfs" {
	expect 0 list --sysroot "$BATS_TEST_TMPDIR"
	[ -z "$output$stderr" ]
	expect 0 list --json --sysroot "$BATS_TEST_TMPDIR"
	same "$output" '{"version":1,"devices":[]}'
}

@test "list: of the running host" {
	expect 0 list --json
	valid list <<<"$output"
}

@test "list: names with control characters are escaped" {
	local host=$BATS_TEST_TMPDIR/host name=$'a\n\033[2Jb' parent
	parent=$host/sys/devices/$name
	mkdir -p "$parent/vfio-dev/vfio1" "$host/sys/class/vfio-dev"
	touch "$parent/uevent"
	ln -s "../../../$name" "$parent/vfio-dev/vfio1/device"
	ln -s "../../devices/$name/vfio-dev/vfio1" "$host/sys/class/vfio-dev/vfio1"
	expect 0 list -n -o device --sysroot "$host"
	same "$output" 'a\x0a\x1b[2Jb'
	expect 0 list --json --sysroot "$host"
	same "$(jq -r '.devices[].device' <<<"$output")" 'a\x0a\x1b[2Jb'
}

@test "list: a FIFO in place of an attribute does not block" {
	cp -a "$DATA/one" "$BATS_TEST_TMPDIR/host"
	local dir=$BATS_TEST_TMPDIR/host/sys/bus/pci/devices/0000:3b:00.0
	rm "$dir/uevent" "$dir/numa_node"
	mkfifo "$dir/uevent" "$dir/numa_node"
	run timeout 10 "$LUCTL" list -n --sysroot "$BATS_TEST_TMPDIR/host"
	[ "$status" -eq 0 ]
	same "$output" '0000:3b:00.0  -  -  42  vfio0'
}

@test "list: a class directory that cannot be read is an error" {
	mkdir -p "$BATS_TEST_TMPDIR/sys/class"
	touch "$BATS_TEST_TMPDIR/sys/class/vfio-dev"
	refused 1 ENOTDIR list --sysroot "$BATS_TEST_TMPDIR"
	same "$stderr" 'vfio-luctl: list: /sys/class/vfio-dev: cannot open the directory: Not a directory'
}

@test "list: devices by every kind of name, in the order of the addresses, each once" {
	expect 0 list -n -o device --sysroot "$DATA/many" vfio12 0001:3b:00.0 b1:00.0 \
		/dev/vfio/devices/vfio0 /sys/bus/pci/devices/0000:3b:00.3 noiommu-vfio1
	same "$output" '0000:3b:00.3
0000:af:1f.7
0000:b0:00.0
0000:b1:00.0
0001:3b:00.0'
	expect 0 list -n -o device --sysroot "$DATA/non-pci" 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 vfio3
	same "$output" '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
fff51000.ethernet'
}

@test "list: a short address in two domains is ambiguous" {
	refused 2 null list --sysroot "$DATA/many" vfio0 3b:00.0
	same "$stderr" "vfio-luctl: list: 3b:00.0: is ambiguous: 0000:3b:00.0, 0001:3b:00.0
vfio-luctl: hint: name the device with its domain"
}

@test "list: a device that is not there" {
	refused 6 ENODEV list --sysroot "$DATA/many" 0000:01:00.7
	same "$stderr" 'vfio-luctl: list: 0000:01:00.7: not among the VFIO devices: No such device'
	refused 6 ENODEV list --sysroot "$DATA/many" vfio4711
}

@test "list: a device with another driver, or none" {
	refused 6 ENODEV list --sysroot "$DATA/one" 00:02.0
	same "$stderr" 'vfio-luctl: list: 00:02.0: not among the VFIO devices: No such device
vfio-luctl: hint: 0000:00:02.0 is bound to nvme; bind it to vfio-pci'
	refused 6 ENODEV list --sysroot "$DATA/one" 0000:00:03.0
	[[ $stderr == *'hint: 0000:00:03.0 has no driver; bind it to vfio-pci' ]]
}

@test "list: words that name no device" {
	refused 2 null list --sysroot "$DATA/one" nonsense
	[[ $stderr == *'list: nonsense: is not a device'*'hint: a device is named as dddd:bb:dd.f'* ]]
	refused 2 null list --sysroot "$DATA/one" $'\033[31m\377'
	[[ $stderr == *'list: \x1b[31m\xff: is not a device'* ]]
	refused 2 null list --sysroot "$DATA/one" ''
}

@test "list: columns are chosen and ordered by -o" {
	expect 0 list --sysroot "$DATA/many" -o cdev,numa,class,bus vfio0 vfio20
	same "$output" 'CDEV    NUMA  CLASS   BUS
vfio20  0     020000  pci
vfio0   -     ff0000  pci'
	expect 0 list --sysroot "$DATA/many" --no-headings --output=device vfio0
	same "$output" 0000:af:1f.7
	expect 0 list --sysroot "$DATA/many" -o device --json vfio0
	[ "$(jq '.devices[0] | length' <<<"$output")" -eq 8 ]
}

@test "list: --list-columns says what -o takes" {
	expect 0 list --list-columns -n
	local word rest
	while read -r word rest; do
		expect 0 list -o "$word" --sysroot "$DATA/one"
		[ -n "$output" ]
	done <<<"$output"
	expect 0 list --list-columns --json
	valid columns <<<"$output"
	same "$(jq -c '[.columns[].column]' <<<"$output")" \
		"$("$LUCTL" list --json --sysroot "$DATA/one" | jq -c '.devices[0] | keys_unsorted')"
}

@test "list: neither config space nor the live update device is opened, and little else" {
	local log=$BATS_TEST_TMPDIR/strace few many
	strace -f -o "$log" "$LUCTL" list --sysroot "$DATA/many" >/dev/null
	run ! grep -E 'config|liveupdate|/dev/vfio' "$log"
	many=$(wc -l <"$log")
	strace -f -o "$log" "$LUCTL" list --sysroot "$DATA/one" >/dev/null
	few=$(wc -l <"$log")
	echo "$few system calls for 1 device, $many for 17"
	[ $((many - few)) -le $((16 * 12)) ]
	[ "$few" -le 120 ]
}

@test "list: a recording of a host lists like the host" {
	local host
	for host in none one many non-pci; do
		"$TOP/tests/record-sysfs" "$BATS_TEST_TMPDIR/$host" "$DATA/$host"
		expect 0 list --json --sysroot "$BATS_TEST_TMPDIR/$host"
		same "$(jq -S . <<<"$output")" "$(cat "$DATA/expected/list-$host.json")"
	done
}
