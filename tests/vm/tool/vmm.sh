# SPDX-License-Identifier: GPL-2.0-or-later
# preserve --pid: the files of a VMM that runs, its memory too, and every refusal.  The probe is the VMM.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
ram=0x0002000000000001 rom=0x0002000000000002

# memfds SESSION: "NAME SIZE STATE" of each, in one line
memfds() {
	"$LUCTL" status --json "$1" | jq -r '[.sessions[] | select(.size != null) | "\(.name) \(.size) \(.state)"] | join(", ")'
}

# sum PATH
sum() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

no_probe() {
	! pgrep -x probe >/dev/null
}

# differ FILE FILE
differ() {
	if cmp -s "$1" "$2"; then
		echo "no difference: $1 $2"
		return 1
	fi
}

# fd_of PID LINK: the lowest descriptor that leads there
fd_of() {
	find "/proc/$1/fd" -lname "$2" -printf '%f\n' | sort -n | head -n1
}

# nothing_left: no session, and the VMM that was asked for uses its device all the same
nothing_left() {
	is "$("$LUCTL" status -n)" ""
	is "$(pgrep -c vfio-luctl-keep || :)" 0
}

# refuses STATUS PATTERN OPERATION...: preserve --pid of a probe that has done that, and is none the worse for it
refuses() {
	local status=$1 pattern=$2
	shift 2
	hold /tmp/held "$@"
	vmm=$(pgrep -x probe)
	expect "$status" preserve vm --pid "$vmm" "${words[@]}"
	says "$pattern"
	nothing_left
	kill "$vmm"
	until_true is_free "$a"
}

# ends_while PID LINK COMMAND...: the process ends after the tool, run by COMMAND, has taken a file from it
ends_while() {
	local vmm=$1 link=$2
	(
		until_true taken "$link"
		kill "$vmm"
		until_true gone "$vmm"
		touch /tmp/gone
	) &
	rm -f /tmp/gone
	"${@:3}"
	is "$got" 6
	says "ended meanwhile"
	nothing_left
	until_true is_free "$a"
}

taken() {
	find /proc/"$(pgrep -x vfio-luctl)"/fd -lname "$1*" 2>/dev/null | grep -q .
}

gone() {
	[ ! -e "/proc/$1" ] || grep -qs "^State:.Z" "/proc/$1/status"
}

waits() {
	got=0
	"$LUCTL" preserve vm --pid "$vmm" --timeout 600 2>/tmp/err 9>&- &
	until_true test -e /tmp/gone
	exec 9>&-
	wait $! || got=$?
	err=$(</tmp/err)
}

irqs() {
	"$LUCTL" list -n -o irqs "$a" | tr -d ' '
}

# disabled_for_it: --disable-interrupts, of a process that is stopped
disabled_for_it() {
	local vmm kind call
	for kind in msi intx; do
		hold /tmp/held "open:$(cdev "$b")" bind "open:$(cdev "$a")" bind "$kind"
		vmm=$(pgrep -x probe)
		kill -STOP "$vmm"
		expect 0 preserve vm --pid "$vmm" --disable-interrupts --dry-run
		is "$(irqs)" 1
		expect 0 preserve vm --pid "$vmm" --disable-interrupts
		is "$(irqs)" 0
		expect 0 check --json "$a"
		is "$(found)" ""
		expect 0 cancel vm
		kill -KILL "$vmm"
		until_true is_free "$a"
	done
	# What is preserved already, too; and what fails then leaves no session
	hold /tmp/held "open:$(cdev "$a")" bind msi
	vmm=$(pgrep -x probe)
	expect 0 preserve vm --pid "$vmm" --force device-interrupts
	expect 4 preserve vm --pid "$vmm" --disable-interrupts
	is "$(irqs)" 1
	kill -STOP "$vmm"
	expect 0 preserve vm --pid "$vmm" --disable-interrupts
	is "$(irqs)" 0
	expect 0 cancel vm
	kind=
	for call in {1..15}; do
		got=0; err=$(strace -qq -o /dev/null -e "inject=ioctl:error=EIO:when=$call" "$LUCTL" preserve vm --pid "$vmm" --disable-interrupts 2>&1) || got=$?
		if [[ $err == *"$a: cannot disable its interrupts"* ]]; then
			kind=seen
			says "nothing was preserved, and each device is free, but interrupts were disabled"
		elif ((got)); then
			says "nothing was preserved, and each device is as before"
		fi
		((got)) || expect 0 cancel vm
		nothing_left
	done
	is "$kind" seen
	kill -KILL "$vmm"
	until_true is_free "$a"
	# After a cancel the process has none, and nobody tells it; it can enable them again
	"$PROBE" "open:$(cdev "$a")" bind msi "run:kill -STOP \$PPID; $LUCTL preserve vm --pid \$PPID --disable-interrupts &&
		$LUCTL cancel vm; kill -CONT \$PPID" "run:$LUCTL list -n -o irqs $a" msi "run:$LUCTL list -n -o irqs $a" edu:5 >/tmp/vmm
	cat /tmp/vmm
	is "$(grep -Ex ' *[01] *|edu.*|run.*' /tmp/vmm | tr -s ' \n' ' ')" "run ok 0 0 run ok 0 1 run ok 0 edu ok 010000ed 120 "
}

