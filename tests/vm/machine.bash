# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the bats files here: each test is a machine that runs a script.

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# machine SCRIPT OPTION...: SCRIPT below tests/vm; options of tests/vm/run
machine() {
	local script=$1
	shift
	"$TOP/tests/vm/run" "$@" "$TOP/tests/vm/$script"
}
