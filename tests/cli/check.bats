# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # bats sets status, output, stderr
# check: on a host made by hand, on which all is well until a test changes something.

load helpers

RELEASE=7.3.4

setup() {
	H=$BATS_TEST_TMPDIR/host
	mkdir -p "$H"/{boot,dev,proc/sys/kernel,sys/module/vfio_pci,sys/kernel,lib/modules/$RELEASE}
	touch "$H/dev/liveupdate"
	put proc/cmdline 'root=/dev/sda1 kho=on liveupdate=on intel_iommu=on'
	put proc/sys/kernel/osrelease $RELEASE
	put proc/sys/kernel/kexec_load_disabled 0
	put sys/kernel/kexec_loaded 0
	printf 'CONFIG_%s=y\n' KEXEC KEXEC_FILE KEXEC_HANDOVER LIVEUPDATE LIVEUPDATE_MEMFD PCI_LIVEUPDATE IOMMUFD \
		VFIO_DEVICE_CDEV VFIO_PCI_LIVEUPDATE >"$H/boot/config-$RELEASE"
	echo CONFIG_VFIO_PCI=m >>"$H/boot/config-$RELEASE"
	device 0000:01:00.0 7 vfio-pci vfio0
}

# put PATH TEXT
put() {
	mkdir -p "$(dirname "$H/$1")"
	printf '%s\n' "$2" >"$H/$1"
}