boot_1() {
	local vmm delay
	words=()
	bind_all

	# No process, none that is meant
	expect 6 preserve vm --pid 999999
	says "there is no such process"
	got=0; err=$(sh -c "exec '$LUCTL' preserve vm --pid \$\$" 2>&1) || got=$?
	is $got 2
	says "vfio-luctl itself"
	expect 4 preserve vm --pid 2
	says "a thread of the kernel"
	# Another pid namespace, below the /proc of this one
	got=0; err=$(unshare --pid --fork sh -c "'$LUCTL' preserve vm --pid 1; exit \$?" 2>&1) || got=$?
	is $got 4
	says "/proc is not that of our pid namespace"
	expect 6 preserve vm --pid $$
	says "it has no VFIO device open"

	# Not used in the way that can be preserved
	refuses 6 "it has no VFIO device open" memfd:x
	refuses 4 "not bound to an iommufd" "open:$(cdev "$a")"
	group=/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$a/iommu_group")")
	refuses 4 "through its group ($group)" "group:$group,$a"
	says "-device vfio-pci,iommufd=iommufd0,host=$a"
	refuses 4 "through its group" "group:$group,$a" fd:3 close fd:4 close # container and group
	refuses 6 "a VFIO group or container open, but no device" "open:$group"
	words=("$a")
	refuses 4 "through its group" "open:$group"
	refuses 6 "does not have it open" "open:$(cdev "$b")" bind
	words=("$a" "$b")
	refuses 6 "$b: process" "open:$(cdev "$a")" bind
	words=(--memfd)
	refuses 6 "it has no VFIO device open" memfd:x
	refuses 6 "has no memfd open" "open:$(cdev "$a")" bind
	refuses 3 "huge pages" fill:ram,1 huge:big "open:$(cdev "$a")" bind
	says "memfd 2 (big)"
	words=()
	refuses 4 "device-interrupts: its interrupts are enabled (1 msi)" "open:$(cdev "$a")" bind msi
	refuses 4 "(1 intx)" "open:$(cdev "$a")" bind intx
	words=(--disable-interrupts)
	refuses 4 "it runs, and would enable the interrupts again" "open:$(cdev "$a")" bind intx
	words=()
	disabled_for_it

	# We may not; it ends, or changes its files, while we look
	hold /tmp/held fill:ram,1 "open:$(cdev "$a")" bind
	vmm=$(pgrep -x probe)
	got=0; err=$(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$LUCTL" preserve vm --pid "$vmm" 2>&1) || got=$?
	is $got 1
	says "we may not look at its files"
	injected() {
		got=0; err=$(strace -qq -o /dev/null -e "inject=$1" "$LUCTL" preserve vm --memfd --pid "$vmm" 2>&1) || got=$?
		echo "$1: $got $err"
	}
	injected pidfd_getfd:error=EPERM
	is $got 1
	says "may not take descriptor"
	injected pidfd_getfd:error=EBADF:when=2
	is $got 5
	says "while we looked"
	injected pidfd_getfd:error=EMFILE
	is $got 1
	injected pidfd_open:error=ENOSYS
	is $got 3
	delay=5000000
	! debugging || delay=60000000
	ends_while "$vmm" /dev/vfio injected pidfd_getfd:delay_enter=$delay:when=2
	hold /tmp/held "open:$(cdev "$a")" bind
	vmm=$(pgrep -x probe)
	exec 9<>/dev/liveupdate # what the tool waits for once it has all
	ends_while "$vmm" /dev/vfio waits

	# What it does between our commands shows that it keeps its device: nothing, preserved, cancelled, again
	touch '/memfd:file'
	"$PROBE" 'open:/memfd:file' 'run:rm /memfd:file' fill:ram,16 open:/proc/self/fd/4 'fill:a"b,1' \
		"open:$(cdev "$b")" bind "open:$(cdev "$a")" bind edu:5 \
		"run:$LUCTL preserve vm --dry-run --json --memfd --pid \$PPID >/tmp/dry" edu:6 \
		"run:$LUCTL preserve vm --json --memfd --pid \$PPID $a ${a#0000:} $b >/tmp/done" edu:7 \
		"run:$LUCTL preserve vm --json --memfd --pid \$PPID >/tmp/again" \
		"run:$LUCTL preserve other --pid \$PPID 2>/tmp/other" \
		"run:$LUCTL status vm >/tmp/status" \
		"run:$LUCTL cancel vm >/tmp/cancel" edu:8 config bound \
		"run:$LUCTL preserve vm --pid \$PPID $a" edu:9 "run:$LUCTL cancel vm" edu:10 >/tmp/vmm || cat /tmp/vmm
	grep -E '^(edu|bound|config|run)' /tmp/vmm | tee /dev/stderr | tr '\n' ' ' >/tmp/line
	is "$(cat /tmp/line)" "run ok 0 edu ok 010000ed 120 run ok 0 edu ok 010000ed 720 run ok 0 edu ok 010000ed 5040 \
run ok 0 run ok 5 run ok 0 run ok 0 edu ok 010000ed 40320 config ok 1234:11e8 bound ok yes run ok 0 edu ok 010000ed 362880 run ok 0 edu ok 010000ed 3628800 "
	rows() {
		out=$(cat "$1")
		valid preserve
		jq -c '[.devices[] | [.device, .name, .size, .token, .state, .changed]]' "$1"
	}
	want='[["'$a'",null,null,"0x0001000000000100","STATE",CHANGED],["'$b'",null,null,"0x0001000000000200","STATE",CHANGED],[null,"ram",16777216,"'$ram'","STATE",CHANGED],[null,"a\"b",1048576,"'$rom'","STATE",CHANGED]]'
	wanted() { sed "s/STATE/$1/g; s/CHANGED/$2/g" <<<"$want"; }
	is "$(rows /tmp/dry)" "$(wanted planned false)"
	is "$(rows /tmp/done)" "$(wanted preserved true)"
	is "$(rows /tmp/again)" "$(wanted preserved false)"
	grep -q "session vm already" /tmp/other
	cat /tmp/status
	is "$(grep -c ' ram  *16777216  *preserved ' /tmp/status)" 1
	is "$(grep -c ' free' /tmp/cancel)" 4
	until_true is_free "$a"
	is_free "$b"

	# Interrupts may be on now, if they are off before the jump
	hold /tmp/held "open:$(cdev "$a")" bind msi
	expect 0 preserve vm --pid "$(pgrep -x probe)" --force device-interrupts
	expect 4 check --json "$a"
	is "$(found)" "device-interrupts $a"
	# What is preserved keeps them, even when its user ends
	kill "$(pgrep -x probe)"
	until_true no_probe
	expect 4 check --json "$a"
	is "$(found)" "device-interrupts $a"
	expect 0 cancel vm
	until_true is_free "$a"

	# Off with it, from a process in a pid namespace of its own
	rm -f /tmp/held
	sleep 1000 | unshare --pid --fork "$PROBE" fill:ram,16 fill:rom,1 "open:$(cdev "$b")" bind \
		"open:$(cdev "$a")" bind edu:5 msi touch:/tmp/held wait >/dev/null &
	until_true test -e /tmp/held
	vmm=$(pgrep -x probe)
	kill -STOP "$vmm"
	expect 0 preserve vm --pid "$vmm" --memfd --disable-interrupts
	shows "$ram"
	# What is written to it from now on goes along, only its size is fixed
	memfd=/proc/$vmm/fd/$(fd_of "$vmm" '/memfd:ram*')
	sum "$memfd" >/tmp/before
	printf 'written late' | dd of="$memfd" conv=notrunc bs=1 seek=1000000 status=none
	sum "$memfd" >/share/ram
	differ /tmp/before /share/ram
	got=0; truncate -s 17M "$memfd" || got=$?
	is "$got" 1
	sum "/proc/$vmm/fd/$(fd_of "$vmm" '/memfd:rom*')" >/share/rom
	is "$(states vm)" "$a preserved $b preserved - preserved - preserved"
	# Ours by its tokens, but without a manifest
	sleep 1000 | "$PROBE" create:bare memfd:some preserve:$ram memfd:thing preserve:$rom touch:/tmp/bare wait >/dev/null &
	until_true test -e /tmp/bare
	next-kernel
	exit 1
}

