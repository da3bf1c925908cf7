# SPDX-License-Identifier: GPL-2.0-or-later
# Signals at system calls: every third of them here, which takes minutes; `make interrupt` tries all.

load machine

@test "tool: killed at any moment, nothing is lost and nothing locked" {
	machine tool/interrupt.sh --device edu --device igb --timeout 1500 -- 3
}
