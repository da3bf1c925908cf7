# SPDX-License-Identifier: GPL-2.0-or-later
# Errors of every call; many minutes, so not on the debug kernel.

load machine

@test "tool: whatever fails before the kexec, it says what and why, and nothing is lost or locked" {
	machine tool/inject.sh --device edu --device igb --timeout 1500 -- outgoing
}

@test "tool: whatever fails after the kexec, it says what and why, and nothing is lost or locked" {
	local devices=(--device edu --device igb) i
	for ((i = 0; i < 40; i++)); do
		devices+=(--device edu)
	done
	machine tool/inject.sh "${devices[@]}" --timeout 1500 -- incoming
}
