# SPDX-License-Identifier: GPL-2.0-or-later
# A real QEMU with a guest, in the guest: too slow for the debug kernel.

load machine

@test "vmm: QEMU uses devices by their descriptors, before and after a kexec, and when it fails" {
	machine vmm/adopt.sh --inner --device edu --device virtio-rng-pci,iommu_platform=on --device edu --timeout 600
}

@test "vmm: a machine goes on after the kexec of its host: make demo-vmm" {
	"$TOP/tests/vm/demo-vmm"
}
