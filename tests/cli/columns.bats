# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets status, output, stderr
# The columns of list: which are chosen, and what each costs.

load helpers

readonly USUAL=device,id,driver,group,cdev

all_columns() {
	"$LUCTL" list --list-columns --json | jq -r '[.columns[].column] | join(",")'
}

@test "columns: the usual ones" {
	expect 0 list --sysroot "$DATA/many"
	local usual=$output
	expect 0 list --sysroot "$DATA/many" -o "$USUAL"
	same "$output" "$usual"
	expect 0 list --list-columns --json
	same "$(jq -r '[.columns[] | select(.default).column] | join(",")' <<<"$output")" "$USUAL"
}

@test "columns: + adds to them, -O is all of them, and of -o and -O the last one counts" {
	expect 0 list --sysroot "$DATA/facts" -o "$USUAL,numa,driver"
	local added=$output all
	expect 0 list --sysroot "$DATA/facts" -o +numa,driver
	same "$output" "$added"
	expect 0 list --sysroot "$DATA/facts" -O -o +numa,driver
	same "$output" "$added"
	expect 0 list --sysroot "$DATA/facts" -o "$(all_columns)"
	all=$output
	expect 0 list --sysroot "$DATA/facts" -o +numa -O
	same "$output" "$all"
	expect 0 list --sysroot "$DATA/facts" --output-all
	same "$output" "$all"
	expect 0 status --list-columns -O
	expect 0 status -O --sysroot "$DATA/none"
}

@test "columns: what -o does not take" {
	local columns
	for columns in '' + ++numa '+,' '+numa,' 'numa,+cdev' '+numa,+cdev' ',+numa' '+ numa' -numa; do
		refused 2 null list "--output=$columns" --sysroot "$DATA/many"
		[[ $stderr == "vfio-luctl: list: --output: no such column '"* ]]
	done
	refused 2 null list -o nonsense
	same "${stderr##*hint: the columns are: }" "$(all_columns | sed 's/,/, /g')"
}

# trace COLUMN: what "list -o COLUMN" opens and follows, of the recording of a live host with users,
# interrupts and a session.
trace() {
	strace -f -e trace=openat,readlinkat,faccessat,faccessat2,access,getdents64 \
		-o "$BATS_TEST_TMPDIR/trace" "$LUCTL" list -o "$1" --sysroot "$BATS_TEST_TMPDIR/host" "${@:2}" >/dev/null
	sed -n '/vfio-dev/,$p' "$BATS_TEST_TMPDIR/trace"
}

@test "columns: each is read only when it is asked for" {
	local column file all
	local -A sources=([device]='' [bus]='' [id]=uevent [subsystem]=uevent [class]=uevent [driver]=uevent
		[name]='uevent pci.ids' [subname]='uevent pci.ids' [classname]='uevent pci.ids'
		[override]=driver_override [group]=iommu_group [members]=iommu_group/devices [numa]=numa_node
		[cdev]='vfio0/dev"' [resets]=reset_method [irqs]='msi_irqs actions' [irqtype]='msi_irqs actions'
		[pids]='iommu_group vfio0/dev" "proc"' [commands]='iommu_group vfio0/dev" "proc"' [liveupdate]='"liveupdate"'
		[session]='"liveupdate" debug/liveupdate' [eligible]='uevent vfio0/dev" sriov_numvfs'
		[obstacle]='uevent vfio0/dev" sriov_numvfs')
	all=$(printf '%s\n' "${sources[@]}" | tr ' ' '\n' | sort -u)
	unpack_lab lab-three "$BATS_TEST_TMPDIR/host"
	same "$(all_columns | tr , '\n' | sort)" "$(printf '%s\n' "${!sources[@]}" | sort)"
	for column in "${!sources[@]}"; do
		trace "$column" >"$BATS_TEST_TMPDIR/opened"
		for file in $all; do
			echo "-o $column: $file"
			if [[ " ${sources[$column]} " == *" $file "* ]]; then
				grep -qF "$file" "$BATS_TEST_TMPDIR/opened"
			elif [[ ! ($file == iommu_group && $column == members) ]]; then
				run ! grep -F "$file" "$BATS_TEST_TMPDIR/opened"
			fi
		done
	done
}

@test "columns: names are looked up only for text that shows them, in JSON only when asked for" {
	unpack_lab lab-three "$BATS_TEST_TMPDIR/host"
	run ! grep -E 'pci\.ids|hwdb' <<<"$(trace +numa)"
	run ! grep -E 'pci\.ids|hwdb' <<<"$(trace +numa --json)"
	trace device,classname --json >"$BATS_TEST_TMPDIR/opened"
	grep -q 'pci\.ids' "$BATS_TEST_TMPDIR/opened"
	run ! grep -E 'hwdb|resolv\.conf|\.pciids' "$BATS_TEST_TMPDIR/opened"
	expect 0 list --json --sysroot "$BATS_TEST_TMPDIR/host"
	same "$(jq -c '[.devices[] | .name, .subname, .classname] | unique' <<<"$output")" '[null]'
	expect 0 list --json -o name --sysroot "$BATS_TEST_TMPDIR/host"
	same "$(jq -c '.devices[1] | [.name, .subname, .classname]' <<<"$output")" \
		'["Intel Corporation 82576 Gigabit Network Connection","Red Hat, Inc. Device 1100","Ethernet controller"]'
}

