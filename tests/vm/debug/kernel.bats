# SPDX-License-Identifier: GPL-2.0-or-later
# What only shows on the debug kernel (KASAN, lockdep, kmemleak, UBSAN, fault injection).

# bats file_tags=debug,memory

load ../machine

setup() {
	export VM_DEBUG=1
}

@test "kernel: every allocation of preserve and retrieve fails in turn" {
	local devices=()
	for _ in {1..8}; do devices+=(--device edu); done
	machine kernel/fault.sh "${devices[@]}"
}

@test "kernel: what must not be done at the same time, done at the same time" {
	machine kernel/races.sh --device edu --device edu --device edu --device edu
}
