# SPDX-License-Identifier: GPL-2.0-or-later
# The patch set itself: each test is a machine, and a script in tests/vm/kernel.

# Those in which the objects of the kernel come and go, or fail to, are tagged memory: they run on
# the debug kernel in make check too.
# bats file_tags=debug

load machine

@test "kernel: a device that cannot be frozen stops the kexec and nothing else" {
	machine kernel/freeze.sh --device edu --device igb
}

@test "kernel: a frozen device is not reset by way of its neighbour" {
	machine kernel/hotreset.sh --device bridge:edu+edu --device igb --device igb
}

@test "kernel: bridges, bus numbers, ACS and bus mastering stay as they were" {
	machine kernel/topology.sh --device edu+edu --device edu --device virtio-rng-pci
}

# bats test_tags=memory
@test "kernel: sessions are listed, wait for their handler, and survive being closed" {
	machine kernel/orchestrator.sh --device edu
}

# bats test_tags=memory
@test "kernel: module, driver and device outlive what is preserved, and nothing else does" {
	machine kernel/lifetimes.sh --device edu
}

@test "kernel: what can be missing on arrival, and kernels without live update" {
	machine kernel/arrival.sh --device edu --device igb --device edu --device igb
}

# bats test_tags=memory
@test "kernel: a device that is gone does not keep the others" {
	machine kernel/absent.sh --device edu --device edu
}

@test "kernel: without an IOMMU" {
	machine kernel/noiommu.sh --device edu --append "intel_iommu=off vfio.enable_unsafe_noiommu_mode=1"
}

@test "kernel: bus numbers above 0x7f" {
	machine kernel/far.sh --qemu -device --qemu pxb-pcie,id=far,bus=pcie.0,bus_nr=192 \
		--qemu -device --qemu pcie-root-port,id=farport,bus=far,chassis=200,slot=200 \
		--qemu -device --qemu edu,bus=farport -- 0000:c1:00.0
}

@test "kernel: two devices that share a bridge and a group" {
	machine kernel/soak.sh --device bridge:edu+edu -- 1
}

# bats test_tags=memory
@test "kernel: live update after live update" {
	# A boot of the debug kernel takes long
	machine kernel/soak.sh --device edu --device igb --device virtio-rng-pci -- "$([[ ${VM_DEBUG:-} ]] && echo 2 || echo 5)"
}

@test "kernel: the series' own selftests" {
	machine kernel/selftests.sh --device edu --device igb --device edu
}
