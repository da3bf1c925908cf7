# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run-all: counts what really happened, and no way of dying looks like success.

load helpers

setup() {
	mkdir -p "$BATS_TEST_TMPDIR/tests/unit" "$BATS_TEST_TMPDIR/tests/cli" "$BATS_TEST_TMPDIR/build/tests/unit"
	cp "$TOP/tests/run-all" "$BATS_TEST_TMPDIR/tests/"
}

# unit NAME SHELL-TEXT: a test program.
unit() {
	touch "$BATS_TEST_TMPDIR/tests/unit/$1.c"
	printf '#!/bin/sh\n%s\n' "$2" >"$BATS_TEST_TMPDIR/build/tests/unit/$1"
	chmod +x "$BATS_TEST_TMPDIR/build/tests/unit/$1"
}

# counts STATUS LAST-LINE TIER...
counts() {
	local want=$1 last=$2
	shift 2
	run "$BATS_TEST_TMPDIR/tests/run-all" "$@"
	echo "$status: $output"
	[ "$status" -eq "$want" ]
	[ "${lines[-1]}" = "$last" ]
}

@test "run-all: passes" {
	unit a 'echo "ok 1 - a"; echo "ok 2 - b"; echo 1..2'
	unit b 'echo 1..1; echo "ok 1"'
	counts 0 '3 passed, 0 failed, 0 skipped' unit
}

@test "run-all: a failure, and what comes after it still runs" {
	unit a 'echo "not ok 1 - a"; echo 1..1; exit 1'
	unit b 'echo "ok 1"; echo 1..1'
	counts 1 '1 passed, 1 failed, 0 skipped' unit
}

@test "run-all: a skipped test is no success" {
	unit a 'echo "ok 1 - a"; echo "ok 2 - b # SKIP no root"; echo 1..2'
	counts 1 '1 passed, 0 failed, 1 skipped' unit
}

@test "run-all: ways to die" {
	unit a 'echo "ok 1"'
	counts 1 '1 passed, 1 failed, 0 skipped' unit
	unit a 'echo 1..2; echo "ok 1"'
	counts 1 '1 passed, 1 failed, 0 skipped' unit
	unit a 'echo 1..1; echo "ok 1"; kill -SEGV $$'
	counts 1 '1 passed, 1 failed, 0 skipped' unit
	unit a 'echo 1..0'
	counts 1 '0 passed, 1 failed, 0 skipped' unit
	unit a ''
	counts 1 '0 passed, 1 failed, 0 skipped' unit
	rm "$BATS_TEST_TMPDIR/build/tests/unit/a"
	counts 1 '0 passed, 1 failed, 0 skipped' unit
}

@test "run-all: a tier without tests, no tier, an unknown tier" {
	counts 1 '0 passed, 1 failed, 0 skipped' cli
	counts 1 '0 passed, 1 failed, 0 skipped' unit
	counts 1 '0 passed, 0 failed, 0 skipped'
	unit a 'echo 1..1; echo "ok 1"'
	counts 1 '1 passed, 1 failed, 0 skipped' unit nonsense
}

@test "run-all: bats files, good and broken" {
	printf '@test "good" { true; }\n@test "bad" { false; }\n@test "later" { skip; }\n' \
		>"$BATS_TEST_TMPDIR/tests/cli/a.bats"
	counts 1 '1 passed, 1 failed, 1 skipped' cli
	printf '@test "good" { true; }\n' >"$BATS_TEST_TMPDIR/tests/cli/a.bats"
	counts 0 '1 passed, 0 failed, 0 skipped' cli
	printf '@test "dies" { kill -9 $PPID $$; }\n@test "never" { true; }\n' >"$BATS_TEST_TMPDIR/tests/cli/a.bats"
	run "$BATS_TEST_TMPDIR/tests/run-all" cli
	[ "$status" -ne 0 ]
	[[ ${lines[-1]} =~ ,\ [1-9][0-9]*\ failed, ]]
}

@test "run-all: of what is installed, nothing is asked that the source tells" {
	printf '# bats test_tags=source\n@test "of the source" { false; }\n@test "good" { true; }\n' \
		>"$BATS_TEST_TMPDIR/tests/cli/a.bats"
	counts 0 '1 passed, 0 failed, 0 skipped' installed
	counts 1 '1 passed, 1 failed, 0 skipped' cli
}

@test "run-all: what failed is said again at the end, without all that passed" {
	unit a 'echo "ok 1 - fine"; echo "# of fine"; echo "not ok 2 - broken"; seq -f "# line %g" 40; echo "ok 3 - after"; echo 1..3; exit 1'
	unit b 'echo 1..2; echo "ok 1 - more"'
	counts 1 '3 passed, 2 failed, 0 skipped' unit
	end=${output##*"# What failed:"$'\n'}
	# shellcheck disable=SC2001 # several lines
	end=$(sed 's/ in [0-9:]*$/ in 0:00/' <<<"$end") # whatever it took
	[ "$end" = "# not ok 2 - broken
$(seq -f "# line %g" 11 40)
# tests/unit/b.c: 1 results, but 2 were planned (status 0)
# unit: 3 passed, 2 failed, 0 skipped in 0:00
3 passed, 2 failed, 0 skipped" ]
	rm "$BATS_TEST_TMPDIR"/tests/unit/*
	unit c 'echo "ok 1"; echo 1..1'
	counts 0 '1 passed, 0 failed, 0 skipped' unit
	[[ $output != *"What failed"* ]]
}

@test "run-all: a line for each tier, with what it counted and its time" {
	unit a 'echo "ok 1"; echo 1..1'
	printf '@test "good" { true; }\n@test "bad" { false; }\n' >"$BATS_TEST_TMPDIR/tests/cli/a.bats"
	counts 1 '2 passed, 1 failed, 0 skipped' unit cli
	[[ ${lines[-3]} =~ ^'# unit: 1 passed, 0 failed, 0 skipped in '[0-9]+:[0-9][0-9]$ ]]
	[[ ${lines[-2]} =~ ^'# cli: 1 passed, 1 failed, 0 skipped in '[0-9]+:[0-9][0-9]$ ]]
}