# device ADDRESS GROUP DRIVER [CDEV]
device() {
	local dir=sys/devices/pci0000:00/$1
	put "$dir/uevent" "DRIVER=$3
PCI_CLASS=20000
PCI_ID=8086:10C9
PCI_SUBSYS_ID=8086:A03C
PCI_SLOT_NAME=$1"
	put "$dir/class" 0x020000
	put "$dir/modalias" pci:v00008086d000010C9sv00008086sd0000A03Cbc02sc00i00
	put "$dir/power_state" D3hot
	put "$dir/reset_method" 'flr bus'
	put "$dir/liveupdate" none
	mkdir -p "$H/sys/bus/pci/devices" "$H/sys/kernel/iommu_groups/$2/devices"
	ln -s "../../../devices/pci0000:00/$1" "$H/sys/bus/pci/devices/$1"
	ln -s "../../../../devices/pci0000:00/$1" "$H/sys/kernel/iommu_groups/$2/devices/$1"
	ln -s "../../../kernel/iommu_groups/$2" "$H/$dir/iommu_group"
	[ $# -gt 3 ] || return 0
	put "$dir/vfio-dev/$4/dev" 511:0
	mkdir -p "$H/sys/class/vfio-dev"
	ln -s ../../../"$1" "$H/$dir/vfio-dev/$4/device"
	ln -s "../../devices/pci0000:00/$1/vfio-dev/$4" "$H/sys/class/vfio-dev/$4"
}

# opener PID COMM LINK
opener() {
	put "proc/$1/comm" "$2"
	mkdir -p "$H/proc/$1/fd"
	ln -s "$3" "$H/proc/$1/fd/3"
}

# list LINE...: what the kernel lists
list() {
	mkdir -p "$H/sys/kernel/debug/liveupdate"
	printf '%s\n' "$@" >"$H/sys/kernel/debug/liveupdate/sessions"
}

# finds STATUS WANT WORD...: "ID OBJECT" of all findings but information, in one line each; the
# same in JSON, as the schema has it, and with the same status.
finds() {
	local want=$1 found=$2
	shift 2
	expect "$want" check --sysroot "$H" --json "$@"
	valid check <<<"$output"
	[ -z "$stderr" ]
	same "$(jq -r '.findings[] | select(.severity != "info") | "\(.id) \(.object)"' <<<"$output")" "$found"
	expect "$want" check --sysroot "$H" -n -o severity,id,object "$@"
	same "$(grep -v ^info <<<"$output" | tr -s ' ' | cut -d ' ' -f 2-)" "$found"
}

# text ID: the text of that finding in the last run.
text() {
	"$LUCTL" check --sysroot "$H" --json "${@:2}" | jq -r --arg id "$1" '.findings[] | select(.id == $id).text'
}

@test "check: a host on which all is well" {
	finds 0 ''
	expect 0 check --sysroot "$H" --json
	same "$(jq -r '.findings[] | "\(.severity) \(.id) \(.object)"' <<<"$output")" \
		"$(printf '%s\n' 'info kexec-none kexec' 'info init-direct init' 'info session-none sessions')"
	expect 0 check --sysroot "$H"
	[[ $output == SEVERITY*ID*OBJECT*TEXT*REMEDY* ]]
}

@test "check: the columns are the keys of the schema" {
	local verb
	for verb in check kexec; do
		expect 0 "$verb" --list-columns --json
		same "$(jq -r '.columns[].column' <<<"$output" | sort)" \
			"$(jq -r '.. | objects | select(has("object")) | keys[]' "$TOP/schemas/vfio-luctl-$verb.schema.json" | sort)"
	done
}

@test "check: hosts recorded without anything of live update" {
	local host
	for host in none one many non-pci vmd garbage; do
		expect 4 check --json --sysroot "$DATA/$host"
		valid check <<<"$output"
		[[ $(jq -r '.findings[].id' <<<"$output") == *liveupdate-off* ]]
	done
	expect 4 check --json --sysroot "$DATA/many"
	same "$(jq -r '.findings[].severity' <<<"$output" | uniq | paste -sd ' ')" 'error warning info'
	expect 4 check --json --sysroot "$DATA/non-pci"
	same "$(jq -r '.findings[] | select(.id == "device-not-pci").object' <<<"$output")" \
		"$(printf '%s\n' 05.0014 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 fff51000.ethernet)"
	expect 4 check --json --sysroot "$BATS_TEST_TMPDIR"
	valid check <<<"$output"
}

@test "check: the running host" {
	run --separate-stderr "$LUCTL" check --json
	((status == 0 || status == 4))
	valid check <<<"$output"
}

@test "check: live update and kexec handover off" {
	rm "$H/dev/liveupdate"
	finds 4 'liveupdate-off kernel'
	put proc/cmdline 'liveupdate=on intel_iommu=on'
	finds 4 'kho-off kernel'
	put proc/cmdline 'kho=on intel_iommu=on'
	finds 4 'liveupdate-off kernel'
	[[ $(text liveupdate-off) == *'liveupdate=on is not on the command line' ]]
}

@test "check: a running kernel that lacks something" {
	sed -i '/VFIO_PCI_LIVEUPDATE/d; /LIVEUPDATE_MEMFD/d; /KEXEC_FILE/d' "$H/boot/config-$RELEASE"
	finds 4 'vfio-handler kernel
memfd-handler kernel
kexec-unsupported kernel'
	gzip <"$H/boot/config-$RELEASE" >"$H/proc/config.gz"
	rm "$H/boot/config-$RELEASE"
	finds 4 'vfio-handler kernel
memfd-handler kernel
kexec-unsupported kernel'
	rm "$H/proc/config.gz"
	finds 0 'kernel-unknown kernel'
}

# Of a recorded host it is not opened: that of this host would not be there.
@test "check: /dev/liveupdate" {
	rmdir "$H/sys/module/vfio_pci"
	finds 4 'vfio-unloaded /dev/liveupdate'
	mkdir "$H/sys/module/vfio_pci"
	opener 9 luod /dev/liveupdate
	finds 0 'liveupdate-busy /dev/liveupdate'
	[[ $(text liveupdate-busy) == *'luod (pid 9)'* ]]
}

@test "check: a kernel that somebody loaded" {
	put sys/kernel/kexec_loaded 1
	finds 4 'kexec-way kexec
target-unknown kexec'
	sed -i 's/CONFIG_KEXEC=y/# CONFIG_KEXEC is not set/' "$H/boot/config-$RELEASE"
	finds 0 'target-unknown kexec'
	sed -i 's/# CONFIG_KEXEC is not set/CONFIG_KEXEC=y/' "$H/boot/config-$RELEASE"
	put sys/kernel/security/lockdown 'none [integrity] confidentiality'
	finds 0 'target-unknown kexec'
	put sys/kernel/security/lockdown '[none] integrity confidentiality'
	finds 4 'kexec-way kexec
target-unknown kexec'
	rm "$H/sys/kernel/kexec_loaded"
	put sys/kernel/kexec/loaded 1
	finds 4 'kexec-way kexec
target-unknown kexec'
	put sys/kernel/kexec/loaded 0
	put proc/sys/kernel/kexec_load_disabled 1
	finds 4 'kexec-disabled kexec'
}

# note CMDLINE [MISSING]: what we loaded in this boot
note() {
	put sys/kernel/kexec_loaded 1
	put proc/sys/kernel/random/boot_id this-boot
	put run/vfio-luctl/kexec "version 1
boot this-boot
image /boot/vmlinuz-new
initrd /boot/initrd-new
release 7.3.5
image-size 20000000
initrd-size 30000000
config-known 1
missing ${2-}
kho-default no
cmdline $1"
}

@test "check: a kernel that we loaded" {
	note 'root=/dev/sda1 kho=on liveupdate=on intel_iommu=on'
	finds 0 ''
	note 'root=/dev/sda1 kho=on liveupdate=on intel_iommu=on' CONFIG_VFIO_PCI_LIVEUPDATE
	finds 4 'target-config 7.3.5'
	note 'root=/dev/sda1 kho=on liveupdate=off intel_iommu=on'
	finds 4 'target-liveupdate 7.3.5'
	note 'liveupdate=on iommu=off pci=assign-busses'
	finds 4 'target-kho 7.3.5
target-root 7.3.5
target-iommu-off 7.3.5
target-assign-busses 7.3.5'
	put proc/sys/kernel/random/boot_id another-boot
	finds 4 'kexec-way kexec
target-unknown kexec'
	put run/vfio-luctl/kexec garbage
	finds 4 'kexec-way kexec
target-unknown kexec'
	# What was noted and unloaded since says nothing.
	note ''
	put sys/kernel/kexec_loaded 0
	finds 0 ''
}

# image OPTION=VALUE...: a bzImage of release 7.3.5 with this configuration in it
image() {
	local payload=$BATS_TEST_TMPDIR/payload i
	{
		printf 'codeIKCFG_ST'
		printf '%s\n' "$@" | gzip
		printf 'IKCFG_ED'
	} | gzip >"$payload"
	i=$(stat -c %s "$payload")
	{
		printf '%*s' $((0x1f1)) '' | tr ' ' '\0'
		printf '\4'
		printf '%*s' $((0x202 - 0x1f2)) '' | tr ' ' '\0'
		printf 'HdrS\17\2'
		printf '%*s' $((0x20e - 0x208)) '' | tr ' ' '\0'
		# The release is at 0x400, counted from 0x200.
		printf '\0\2'
		printf '%*s' $((0x24c - 0x210)) '' | tr ' ' '\0'
		# shellcheck disable=SC2059
		printf "\\x$(printf %02x $((i & 255)))\\x$(printf %02x $((i >> 8)))"
		printf '%*s' $((0x400 - 0x24e)) '' | tr ' ' '\0'
		printf '7.3.5 (lab@lab)\0'
		printf '%*s' $((5 * 512 - 0x410)) '' | tr ' ' '\0'
		cat "$payload"
	} >"$H/boot/vmlinuz-new"
}

ALL=(CONFIG_{KEXEC_HANDOVER,LIVEUPDATE,LIVEUPDATE_MEMFD,PCI_LIVEUPDATE,IOMMUFD,VFIO_DEVICE_CDEV,VFIO_PCI,VFIO_PCI_LIVEUPDATE}'=y')

@test "check: the next kernel, its configuration in the image or beside it" {
	image "${ALL[@]}"
	finds 0 '' --kernel /boot/vmlinuz-new --reuse-cmdline
	finds 4 'target-kho 7.3.5
target-liveupdate 7.3.5
target-root 7.3.5
target-iommu 7.3.5' --kernel boot/vmlinuz-new
	finds 4 'target-liveupdate 7.3.5' --kernel boot/vmlinuz-new --reuse-cmdline --append liveupdate=off
	image CONFIG_KEXEC_HANDOVER=y CONFIG_LIVEUPDATE=y CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y CONFIG_VFIO_PCI=m
	finds 4 'target-config 7.3.5' --kernel boot/vmlinuz-new --append 'root=/dev/sda1 liveupdate=on intel_iommu=on'
	same "$(text target-config --kernel boot/vmlinuz-new)" \
		'it lacks CONFIG_LIVEUPDATE_MEMFD, CONFIG_PCI_LIVEUPDATE, CONFIG_IOMMUFD, CONFIG_VFIO_DEVICE_CDEV, CONFIG_VFIO_PCI_LIVEUPDATE'
	image nothing
	finds 0 'target-config-unknown 7.3.5' --kernel boot/vmlinuz-new --reuse-cmdline
	printf '%s\n' "${ALL[@]}" >"$H/boot/config-7.3.5"
	finds 0 '' --kernel boot/vmlinuz-new --reuse-cmdline
	refused 1 ENOENT check --sysroot "$H" --kernel /boot/none
	refused 1 ENOENT check --sysroot "$H" --kernel /boot/vmlinuz-new --initrd none
	refused 1 null check --sysroot "$H" --kernel /boot
	refused 2 null check --sysroot "$H" --initrd /boot/initrd
	refused 2 null check --sysroot "$H" --append x
	refused 2 null check --sysroot "$H" --reuse-cmdline
}

@test "check: scratch memory" {
	image "${ALL[@]}"
	truncate -s 40M "$H/boot/initrd"
	put sys/kernel/debug/kho/out/scratch_len '0x1000000
0x5000000
0x1000000'
	finds 0 '' --kernel boot/vmlinuz-new --initrd boot/initrd --reuse-cmdline
	put sys/kernel/debug/kho/out/scratch_len '0x1000000
0x3000000
0x0400000'
	finds 0 'scratch-tight 7.3.5' --kernel boot/vmlinuz-new --initrd boot/initrd --reuse-cmdline
	put sys/kernel/debug/kho/out/scratch_len '0x2000000
0x2000000
0x2000000'
	finds 4 'scratch-small 7.3.5' --kernel boot/vmlinuz-new --initrd boot/initrd --reuse-cmdline
}

@test "check: sessions, and what the init system does to them" {
	put sys/devices/pci0000:00/0000:01:00.0/power_state D0
	list 'outgoing session vm held' 'outgoing file vm 0x0001000000000100 vfio-pci-v1 preserved'
	finds 0 ''
	mkdir -p "$H/run/systemd/system" "$H/usr/lib/x86_64-linux-gnu/systemd"
	touch "$H/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so"
	finds 4 'init-kills vm'
	[[ $(text init-kills) == 'systemd 257 ends'* ]]
	[[ $(text init-stops) == *'(version 257)' ]]
	finds 0 '' --direct
	opener 1 systemd 'anon_inode:[luo_session] vm'
	finds 4 'init-kills vm'
	mkdir -p "$H/usr/lib/systemd"
	touch "$H/usr/lib/systemd/libsystemd-shared-262.1-1.so"
	finds 0 ''
	rm -r "$H/proc/1"
	finds 4 'init-kills vm'
	list 'incoming session old unclaimed' 'incoming file old 0x0001000000000100 vfio-pci-v1 waiting'
	finds 4 'session-incoming old
device-incoming 0000:01:00.0'
	list
	mkdir -p "$H/run/vfio-luctl"
	touch "$H/run/vfio-luctl/dead.sock"
	finds 0 'session-stale dead'
}

@test "check: devices that cannot be preserved" {
	local dir=sys/devices/pci0000:00/0000:01:00.0
	ln -s ../0000:00:01.0 "$H/$dir/physfn"
	finds 4 'device-vf 0000:01:00.0'
	rm "$H/$dir/physfn"
	put "$dir/sriov_numvfs" 2
	finds 4 'device-has-vfs 0000:01:00.0'
	put "$dir/sriov_numvfs" 0
	finds 0 ''
	sed -i 's/^PCI_CLASS=.*/PCI_CLASS=30000/' "$H/$dir/uevent"
	finds 4 'device-intel-display 0000:01:00.0'
	sed -i 's/^PCI_CLASS=.*/PCI_CLASS=20000/; s/^DRIVER=.*/DRIVER=mlx5-vfio-pci/' "$H/$dir/uevent"
	finds 4 'device-driver 0000:01:00.0'
	sed -i 's/^DRIVER=.*/DRIVER=vfio-pci/' "$H/$dir/uevent"
	rm "$H/$dir/vfio-dev/vfio0/dev"
	finds 4 'device-no-cdev 0000:01:00.0'
	put "$dir/vfio-dev/vfio0/dev" 511:0
	rm "$H/$dir/reset_method"
	finds 0 'device-no-reset 0000:01:00.0'
	[[ $(text device-no-reset) == *'its DMA is stopped, but it keeps its state' ]]
	# What is there and cannot be read is not absent
	ln -s reset_method "$H/$dir/reset_method"
	finds 0 'device-unreadable 0000:01:00.0'
	[[ $(text device-unreadable) == *"its reset_method (Too many levels of symbolic links) in sysfs cannot be read"* ]]
	rm "$H/$dir/reset_method" "$H/$dir/sriov_numvfs"
	put "$dir/reset_method" bus
	finds 0 ''
	ln -s sriov_numvfs "$H/$dir/sriov_numvfs"
	finds 0 'device-unreadable 0000:01:00.0'
	mv "$H/$dir/vfio-dev" "$H/$dir/other"
	ln -s vfio-dev "$H/$dir/vfio-dev"
	finds 0 'device-unreadable 0000:01:00.0'
}

@test "check: words that mean devices of VFIO, of others, and none" {
	device 0000:02:00.0 8 igb
	device 0001:03:00.0 9 ''
	finds 0 ''
	finds 0 '' vfio0
	finds 4 'device-driver 0000:02:00.0' 02:00.0
	finds 4 'device-driver 0000:02:00.0' 0000:02:00.0 vfio0 01:00.0
	[[ $(text device-driver 02:00.0) == 'its driver is igb,'* ]]
	finds 4 'device-driver 0001:03:00.0' /sys/bus/pci/devices/0001:03:00.0
	[[ $(text device-driver 0001:03:00.0) == 'its driver is (none),'* ]]
	refused 6 ENODEV check --sysroot "$H" 0000:77:00.0
	refused 6 ENODEV check --sysroot "$H" vfio7
	refused 2 null check --sysroot "$H" nonsense
	refused 2 null check --sysroot "$H" -o nonsense
}

@test "check: groups" {
	device 0000:01:00.1 7 vfio-pci vfio1
	device 0000:01:00.2 7 pcieport
	sed -i 's/^PCI_CLASS=.*/PCI_CLASS=60400/' "$H/sys/devices/pci0000:00/0000:01:00.2/uevent"
	finds 0 ''
	finds 0 'device-group-shared 0000:01:00.0' 01:00.0
	finds 0 '' 01:00.0 01:00.1
	device 0000:01:00.3 7 igb
	finds 4 'device-group-driver 0000:01:00.0
device-group-driver 0000:01:00.1'
	[[ $(text device-group-driver) == *'0000:01:00.3 (igb)'* ]]
}

@test "check: a device in use, its interrupts, its power" {
	local dir=sys/devices/pci0000:00/0000:01:00.0
	opener 11 qemu /dev/vfio/devices/vfio0
	finds 4 'device-in-use 0000:01:00.0'
	[[ $(text device-in-use) == *'qemu (pid 11)'* ]]
	ln -sfn /dev/vfio/7 "$H/proc/11/fd/3"
	finds 4 'device-in-use 0000:01:00.0'
	ln -sfn /dev/vfio/70 "$H/proc/11/fd/3"
	finds 0 ''
	# A file that came out of a session is told by its fdinfo only
	ln -sfn 'anon_inode:[vfio-device-liveupdate]' "$H/proc/11/fd/3"
	put proc/11/fdinfo/3 'vfio-device-syspath: /sys/devices/pci0000:00/0000:09:00.0'
	finds 0 ''
	put proc/11/fdinfo/3 'vfio-device-syspath: /sys/devices/pci0000:00/0000:01:00.0'
	finds 4 'device-in-use 0000:01:00.0'
	rm -r "$H/proc/11"
	mkdir -p "$H/$dir/msi_irqs"
	finds 0 ''
	put "$dir/msi_irqs/24" msix
	put "$dir/msi_irqs/25" msix
	finds 4 'device-interrupts 0000:01:00.0'
	[[ $(text device-interrupts) == *'(2 msix)'* ]]
	rm -r "$H/$dir/msi_irqs"
	put "$dir/irq" 16
	put sys/kernel/irq/16/actions 'ahci,vfio-intx(0000:01:00.1)'
	finds 0 ''
	put sys/kernel/irq/16/actions 'ahci,vfio-intx(0000:01:00.0)'
	finds 4 'device-interrupts 0000:01:00.0'
	rm "$H/sys/kernel/irq/16/actions"
	# Asleep matters once it is preserved.
	put "$dir/liveupdate" outgoing
	finds 4 'device-power 0000:01:00.0'
	put "$dir/power_state" D0
	finds 0 ''
	put "$dir/liveupdate" incoming
	finds 4 'device-incoming 0000:01:00.0'
}

@test "check: a device in a session that is gone from the bus" {
	list 'outgoing session vm held' 'outgoing file vm 0x0001000000000500 vfio-pci-v1 preserved'
	finds 4 'device-gone 0000:05:00.0'
	finds 0 '' 01:00.0
}

@test "check: drivers that could take a device in the next kernel" {
	printf '%s\n' 'alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb' >"$H/lib/modules/$RELEASE/modules.alias"
	finds 0 'device-native-driver 0000:01:00.0'
	image "${ALL[@]}"
	# The modules of the next kernel count, once they are there.
	finds 0 'device-native-driver 0000:01:00.0' --kernel boot/vmlinuz-new --reuse-cmdline
	mkdir -p "$H/lib/modules/7.3.5"
	touch "$H/lib/modules/7.3.5/modules.alias"
	finds 0 '' --kernel boot/vmlinuz-new --reuse-cmdline
	rm -r "$H/lib/modules/7.3.5"
	finds 0 '' --kernel boot/vmlinuz-new --reuse-cmdline --append vfio-pci.ids=8086:10c9
	# Longer than any that depmod writes, with holes or without
	truncate -s 64M "$H/lib/modules/$RELEASE/modules.alias"
	finds 0 'device-native-driver 0000:01:00.0'
	truncate -s +1 "$H/lib/modules/$RELEASE/modules.alias"
	finds 0 ''
}

@test "check: a recorded list of sessions that is longer than any" {
	list 'outgoing session vm held' 'outgoing file vm 0x0001000000000500 vfio-pci-v1 preserved'
	truncate -s 1T "$H/sys/kernel/debug/liveupdate/sessions"
	run timeout 20 "$LUCTL" check --json --sysroot "$H"
	show check
	((status != 124))
	[[ $output != *device-gone* ]]
}

@test "check: what may not be read is said" {
	opener 7 other /dev/null
	mkdir -p "$H/run/vfio-luctl" "$H/sys/kernel/debug/liveupdate"
	list
	chmod 0 "$H/proc/7/fd" "$H/run/vfio-luctl" "$H/sys/kernel/debug/liveupdate"
	run --separate-stderr as_nobody check --sysroot "$H" -n -o id,object
	chmod 755 "$H/proc/7/fd" "$H/run/vfio-luctl" "$H/sys/kernel/debug/liveupdate"
	show check
	[ "$status" -eq 0 ]
	same "$(grep ^hidden <<<"$output" | tr -s ' ')" 'hidden /run/vfio-luctl
hidden processes of other users
hidden /sys/kernel/debug/liveupdate'
}

@test "kexec: what is wrong is found before anything is done" {
	local missing=ENOENT
	refused 2 null kexec word
	refused 2 null kexec --force nonsense
	refused 2 null kexec --force device-vf,
	refused 2 null kexec --initrd /boot/initrd
	refused 2 null kexec --sysroot "$H"
	# A plain user is told of that first
	((EUID == 0)) || missing=EPERM
	refused 1 $missing kexec --dry-run --kernel /nonexistent --reuse-cmdline
	refused 1 $missing kexec --kernel /proc/cmdline --initrd /nonexistent --reuse-cmdline
	run --separate-stderr as_nobody kexec --dry-run --kernel /proc/cmdline --reuse-cmdline
	[ "$status" -eq 1 ]
	[[ $stderr == *'it takes root'* ]]
}

@test "check: a root that is not there" {
	expect 1 check --sysroot /nonexistent
	same "$stderr" "vfio-luctl: check: /nonexistent: cannot open the root directory: No such file or directory"
}
