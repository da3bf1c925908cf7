# SPDX-License-Identifier: GPL-2.0-or-later
# The tool on the patched kernel: each test is a machine, and a script in tests/vm/tool.
# Those that take the kernel's paths in ways of their own run on the debug kernel too: tag "debug".

load machine

# bats test_tags=debug
@test "tool: a live update, and every refusal on the way" {
	machine tool/update.sh --device edu --device igb
}

@test "tool: sessions without a manifest, with a damaged one, of others" {
	machine tool/manifest.sh --device edu --device igb --device edu
}

# bats test_tags=debug
@test "tool: holders that die, clients at the same time, devices in use" {
	machine tool/holders.sh --device edu --device igb
}

@test "tool: several clients at the same time: one acts, the others are told" {
	machine tool/together.sh --device edu --device edu --device edu --device edu \
		--device edu --device edu --device edu --device edu --timeout 120
}

@test "tool: clients that are garbage, huge, slow, many, or not root" {
	machine tool/hostile.sh --device edu --device igb --timeout 300
}

@test "tool: what other init systems do to a keeper before a reboot" {
	machine tool/init.sh --device edu
}

@test "tool: what list tells of devices in a live update and in use" {
	machine tool/list.sh --device edu --device igb --device edu
}

@test "tool: what the kernel itself answers" {
	machine tool/raw.sh --device edu --device igb
}

@test "tool: check, and what it finds comes and goes with its reason" {
	machine tool/check.sh --device edu --device igb --timeout 300
}

@test "tool: kexec, refused for every reason, failed in every way, and done" {
	machine tool/kexec.sh --device edu --device igb --timeout 300
}

# bats test_tags=debug
@test "tool: a VMM that runs: preserve --pid, its memory, and every refusal" {
	machine tool/vmm.sh --device edu --device igb --timeout 300
}

@test "tool: its copy of the kernel's interface is the kernel's" {
	local kernel
	kernel=$("$TOP/tests/vm/run" --print-kernel-dir)
	"${CC:-cc}" -std=gnu11 -Wall -Werror -fsyntax-only -I"$kernel/usr/include" -I"$TOP/src" \
		"$TOP/tests/vm/tool/abi.c"
}

@test "tool: monitor and wait" {
	machine tool/monitor.sh --device edu --device igb --device virtio-rng-pci
}

@test "tool: retrieve --wait and --bind" {
	machine tool/bind.sh --device edu --device igb --device virtio-rng-pci --device edu
}

@test "tool: hold, and sessions handed over to it" {
	machine tool/hold.sh --device edu --device igb
}

@test "tool: recover, from sessions that nobody uses" {
	machine tool/recover.sh --device edu --device igb --device edu --device edu
}

@test "tool: devices and memory, handed over to commands and peers of all kinds" {
	machine tool/handoff.sh --device edu --device igb --device edu --device edu --timeout 300
}

@test "tool: memory from a byte to a gibibyte" {
	machine tool/memory.sh --device edu --memory 4G --timeout 600
}

@test "tool: strange surroundings, and what becomes of a session in them" {
	machine tool/surroundings.sh --device edu --device igb --timeout 300
}

@test "tool: the capabilities that the man page lists are enough, and each is needed" {
	machine tool/capabilities.sh --device edu --device igb --device edu --timeout 300
}

@test "tool: a device without IOMMU, and the capability that it takes" {
	machine tool/noiommu.sh --device edu --append "intel_iommu=off vfio.enable_unsafe_noiommu_mode=1"
}

# What a document shows is run; README.md has a tour of its own
@test "tool: the examples of the man pages" {
	machine tool/examples.sh --device edu --device igb --device virtio-rng-pci --timeout 300 -- \
		"$TOP"/man/vfio-luctl-*.[58] "$TOP/man/vfio-luctl.8"
}

@test "tool: when a device was preserved, retrieved, bound and finished, and when the kernels changed" {
	machine tool/times.sh --device edu --device igb --device edu
}

@test "tool: the tour of README.md" {
	machine tool/examples.sh --device edu --device igb --device virtio-rng-pci --timeout 300 -- "$TOP/README.md"
}
