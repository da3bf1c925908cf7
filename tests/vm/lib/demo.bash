# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the demonstrations: a command is shown, run, and has to end as claimed.

say() {
	printf '\n# %s\n' "$*"
}

fail() {
	echo "demo: $*"
	exit 1
}

# run STATUS COMMAND...: show it, run it, insist on its status
run() {
	local want=$1 got=0
	shift
	printf '$ %s\n' "$*"
	"$@" </dev/null || got=$?
	((got == 0)) || echo "(exit status $got)"
	((got == want)) || fail "it should have been $want"
}

# run_shell FAILS COMMAND: for what needs a shell
run_shell() {
	local got=0
	printf '$ %s\n' "$2"
	bash -c "$2" || got=$?
	(((got != 0) == $1)) || fail "status $got"
}
