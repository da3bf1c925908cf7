# SPDX-License-Identifier: GPL-2.0-or-later
# Many devices: too slow for the debug kernel.

load machine

@test "kernel: 128 devices in one session" {
	local devices=()
	for _ in {1..128}; do devices+=(--device edu); done
	machine kernel/many.sh "${devices[@]}" --memory 4G --timeout 900
}
