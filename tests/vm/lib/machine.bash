# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The machine: QEMU's command line with the devices at known addresses, the initramfs, and
# the directory through which host and guest talk.

# Root ports fill slots 1 to 24 of bus 0, eight functions each; bus numbers end at 255
readonly PORTS_MAX=192
# Beyond this many, ports get no I/O window: there are only sixteen in a machine
readonly PORTS_WITH_IO=12

QEMU_DEVICES=()   # arguments for QEMU
ADDRESSES=()      # of the devices the user named, in that order
PORTS=0           # root ports so far
NEXT_BUS=1        # the number the next bus will get: firmware counts depth first

# add_devices SPEC...: one --device each
add_devices() {
	local spec io=
	(($# <= PORTS_WITH_IO)) || io=,io-reserve=0
	for spec; do
		add_root_port "$io"
		case $spec in
		bridge:*) add_bridge "${spec#bridge:}" ;;
		*+*) add_switch "$spec" ;;
		*) add_endpoint "$spec" "port$PORTS" "" ;;
		esac
	done
	((NEXT_BUS <= 256)) || die "$EX_USAGE" "the devices need $((NEXT_BUS - 1)) buses and there are 255"
}

# Firmware and kernel number buses in the order of the ports' functions on bus 0
add_root_port() {
	((PORTS < PORTS_MAX)) || die "$EX_USAGE" "at most $PORTS_MAX --device options"
	local slot=$((PORTS / 8 + 1)) function=$((PORTS % 8))
	((++PORTS))
	QEMU_DEVICES+=(-device "pcie-root-port,id=port$PORTS,bus=pcie.0,addr=$(printf '%#x.%d' "$slot" "$function"),multifunction=on,chassis=$PORTS,slot=$PORTS$1")
	PORT_BUS=$((NEXT_BUS++))
}

# add_endpoint DEVICE BUS SLOT: SLOT is empty behind a port, which has only one
add_endpoint() {
	QEMU_DEVICES+=(-device "$1,bus=$2${3:+,addr=$3}")
	ADDRESSES+=("$(printf '0000:%02x:%02x.0' "$PORT_BUS" "$((${3:-0}))")")
}

# A PCIe switch: devices under one upstream bridge, each in an IOMMU group of its own
add_switch() {
	local device devices i=0 up=up$PORTS
	IFS=+ read -ra devices <<<"$1"
	QEMU_DEVICES+=(-device "x3130-upstream,id=$up,bus=port$PORTS")
	((++NEXT_BUS))
	for device in "${devices[@]}"; do
		QEMU_DEVICES+=(-device "xio3130-downstream,id=$up.$i,bus=$up,addr=$i,chassis=$((PORTS + 200)),slot=$((i + 1))")
		PORT_BUS=$((NEXT_BUS++))
		add_endpoint "$device" "$up.$((i++))" ""
	done
}

# A bridge to conventional PCI: its devices share an IOMMU group
add_bridge() {
	local device devices i=1 id=bridge$PORTS
	IFS=+ read -ra devices <<<"$1"
	QEMU_DEVICES+=(-device "pcie-pci-bridge,id=$id,bus=port$PORTS")
	PORT_BUS=$((NEXT_BUS++))
	for device in "${devices[@]}"; do
		add_endpoint "$device" "$id" "$((i++))"
	done
}

# memory_mib 2G|2048M|2048
memory_mib() {
	case $1 in
	*[!0-9GgMm]* | '' | [!0-9]*) return 1 ;;
	*[Gg]) echo $((${1%?} * 1024)) ;;
	*[Mm]) echo "${1%?}" ;;
	*) echo "$1" ;;
	esac
}

# QEMU's options end at a comma; a doubled one stands for itself
quote_path() {
	printf '%s' "${1//,/,,}"
}

