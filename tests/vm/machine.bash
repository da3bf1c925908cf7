# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the bats files here: each test is a machine that runs a script.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# machine SCRIPT OPTION... [-- ARG...]: SCRIPT below tests/vm; options of tests/vm/run. With
# VM_DEBUG in the environment it runs on the debug kernel, as make check-debug does.
machine() {
	local script=$1 options=()
	shift
	while (($#)) && [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	# Last: it takes ten times as long as the test has reckoned with
	[[ -z ${VM_DEBUG:-} ]] || options+=(--debug-kernel --timeout 1500)
	"$TOP/tests/vm/run" "${options[@]}" "$TOP/tests/vm/$script" "${@:2}"
}
