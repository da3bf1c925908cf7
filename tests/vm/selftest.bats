#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2013,SC2154 # the guest expands; words are wanted; bats sets stderr
# The runner tested by itself: what it promises in --help.

bats_require_minimum_version 1.5.0

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP RUN=$BATS_TEST_DIRNAME/run
	"$RUN" --build-only --systemd
}

cache() {
	echo "${VFIO_LUCTL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-luctl}"
}

# guest TEXT: a script for the guest
guest() {
	printf '#!/bin/bash\nset -eu\n%s\n' "$1" >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	script=$BATS_TEST_TMPDIR/script
}

# children_of PID: it and all below it
children_of() {
	local child
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		children_of "$child"
	done
}

# gone PID...: within ten seconds; who adopted them may take its time to reap them
gone() {
	local pid
	for _ in {1..100}; do
		for pid; do
			[[ ! -e /proc/$pid || $(cut -d ' ' -f 3 "/proc/$pid/stat") == Z ]] || { sleep 0.1 && continue 2; }
		done
		return 0
	done
	ps -fp "$@"
	return 1
}

# one_line STATUS PATTERN: how the runner says that it cannot do something
one_line() {
	echo "$output"
	[ "$status" -eq "$1" ]
	# shellcheck disable=SC2053 # a pattern
	[[ ${lines[-1]} == $2 ]]
	[ "${#lines[@]}" -le "${3:-1}" ]
}

@test "usage errors are one line and status 2" {
	run "$RUN"
	one_line 2 "vm: no SCRIPT*"
	run "$RUN" --nonsense /bin/true
	one_line 2 "vm: unknown option --nonsense*"
	run "$RUN" --timeout soon /bin/true
	one_line 2 "vm: --timeout soon*"
	run "$RUN" --memory much /bin/true
	one_line 2 "vm: --memory much*"
	run "$RUN" /nowhere/script
	one_line 2 "vm: /nowhere/script*"
	run "$RUN" --device
	one_line 2 "vm: --device needs a value*"
	run "$RUN" --kernel-dir "$BATS_TEST_TMPDIR" /bin/true
	one_line 2 "vm: --kernel-dir $BATS_TEST_TMPDIR: no build*"
	run "$RUN" --inner --systemd /bin/true
	one_line 2 "vm: --inner and --systemd*"
}

@test "more devices than there are ports is a usage error" {
	local devices=() i
	for ((i = 0; i < 193; i++)); do devices+=(--device edu); done
	run "$RUN" "${devices[@]}" /etc/hostname
	one_line 2 "vm: at most 192*"
}

@test "status, output, arguments and working directory pass through" {
	guest 'printf "%s\n" "$PWD" "$BOOT" "$@"; echo error >&2; exit 42'
	cd "$BATS_TEST_TMPDIR"
	run "$RUN" --log "$BATS_TEST_TMPDIR/log" "$script" "two words" "quote'"
	echo "$output"
	[ "$status" -eq 42 ]
	[ "${lines[0]}" = "$BATS_TEST_TMPDIR" ]
	[ "${lines[1]}" = 1 ]
	[ "${lines[2]}" = "two words" ]
	[ "${lines[3]}" = "quote'" ]
	[ "${lines[4]}" = error ]
	[[ $output == *"kernel log: $BATS_TEST_TMPDIR/log"* ]]
	grep -q 'Linux version' "$BATS_TEST_TMPDIR/log"
}

@test "the output is the script's alone, whole and unchanged" {
	guest 'seq 1 5000; printf "a\tb\\\\\001\377"'
	"$RUN" "$script" >"$BATS_TEST_TMPDIR/out"
	{ seq 1 5000; printf 'a\tb\\\001\377'; } | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "BOOT counts over a real kexec, and live update is there in both kernels" {
	guest 'test -c /dev/liveupdate
		case $BOOT in
		1) echo one; next-kernel ;;
		2) echo two; next-kernel --load extra.argument; next-kernel --jump ;;
		3) echo three; grep -o extra.argument /proc/cmdline ;;
		esac'
	output=$("$RUN" "$script")
	echo "$output"
	[ "$output" = $'one\ntwo\nthree\nextra.argument' ]
}

@test "what jumps without next-kernel is counted too" {
	guest '[ $BOOT = 1 ] || exit 0
		kexec -s -l /run/vm/channel/bzImage --initrd=/run/vm/channel/initramfs --reuse-cmdline
		kexec -e'
	"$RUN" "$script"
}

@test "jumping with nothing loaded returns a failure" {
	guest 'next-kernel --jump && exit 1; exit 0'
	"$RUN" "$script"
}