# share TAG DIR FUNCTION OPTIONS: a directory for the guest, out of the way of the devices
add_share() {
	QEMU+=(-fsdev "local,id=$1,path=$(quote_path "$2"),security_model=none,multidevs=remap$4"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1,bus=pcie.0,addr=0x1e.$3,multifunction=on")
}

# qemu_command: sets QEMU. No KVM: results must not depend on the host's processor. One thread
# emulates both processors: with a thread each, QEMU lost a write to memory-mapped registers now
# and then when the other processor changed the memory map, as the reset of a device does. When
# that was the end of an interrupt or the notification of a 9p request, the machine slept for
# ever. Without la57=off, KASAN takes a kernel address for a wild one when an interrupt comes while
# identify_cpu() has the processor's features cleared.
qemu_command() {
	# shellcheck disable=SC2054 # the commas are QEMU's
	QEMU=(qemu-system-x86_64 -M q35 -accel tcg,thread=single -cpu max,la57=off -smp 2 -m "$MEMORY"
		-nodefaults -nographic -no-reboot
		-device intel-iommu,intremap=on,eim=on
		-chardev "file,id=log,path=$(quote_path "$LOG")" -serial chardev:log
		-chardev stdio,id=out,signal=off -serial chardev:out
		-kernel "$CHANNEL/bzImage" -initrd "$CHANNEL/initramfs" -append "$COMMAND_LINE")
	add_share host / 0 ,readonly=on
	add_share channel "$CHANNEL" 1 ""
	add_share share "$SHARE" 2 ""
	QEMU+=("${QEMU_DEVICES[@]}" "${QEMU_EXTRA[@]}")
}

# The scratch memory is all that the next kernel has until it knows what was preserved: it
# holds its image and its early allocations. KASAN alone wants an eighth of the memory
# there, and without it the next kernel hangs before it can say so. The check whether the
# timer works fails on a busy host, where its few milliseconds pass too quickly, and there the
# watchdog of the TSC (7.3: watchdog_check_skew) can spin for ever waiting for the other CPU.
# shellcheck disable=SC2034 # used by run
command_line() {
	local scratch=256
	[[ $FLAVOUR == normal ]] || scratch=$((256 + MEMORY * 3 / 16))
	COMMAND_LINE="console=ttyS0 panic=-1 oops=panic kho=on liveupdate=on kho_scratch=16M,${scratch}M,16M"
	COMMAND_LINE+=" intel_iommu=on no_timer_check tsc=reliable rcupdate.rcu_cpu_stall_timeout=60"
	# No escape sequences in the log, and nobody who waits for a login
	[[ -z $IMAGE ]] || COMMAND_LINE+=" TERM=dumb systemd.getty_auto=no"
	COMMAND_LINE+=$APPEND
}

# make_channel: CHANNEL is the directory shared with the guest's own programs
make_channel() {
	CHANNEL=$(mktemp -d "$CACHE/runs/$$.XXXXXX")
	cp -- "$KERNEL_DIR/bzImage" "$CHANNEL"
	printf '%s\n' "$KERNEL_DIR" >"$CHANNEL/kernel-dir"
	if [[ $IMAGE ]]; then
		printf '%s\n' "$IMAGE" >"$CHANNEL/image"
		host_directories "$TOP" "$PWD" "$(dirname -- "$1")" >"$CHANNEL/directories"
	fi
	write_command "$@"
	make_initramfs
}

# host_directories DIR...: those that the image does not have itself
host_directories() {
	local dir
	for dir; do
		case $dir/ in
		/ | /bin/* | /boot/* | /dev/* | /etc/* | /lib*/* | /proc/* | /run/* | /sbin/* | /sys/* | /usr/* | /var/) ;;
		*) printf '%s\n' "$dir" ;;
		esac
	done | sort -u
}

# The command runs in the guest by the host's bash, so bash's own quoting will do
write_command() {
	{
		printf 'export DEVICES=%q\n' "${ADDRESSES[*]}"
		[[ -z $INNER ]] || printf 'export INNER=%q\n' "$INNER"
		printf 'cd -- %q || exit 126\n' "$PWD"
		printf 'exec'
		[[ -x $1 ]] || printf ' bash'
		printf ' %q' "$@"
		printf '\n'
	} >"$CHANNEL/command"
}

# Only what is needed to reach the host's file system. Not compressed: copying is faster
# than unpacking in an emulated machine.
make_initramfs() {
	local root=$CHANNEL/root guest=$LIB/guest
	mkdir -p "$root"/{bin,dev,proc,sys}
	cp -- "$(command -v busybox)" "$root/bin/busybox"
	cp -- "$guest"/{init,init-host,run-script,script.service} "$root"
	cp -r -- "$guest/bin" "$root/vm-bin"
	chmod -R a+rX "$root"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$CHANNEL/initramfs"
	rm -rf -- "$root"
}
