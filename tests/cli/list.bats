# SPDX-License-Identifier: GPL-2.0-or-later
# list: on recorded hosts, see tests/data/make-hosts and tests/data/record-lab.

load helpers

# check_list HOST DIRECTORY [OPTION]...: the table byte for byte; the JSON by value, and as the
# schema says.
check_list() {
	local host=$1 root=$2
	shift 2
	set -o pipefail
	"$LUCTL" list --sysroot "$root" "$@" | diff "$DATA/expected/list-$host.txt" -
	"$LUCTL" list --json --sysroot "$root" "$@" >"$BATS_TEST_TMPDIR/json"
	valid list <"$BATS_TEST_TMPDIR/json"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/json")" -eq 1 ]
	jq -S . "$BATS_TEST_TMPDIR/json" | diff "$DATA/expected/list-$host.json" -
}

check_host() {
	check_list "$1" "$DATA/$1"
}

# What the lab recorded, with every column; the names are those of our own pci.ids.
check_lab() {
	unpack_lab "$1" "$BATS_TEST_TMPDIR/host"
	check_list "$1" "$BATS_TEST_TMPDIR/host" -O
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

@test "list: facts that the lab does not have" {
	check_host facts
}

@test "list: contents that no kernel writes" {
	check_host garbage
}

@test "list: the lab, nothing there" {
	check_lab lab-none
}

@test "list: the lab, one device preserved and two in use" {
	check_lab lab-three
}

@test "list: the lab, after the kexec" {
	check_lab lab-incoming
}

@test "list: the lab, IOMMU groups of several devices and of several functions" {
	check_lab lab-group
}

@test "list: the lab, virtual functions" {
	check_lab lab-sriov
}

@test "list: the lab, 128 devices" {
	local host=$BATS_TEST_TMPDIR/host
	unpack_lab lab-128 "$host"
	"$LUCTL" list --sysroot "$host" -O | diff "$DATA/expected/list-lab-128.txt" -
	expect 0 list --json --sysroot "$host"
	valid list <<<"$output"
	same "$(jq -r '.devices[] | "\(.device) \(.cdev) \(.group) \(.members[])"' <<<"$output")" \
		"$("$LUCTL" list -n --sysroot "$host" -o device,cdev,group,members | tr -s ' ')"
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
	same "$(jq -c '.devices[0] | keys_unsorted' <<<"$output")" \
		"$("$LUCTL" list --list-columns --json | jq -c '[.columns[].column]')"
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

@test "list: at most 10 system calls for each device more, and neither config space nor names are read" {
	local log=$BATS_TEST_TMPDIR/strace count few start
	# What the loader does, and libraries before main().
	strace -f -o "$log" "$LUCTL" --version >"$BATS_TEST_TMPDIR/out"
	start=$(wc -l <"$log")
	for count in 16 1024; do
		"$TOP/tests/bench/many-devices" "$count" "$BATS_TEST_TMPDIR/$count"
		strace -f -o "$log" "$LUCTL" list --sysroot "$BATS_TEST_TMPDIR/$count" >"$BATS_TEST_TMPDIR/out"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq $((count + 1)) ]
		run ! grep -E '/config|liveupdate|/dev/vfio|pci\.ids|hwdb' "$log"
		echo "$(wc -l <"$log") system calls for $count devices"
		((count == 1024)) || few=$(wc -l <"$log")
	done
	[ $((few - start)) -le 200 ]
	[ $(($(wc -l <"$log") - few)) -le $(((1024 - 16) * 10)) ]
}

@test "list: a recording of a host lists like the host" {
	local host
	for host in none one many non-pci vmd; do
		"$TOP/tests/record-sysfs" "$BATS_TEST_TMPDIR/$host" "$DATA/$host"
		check_list "$host" "$BATS_TEST_TMPDIR/$host"
	done
	for host in lab-three lab-incoming lab-group lab-sriov; do
		unpack_lab "$host" "$BATS_TEST_TMPDIR/$host"
		"$TOP/tests/record-sysfs" "$BATS_TEST_TMPDIR/$host-again" "$BATS_TEST_TMPDIR/$host"
		add_pci_ids "$BATS_TEST_TMPDIR/$host-again"
		check_list "$host" "$BATS_TEST_TMPDIR/$host-again" -O
	done
}

@test "list: a recording tells nothing that it need not" {
	local host=$BATS_TEST_TMPDIR/host to=$BATS_TEST_TMPDIR/recording device
	cp -a "$DATA/facts" "$host"
	mkdir -p "$host"/proc/{9,99}/fdinfo "$host/proc/10/fd"
	echo secret >"$host/proc/99/cmdline"
	echo secret | tee "$host/proc/99/environ" "$host/proc/10/comm" >"$host/proc/100/status"
	ln -s /srv/secret "$host/proc/99/fd/9"
	ln -s /srv/secret "$host/proc/10/fd/3"
	ln -s 'anon_inode:[luo_session] secret' "$host/proc/99/fd/10"
	printf 'secret:\t1\n' | tee "$host/proc/99/fdinfo/3" >>"$host/proc/100/fdinfo/5"
	echo 'secret,vfio-intx(0000:81:00.1),secret' >"$host/sys/kernel/irq/17/actions"
	echo 'outgoing session secret held' >>"$host/sys/kernel/debug/liveupdate/sessions"
	for device in "$host"/sys/bus/pci/devices/*; do
		tee "$device"/{vpd,label,config,serial} <<<secret >/dev/null
	done
	"$TOP/tests/record-sysfs" "$to" "$host"
	[ -L "$to/proc/100/fd/5" ]
	run ! grep -r secret "$to"
	[ -z "$(find "$to" -name '*secret*' -o -lname '*secret*')" ]
	# What is renamed is so everywhere, and nothing else has changed.
	grep 'file session2 0x000100000000b300' "$to/sys/kernel/debug/liveupdate/sessions"
	same "$(readlink "$to/proc/99/fd/10")" 'anon_inode:[luo_session] session3'
	diff <("$LUCTL" list -O --json --sysroot "$host" | jq '.devices[] | del(.session)') \
		<("$LUCTL" list -O --json --sysroot "$to" | jq '.devices[] | del(.session)')
}

@test "list: the recordings of the lab hold what record-sysfs copies and nothing else" {
	local recording
	for recording in "$DATA"/lab-*.tar.xz; do
		run ! grep -vE -- '^\./(sys|sys/(bus|bus/pci|class|devices|kernel)(/.*)?|proc(/[0-9]+(/(comm|fd|fdinfo)(/[0-9]+)?)?)?)?/?$' \
			<<<"$(tar -tJf "$recording")"
		run ! grep -E '/(config|vpd|label|serial[^/]*|net|cmdline|environ)(/|$)' <<<"$(tar -tJf "$recording")"
	done
}