@test "columns: names in another encoding, and a pci.ids that is none" {
	local host=$BATS_TEST_TMPDIR/host
	unpack_lab lab-three "$host"
	printf '8086  Int\351l\\ \033[31m\n\t10c9  82576\n1af4\tno name\nC 02  N\303\251t\n' >"$BATS_TEST_TMPDIR/pci.ids"
	sed -i '/^1af4/d' "$BATS_TEST_TMPDIR/pci.ids"
	add_pci_ids "$host" "$BATS_TEST_TMPDIR/pci.ids"
	expect 0 list -n -o name,classname --sysroot "$host" 02:00.0
	[[ $output == 'Int\xe9l\x5c \x1b[31m 82576  '*'Nét'* ]]
	expect 0 list -O --json --sysroot "$host" 02:00.0
	valid list <<<"$output"
	same "$(jq -r '.devices[].name' <<<"$output")" 'Int\xe9l\x5c \x1b[31m 82576'
	echo 'not a list of names' >>"$BATS_TEST_TMPDIR/pci.ids"
	add_pci_ids "$host" "$BATS_TEST_TMPDIR/pci.ids"
	refused 1 EBADMSG list -o name --sysroot "$host"
	[[ $stderr == "vfio-luctl: list: $host/usr/share/"*"/pci.ids: cannot make sense of"* ]]
	expect 0 list --sysroot "$host"
	expect 0 list --json --sysroot "$host"
}

@test "columns: names of a recorded host that has no pci.ids are those of this host" {
	[ -e /usr/share/misc/pci.ids ] || [ -e /usr/share/hwdata/pci.ids ]
	expect 0 list -n -o name --sysroot "$DATA/one"
	[[ $output == 'Mellanox Technologies '* ]]
}

# without_rights WORD...: vfio-luctl by a user without capabilities, be that root
without_rights() {
	local drop=()
	((EUID)) || drop=(setpriv --bounding-set=-all --inh-caps=-all)
	run --separate-stderr "${drop[@]}" "$LUCTL" "$@"
	show "$@"
	[ "$status" -eq 0 ]
}

@test "columns: nobody was seen, and some cannot be seen: that is not nobody" {
	local host=$BATS_TEST_TMPDIR/host
	cp -a "$DATA/facts" "$host"
	chmod 0 "$host/proc/9/fd"
	without_rights list --json --sysroot "$host"
	chmod 755 "$host/proc/9/fd"
	valid list <<<"$output"
	same "$(jq -c '.devices[] | select(.cdev == "vfio1" or .cdev == "vfio0") | [.pids, .commands]' <<<"$output")" \
		'[null,null]
[[7,99],["agent 7","v\\xffm,?"]]'
	rm -r "$host/proc"
	expect 0 list --json --sysroot "$host"
	same "$(jq -c '[.devices[] | .pids, .commands] | unique' <<<"$output")" '[null]'
}

@test "columns: no pci.ids: no names" {
	local place paths=()
	for place in /usr/share/{misc,hwdata}/pci.ids{,.gz}; do
		paths+=(-P "$place")
	done
	run strace -qq -f -o /dev/null "${paths[@]}" -e inject=openat:error=ENOENT "$LUCTL" list -n -o name,classname --sysroot "$DATA/one"
	same "$status $output" '0 -  -'
}

@test "columns: short of descriptors: an error, not an absent value" {
	local column limit failed
	unpack_lab lab-three "$BATS_TEST_TMPDIR/host"
	for column in members override resets irqs irqtype liveupdate eligible; do
		failed=
		expect 0 list -o "$column" --sysroot "$BATS_TEST_TMPDIR/host"
		local good=$output
		for limit in 5 6 7 8; do
			run bash -c "exec 3>&- 4>&- 5>&- 6>&- 7>&-; ulimit -n $limit; exec \"\$@\"" - \
				"$LUCTL" list -o "$column" --sysroot "$BATS_TEST_TMPDIR/host"
			echo "$column, $limit descriptors: $output"
			[[ $output == *': Too many open files' || $output == "$good" ]]
			[[ $output == "$good" ]] || failed+=$limit
		done
		[ "$failed" ]
		[[ $failed != *8* ]]
	done
}

@test "columns: names of files that are not UTF-8" {
	local host=$BATS_TEST_TMPDIR/host name=$'\xfc\\\xc3\xbc' parent
	parent=$host/sys/devices/$name
	mkdir -p "$parent/vfio-dev/vfio1" "$host/sys/class/vfio-dev" "$host/sys/kernel/iommu_groups/1/devices/$name"
	printf 'DRIVER=\xff\xfe\n' >"$parent/uevent"
	ln -s "../../../$name" "$parent/vfio-dev/vfio1/device"
	ln -s ../../kernel/iommu_groups/1 "$parent/iommu_group"
	ln -s $'../../bus/b\xe9s' "$parent/subsystem"
	printf '\xe2\x82\n' >"$parent/driver_override"
	ln -s "../../devices/$name/vfio-dev/vfio1" "$host/sys/class/vfio-dev/vfio1"
	expect 0 list --json --sysroot "$host"
	valid list <<<"$output"
	same "$(jq -r '.devices[] | [.device, .bus, .driver, .override, .members[]] | join(" ")' <<<"$output")" \
		'\xfc\x5cü b\xe9s \xff\xfe \xe2\x82 \xfc\x5cü'
	expect 0 list -n -o members,override --sysroot "$host"
	same "$output" '\xfc\x5cü  \xe2\x82'
}
