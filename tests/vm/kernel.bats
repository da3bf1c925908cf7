# SPDX-License-Identifier: GPL-2.0-or-later
# The patch set itself: each test is a machine, and a script in tests/vm/kernel.

load machine

@test "kernel: a device that cannot be frozen stops the kexec and nothing else" {
	machine kernel/freeze.sh --device edu --device igb
}

@test "kernel: bridges, bus numbers, ACS and bus mastering stay as they were" {
	machine kernel/topology.sh --device edu+edu --device edu --device virtio-rng-pci
}

@test "kernel: sessions are listed, wait for their handler, and survive being closed" {
	machine kernel/orchestrator.sh --device edu
}

@test "kernel: every allocation of preserve and retrieve fails in turn (KASAN)" {
	local devices=() i
	for i in {1..8}; do devices+=(--device edu); done
	machine kernel/fault.sh --debug-kernel "${devices[@]}" --timeout 500
}