@test "devices are at the documented addresses, before and after a jump" {
	guest 'at() { [ "$(cat /sys/bus/pci/devices/$1/vendor):$(cat /sys/bus/pci/devices/$1/device)" = $2 ]; }
		group() { basename $(readlink /sys/bus/pci/devices/$1/iommu_group); }
		at 0000:01:00.0 0x1234:0x11e8
		at 0000:04:00.0 0x1af4:0x1044
		at 0000:05:00.0 0x1234:0x11e8
		at 0000:07:01.0 0x1234:0x11e8
		at 0000:07:02.0 0x8086:0x100e
		at 0000:08:00.0 0x1b36:0x0010
		[ "$(group 0000:04:00.0)" != "$(group 0000:05:00.0)" ]
		[ "$(group 0000:07:01.0)" = "$(group 0000:07:02.0)" ]
		echo "$DEVICES"
		[ $BOOT = 2 ] || next-kernel'
	output=$("$RUN" --device edu --device virtio-rng-pci+edu,dma_mask=0xffffffff --device bridge:edu+e1000 \
		--device nvme,serial=1 "$script")
	echo "$output"
	addresses="0000:01:00.0 0000:04:00.0 0000:05:00.0 0000:07:01.0 0000:07:02.0 0000:08:00.0"
	[ "$output" = "$addresses"$'\n'"$addresses" ]
}

@test "a build that is there already is booted" {
	local dir
	dir=$("$RUN" --print-kernel-dir)
	cp -r "$dir" "$BATS_TEST_TMPDIR/another build"
	guest 'cat /run/vm/channel/kernel-dir; modprobe vfio-pci'
	cd "$BATS_TEST_TMPDIR"
	VM_PATCHES=/nowhere run "$RUN" --kernel-dir "another build" "$script"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "$BATS_TEST_TMPDIR/another build" ]
}

@test "vfio-pci takes a device and gives it a cdev" {
	guest '[ ! -d /sys/bus/pci/drivers/vfio-pci ]
		modprobe vfio-pci
		echo vfio-pci >/sys/bus/pci/devices/$DEVICES/driver_override
		echo $DEVICES >/sys/bus/pci/drivers_probe
		test -c /dev/vfio/devices/vfio0
		test -c /dev/iommu'
	"$RUN" --device edu "$script"
}

@test "/share is seen by both sides" {
	mkdir "$BATS_TEST_TMPDIR/share"
	echo "from the host" >"$BATS_TEST_TMPDIR/share/in"
	guest 'cat /share/in; echo "boot $BOOT" >>/share/out; [ $BOOT = 2 ] || next-kernel'
	output=$("$RUN" --share "$BATS_TEST_TMPDIR/share" "$script")
	echo "$output"
	[ "$output" = $'from the host\nfrom the host' ]
	[ "$(cat "$BATS_TEST_TMPDIR/share/out")" = $'boot 1\nboot 2' ]
}

@test "what the guest writes elsewhere does not reach the host" {
	guest "echo changed >$BATS_TEST_TMPDIR/file; rm -rf $BATS_TEST_TMPDIR/other; [ ! -e $BATS_TEST_TMPDIR/other ]"
	touch "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/other"
	"$RUN" "$script"
	[ ! -s "$BATS_TEST_TMPDIR/file" ]
	[ -e "$BATS_TEST_TMPDIR/other" ]
}

@test "a panic is a failure" {
	guest 'echo c >/proc/sysrq-trigger; sleep 60'
	run "$RUN" "$script"
	echo "$output"
	[ "$status" -eq 99 ]
	[[ $output == *"FAILED: the kernel reported"*"Kernel panic"* ]]
}

@test "a kernel report is a failure though the script passes, unless it is expected" {
	guest 'echo "<4>WARNING: something is wrong" >/dev/kmsg; echo "<4>Call Trace:" >/dev/kmsg'
	run "$RUN" "$script"
	[ "$status" -eq 99 ]
	run "$RUN" --expect 'something is wrong' "$script"
	[ "$status" -eq 0 ]
}

@test "a script that powers the machine off has not passed" {
	guest 'echo o >/proc/sysrq-trigger; sleep 60'
	run "$RUN" "$script"
	echo "$output"
	[ "$status" -eq 99 ]
	[[ $output == *"ended before the script did"* ]]
}

@test "a hang is a failure when time is up" {
	guest 'echo started; sleep 600'
	run "$RUN" --timeout 20 "$script"
	echo "$output"
	[ "$status" -eq 124 ]
	[ "${lines[0]}" = started ]
	[[ $output == *"time is up after 20 s, at boot 1"* ]]
}

