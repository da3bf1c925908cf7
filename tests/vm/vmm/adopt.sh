# SPDX-License-Identifier: GPL-2.0-or-later
# A real QEMU uses devices: by descriptors of ordinary opens, then by those that retrieve gives it
# through QMP; and QEMUs that end at once. Devices: edu, a virtio-rng, and an edu for one of those.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
edu=${DEVICE[0]} rng=${DEVICE[1]} dead=${DEVICE[2]}
VMM+=(-object "memory-backend-memfd,id=ram,share=on,size=64M")

# drive N FACTORIAL: the inner guest uses both devices, by registers, interrupts and DMA
drive() {
	patiently booted
	has_ids 0x1234 0x11e8
	has_ids 0x1af4 0x1044
	is "$(ask edu "$1")" "edu 010000ed $1! = $2"
	is "$(ask dma)" "dma same"
	[[ $(ask rng) =~ ^rng\ [0-9a-f]{16}$ ]]
}

quit() {
	qmp "$QMP" quit
	wait "$vmm"
	is_free "$edu"
	is_free "$rng"
}

boot_1() {
	bind_all
	exec 8<>"$(cdev "$edu")" 9<>"$(cdev "$rng")"
	start "${VMM[@]}" -object iommufd,id=iommufd0 -device vfio-pci,iommufd=iommufd0,fd=8 \
		-device vfio-pci,iommufd=iommufd0,fd=9
	exec 8>&- 9>&-
	drive 5 120
	# Its interrupts are on, and as it runs it would enable them again
	expect 4 preserve vm --pid "$vmm" --dry-run
	says device-interrupts
	expect 4 preserve vm --pid "$vmm" --disable-interrupts
	says "it runs"
	is "$("$LUCTL" status -n)" ""
	is "$(ask edu 6)" "edu 010000ed 6! = 720"
	quit
	expect 0 preserve vm "$edu" "$rng"
	expect 0 preserve dead "$dead"
	next-kernel
	exit 1
}

# fails STATUS WORD...: the VMM that is started so ends at once; nothing is lost
fails() {
	expect "$1" retrieve vm --iommufd -- "${@:2}"
	is "$(states vm)" "$edu retrieved $rng retrieved"
	is_locked "$edu"
}

boot_2() {
	local ours=(-object "iommufd,id=iommufd0,fd={iommufd}")
	bind_all
	expect 1 retrieve vm --send "$QMP" --qmp
	is "$(states vm)" "$edu unclaimed $rng unclaimed"
	fails 1 "${VMM[@]}" "${ours[@]}" -device "vfio-pci,iommufd=iommufd0,fd={$edu},nonsense=1"
	says nonsense
	fails 1 "${VMM[@]}" -M nonsense "${ours[@]}" -device "vfio-pci,iommufd=iommufd0,fd={$edu}"
	# This one has bound its device when it finds out that there is no second
	expect 1 retrieve dead --iommufd -- "${VMM[@]}" "${ours[@]}" -device "vfio-pci,iommufd=iommufd0,fd={$dead}" \
		-device vfio-pci,iommufd=iommufd0,fd=99
	is "$(states dead)" "$dead bound"
	expect 0 finish dead
	is_free "$dead"

	# One that is there already gets its devices one after the other
	start "${VMM[@]}" -S -device pcie-root-port,id=port1,chassis=1 -device pcie-root-port,id=port2,chassis=2
	expect 0 retrieve vm --iommufd --send "$QMP" --qmp
	is "$(states vm)" "$edu retrieved $rng retrieved"
	qmp "$QMP" object-add qom-type=iommufd id=iommufd0 fd=iommufd
	qmp "$QMP" device_add driver=vfio-pci iommufd=iommufd0 "fd=pci-${edu//:/-}" id=edu bus=port1
	is "$(states vm)" "$edu bound $rng retrieved"
	expect 5 finish vm
	says "$rng"
	qmp "$QMP" device_add driver=vfio-pci iommufd=iommufd0 "fd=pci-${rng//:/-}" id=rng bus=port2
	is "$(states vm)" "$edu bound $rng bound"
	qmp "$QMP" cont
	drive 7 5040
	expect 0 finish vm
	is "$("$LUCTL" status -n)" ""
	is "$(ask edu 8)" "edu 010000ed 8! = 40320"
	quit
}

"boot_$BOOT"
