# SPDX-License-Identifier: GPL-2.0-or-later
# Signals at every system call; many minutes, so not on the debug kernel.

load machine

@test "tool: killed at any moment, nothing is lost and nothing locked" {
	machine tool/interrupt.sh --device edu --device igb --timeout 1500
}