@test "a device QEMU does not know is said so" {
	run "$RUN" --device no-such-device /etc/hostname
	echo "$output"
	[ "$status" -eq 99 ]
	[[ $output == *"no-such-device"* ]]
}

# interrupt SIGNAL: while the guest runs; nothing may be left of it
interrupt() {
	guest 'echo started; sleep 600'
	"$RUN" "$script" >"$BATS_TEST_TMPDIR/out" 3>&- &
	local runner=$! processes
	for _ in {1..300}; do
		grep -q started "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	processes=$(children_of "$runner")
	[ "$(wc -l <<<"$processes")" -ge 3 ]
	kill -s "$1" "$runner"
	wait "$runner" || status=$?
	# shellcheck disable=SC2086 # numbers
	gone $processes
}

@test "TERM leaves no process behind" {
	interrupt TERM
	[ "$status" -eq 143 ]
}

@test "KILL leaves no process behind" {
	interrupt KILL
}

# Ctrl-C needs a terminal: a job of a shell without job control ignores INT
@test "Ctrl-C leaves no process behind" {
	guest 'echo started; sleep 600'
	run timeout 60 python3 - "$RUN" "$script" <<'END'
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
def below(process):
    found = [process]
    for task in os.listdir(f"/proc/{process}/task"):
        for child in open(f"/proc/{process}/task/{task}/children").read().split():
            found += below(int(child))
    return found
seen = b""
while b"started" not in seen:
    seen += os.read(terminal, 4096)
processes = below(pid)
assert len(processes) >= 3, processes
os.write(terminal, b"\x03")
_, status = os.waitpid(pid, 0)
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == 2, status
time.sleep(1)
left = [process for process in processes if os.path.exists(f"/proc/{process}")]
assert not left, left
END
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a patch that does not apply is named" {
	mkdir "$BATS_TEST_TMPDIR/patches"
	printf '# a comment\n0001-bad.patch\n' >"$BATS_TEST_TMPDIR/patches/series"
	printf '%s\n' 'diff --git a/Makefile b/Makefile' '--- a/Makefile' '+++ b/Makefile' '@@ -1 +1 @@' \
		'-this line is not there' '+nor this one' >"$BATS_TEST_TMPDIR/patches/0001-bad.patch"
	VM_PATCHES=$BATS_TEST_TMPDIR/patches run "$RUN" --build-only
	one_line 3 "vm: patch 0001-bad.patch does not apply to *" 2
}

@test "a patch that is not there is named" {
	mkdir "$BATS_TEST_TMPDIR/patches"
	echo 0001-missing.patch >"$BATS_TEST_TMPDIR/patches/series"
	VM_PATCHES=$BATS_TEST_TMPDIR/patches run "$RUN" --build-only
	one_line 3 "*series names 0001-missing.patch, which is not there"
}

@test "too little memory, no cache, no tree: one line and status 3" {
	run "$RUN" --memory 4000G /etc/hostname
	one_line 3 "vm: the machine needs * MiB of memory*"
	VFIO_LUCTL_CACHE=/proc/nowhere run "$RUN" --build-only
	one_line 3 "vm: /proc/nowhere: cannot be written*"
	KERNEL_SRC=$BATS_TEST_TMPDIR run "$RUN" --build-only
	one_line 3 "*not a kernel source tree"
}

@test "too little disk: one line and status 3" {
	((EUID == 0)) || skip "needs root for a small file system"
	mkdir "$BATS_TEST_TMPDIR/small"
	unshare -m sh -c 'mount -t tmpfs -o size=50m none "$1" &&
		VFIO_LUCTL_CACHE=$1 "$2" --build-only 2>&1' sh "$BATS_TEST_TMPDIR/small" "$RUN" >"$BATS_TEST_TMPDIR/out" || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	grep -q 'needs 9000 MiB of disk' "$BATS_TEST_TMPDIR/out"
}

@test "the printed directory holds kernel, headers and configuration" {
	local dir
	dir=$("$RUN" --print-kernel-dir)
	for file in bzImage .config System.map build.log usr/include/linux/liveupdate.h include/uapi/linux/liveupdate.h; do
		[ -s "$dir/$file" ]
	done
	compgen -G "$dir/lib/modules/*/kernel/drivers/vfio/pci/vfio-pci.ko"
}