boot_2() {
	local vmm
	expect 0 status
	bind_all
	expect 0 retrieve vm --dry-run
	expect 0 retrieve vm "$b"
	is "$(memfds vm)" "ram 16777216 arrived, rom 1048576 arrived"
	expect 5 finish vm
	says "memfd 1 (ram) is not retrieved, memfd 2 (rom) is not retrieved"
	says "finish --drop-memfds vm"
	expect 6 retrieve vm 0x0002000000000003
	says "it holds: $a $b $ram $rom"
	expect 0 retrieve vm --json
	valid retrieve
	is "$(jq -c '[.devices[] | [.device, .name, .state, .changed]]' <<<"$out")" \
		"[[\"$a\",null,\"retrieved\",true],[\"$b\",null,\"retrieved\",false],[null,\"ram\",\"retrieved\",true],[null,\"rom\",\"retrieved\",true]]"
	expect 5 finish vm
	says "memfd 1 (ram) is in use by nobody"
	expect 5 finish --dry-run vm
	expect 0 retrieve vm $ram -- sha256sum /proc/self/fd/3
	is "${out%% *}" "$(cat /share/ram)"

	# Without a manifest they are not lost either
	expect 1 retrieve bare
	says "no manifest"
	is "$(memfds bare)" "null 4 retrieved, null 5 retrieved"
	expect 5 finish bare
	says "memfd 1 is in use by nobody, memfd 2 is in use by nobody"
	expect 0 retrieve bare $rom -- cat /proc/self/fd/3
	is "$out" thing
	expect 0 finish bare --drop-memfds

	rm -f /tmp/held
	sleep 1000 | "$LUCTL" retrieve vm -- "$PROBE" listen "fd:{$b}" bind "fd:{$a}" bind edu:6 touch:/tmp/held wait >/tmp/vmm &
	until_true test -e /tmp/held
	vmm=$(pgrep -x probe)
	is "$(head -n1 /tmp/vmm)" "listen ok 4 pci-${a//:/-}:pci-${b//:/-}:ram:rom us"
	is "$(states vm)" "$a bound $b bound - in-use - in-use"
	is "$("$LUCTL" status -n -o todo vm | sort -u | sed 's/ *$//')" "vfio-luctl finish vm"
	expect 0 finish --json vm
	valid finish
	is "$(jq -c '[.devices[].state] | unique' <<<"$out")" '["finished"]'
	nothing_left
	is "$(sum "/proc/$vmm/fd/5")" "$(cat /share/ram)"
	is "$(sum "/proc/$vmm/fd/6")" "$(cat /share/rom)"

	# Once more, of files that came out of a session: the names of memfds are lost on the way
	expect 0 preserve vm --pid "$vmm" --memfd
	is "$(memfds vm)" "null 16777216 preserved, null 1048576 preserved"
	next-kernel
	exit 1
}

boot_3() {
	bind_all
	expect 0 retrieve vm "$a" "$b" -- "$PROBE" "fd:{$a}" bind edu:7 "fd:{$b}" bind
	shows "edu ok 010000ed 5040"
	expect 5 finish vm
	says "memfd 1 is not retrieved, memfd 2 is not retrieved"
	expect 0 retrieve vm $rom -- sha256sum /proc/self/fd/3
	is "${out%% *}" "$(cat /share/rom)"
	expect 5 finish vm
	says "memfd 1 is not retrieved, memfd 2 is in use by nobody"
	# Who waits for its user does not lose it
	expect 0 finish --wait --dry-run vm --json
	is "$(jq -c '[.devices[].state]' <<<"$out")" '["bound","bound","arrived","retrieved"]'
	expect 0 finish --dry-run --drop-memfds vm --json
	valid finish
	expect 0 finish --drop-memfds vm --json
	valid finish
	is "$(jq -c '[.devices[].state]' <<<"$out")" '["finished","finished","dropped","dropped"]'
	nothing_left
	is_free "$a"
	is_free "$b"
}

"boot_$BOOT"