@test "the guest knows the directory of the kernel it runs" {
	local dir other=$BATS_TEST_TMPDIR/other
	dir=$("$RUN" --print-kernel-dir)
	cp -a "$dir" "$other"
	guest 'echo "$KERNEL_DIR"
		case $BOOT in
		1) next-kernel ;;
		2) next-kernel --kernel-dir "$1" ;;
		esac'
	output=$("$RUN" "$script" "$other")
	echo "$output"
	[ "$output" = "$dir"$'\n'"$dir"$'\n'"$other" ]
}

@test "--systemd: the same environment, tree and status, on another system" {
	guest 'echo "$BOOT $DEVICES $PWD"
		[ "$(cat /proc/1/comm)" = systemd ]
		[ -s "$KERNEL_DIR/bzImage" ]
		cmp -s "$1/tests/vm/run" "/host$1/tests/vm/run"
		[ "$(systemctl --version | cut -d " " -f 2 | head -n 1)" -ge 261 ]
		systemctl is-system-running
		! ldd "$1/vfio-luctl" | grep "not found"
		modprobe vfio-pci
		echo changed >/etc/hostname; echo changed >"$1/changed"; touch changed
		exit 42'
	cd "$BATS_TEST_TMPDIR"
	run --separate-stderr "$RUN" --systemd --device edu "$script" "$TOP"
	echo "$output" "$stderr"
	[ "$status" -eq 42 ]
	[ "$output" = "1 0000:01:00.0 $BATS_TEST_TMPDIR"$'\nrunning' ]
	[ ! -e "$TOP/changed" ]
	[ ! -e changed ]
	run ! grep -q changed "$(cache)"/image/*/system/etc/hostname
}

@test "--systemd: systemctl kexec, and what is in /share/system is there before systemd is" {
	local root=$BATS_TEST_TMPDIR/share/system
	mkdir -p "$root"/etc/systemd/system/multi-user.target.wants "$root/usr/lib/systemd/system-shutdown"
	printf '[Service]\nType=oneshot\nExecStart=/bin/touch /run/early\n' >"$root/etc/systemd/system/early.service"
	ln -s ../early.service "$root/etc/systemd/system/multi-user.target.wants"
	printf '#!/bin/sh\necho "the last word: $1" >/dev/kmsg\n' >"$root/usr/lib/systemd/system-shutdown/hook"
	chmod +x "$root/usr/lib/systemd/system-shutdown/hook"
	cp -a "$("$RUN" --print-kernel-dir)" "$BATS_FILE_TMPDIR/other"
	guest '[ -e /run/early ] && echo "boot $BOOT"
		modprobe vfio-pci
		[ -s "$KERNEL_DIR/bzImage" ]
		[ $BOOT = 1 ] || { echo "$KERNEL_DIR"; exit 0; }
		next-kernel --load --kernel-dir "$1" extra.argument
		next-kernel --jump
		echo "never reached"'
	output=$("$RUN" --systemd --share "$BATS_TEST_TMPDIR/share" --log "$BATS_TEST_TMPDIR/log" "$script" "$BATS_FILE_TMPDIR/other")
	echo "$output"
	[ "$output" = $'boot 1\nboot 2\n'"$BATS_FILE_TMPDIR/other" ]
	# The whole system is there to its end
	grep -q 'the last word: kexec' "$BATS_TEST_TMPDIR/log"
	[ "$(grep -c 'Command line:.* extra.argument' "$BATS_TEST_TMPDIR/log")" -eq 1 ]
}

@test "--systemd: with nothing loaded systemctl kexec fails, and the script goes on" {
	guest 'next-kernel --jump && exit 1; exit 0'
	"$RUN" --systemd "$script"
}

# another_cache: empty; system --systemd --build-only looks for its system there
another_cache() {
	kernel=$("$RUN" --print-kernel-dir)
	image=$(find "$(cache)/image" -maxdepth 1 -name 'systemd-*' -printf '%T@ %f\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
	export VFIO_LUCTL_CACHE=$BATS_TEST_TMPDIR/cache
	mkdir -p "$VFIO_LUCTL_CACHE/image" "$BATS_TEST_TMPDIR/root"
}

system() {
	run "$RUN" --kernel-dir "$kernel" --systemd --build-only
}

# debootstrap_makes VERSION: a system with that systemd
debootstrap_makes() {
	debootstrap_is "while [ \"\$1\" != sid ]; do shift; done
		mkdir -p \"\$2\"/{etc,var/lib/dpkg}
		printf '%s\n' 'Package: systemd' 'Status: install ok installed' 'Version: $1' 'Architecture: all' \
			'Maintainer: none <none>' 'Description: none' '' >\"\$2/var/lib/dpkg/status\""
}

# debootstrap_is TEXT: for system
debootstrap_is() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/bash\n%s\n' "$1" >"$BATS_TEST_TMPDIR/bin/debootstrap"
	chmod +x "$BATS_TEST_TMPDIR/bin/debootstrap"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "--systemd: a system is taken while it is new and made as it would be now" {
	another_cache
	debootstrap_is 'echo "E: made again"; exit 1'
	local key=${image%-*}
	ln -s "$BATS_TEST_TMPDIR" "$VFIO_LUCTL_CACHE/image/$key-$(date -d "6 days ago" +%Y%m%d)"
	system
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	# Another recipe
	mv -T "$VFIO_LUCTL_CACHE/image/$key"* "$VFIO_LUCTL_CACHE/image/systemd-0000000000000000-$(date +%Y%m%d)"
	system
	one_line 3 "vm: no systemd image: E: made again *" 2
}

@test "--systemd: the run that makes the system runs in it" {
	local made
	made=$(cache)/image
	another_cache
	debootstrap_is "while [ \"\$1\" != sid ]; do shift; done
		cp -a '$made/$image/system' \"\$2\""
	guest '[ "$(cat /proc/1/comm)" = systemd ]'
	"$RUN" --kernel-dir "$kernel" --systemd "$script"
}

@test "--systemd: an old system will do only when there can be no new one" {
	another_cache
	ln -s "$BATS_TEST_TMPDIR" "$VFIO_LUCTL_CACHE/image/${image%-*}-20200101"
	DEBIAN_MIRROR=http://127.0.0.1:9/debian system
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-2]} == "vm: no systemd image: E: "*127.0.0.1* ]]
	[[ ${lines[-1]} == "vm: going on with the systemd image of 2020-01-01" ]]
	debootstrap_makes 300.1-1
	system
	echo "$output"
	[ "$status" -eq 0 ]
	[ -s "$VFIO_LUCTL_CACHE/image/${image%-*}-$(date +%Y%m%d)/packages" ]
}

@test "--systemd: no mirror, no debootstrap, no disk, an old systemd: one line and status 3" {
	another_cache
	DEBIAN_MIRROR=http://127.0.0.1:9/debian system
	one_line 3 "vm: no systemd image: E: *127.0.0.1*" 2
	debootstrap_makes 257.9-1
	system
	one_line 3 "vm: no systemd image: sid has systemd 257 and 261 is needed" 2
	PATH=${PATH#*:}
	run unshare -m sh -c 'mount -t tmpfs none "$1" && shift && exec "$@"' sh "$(dirname "$(command -v debootstrap)")" \
		"$RUN" --kernel-dir "$kernel" --systemd --build-only
	one_line 3 "vm: missing: debootstrap (tests/deps vm *"
	run unshare -m sh -c 'mount -t tmpfs -o size=50m none "$VFIO_LUCTL_CACHE" && exec "$@"' sh \
		"$RUN" --kernel-dir "$kernel" --systemd --build-only
	one_line 3 "vm: *: the systemd image needs 1000 MiB of disk *"
	[ -z "$(find "$VFIO_LUCTL_CACHE/image" -name 'systemd-*')" ]
}

# interrupt_making SIGNAL: nothing may be left of it, and nothing be taken for a system
interrupt_making() {
	another_cache
	debootstrap_is "while [ \"\$1\" != sid ]; do shift; done
		mkdir -p \"\$2/etc\" && touch '$BATS_TEST_TMPDIR/started'; sleep 600 & wait; sleep 600"
	TMPDIR=$BATS_TEST_TMPDIR "$RUN" --kernel-dir "$kernel" --systemd --build-only 3>&- &
	local runner=$! processes
	for _ in {1..300}; do
		[ -e "$BATS_TEST_TMPDIR/started" ] && break
		sleep 0.1
	done
	processes=$(children_of "$runner")
	grep -qxF "$(pgrep -f "^sleep 600$" -n)" <<<"$processes"
	kill -s "$1" "$runner"
	wait "$runner" || status=$?
	# shellcheck disable=SC2086 # numbers
	gone $processes
	[ -z "$(find "$VFIO_LUCTL_CACHE/image" -name 'systemd-*')" ]
}

@test "--systemd: TERM while the system is made" {
	interrupt_making TERM
}

@test "--systemd: KILL while the system is made, and it is made anew" {
	interrupt_making KILL
	debootstrap_is 'echo "E: made again"; exit 1'
	system
	one_line 3 "vm: no systemd image: E: made again *" 2
	[ "$(find "$VFIO_LUCTL_CACHE/image" -name '.new.*' | wc -l)" -le 1 ]
}
