# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # bats sets stderr
# What is said about the patches without compiling them, and that what is wrong is found.
# The rest: `make patches-check`, and its tests in tests/patches.

load ../patches/series

@test "patches: each applies, and checkpatch and kernel-doc have nothing to say" {
	check 0 --quick
	[ "$(grep -c ' ok  *ok  *\(ok\|-\)$' <<<"$output")" -eq "$(grep -c '^[^#]' "$TOP/patches/series")" ]
}

@test "patches: a good one is good, and what was good is not checked again" {
	begin_series
	printf '/* A comment. */\n' | add_patch "Add a comment"
	check 0 --quick
	is "$(values 1)" "ok ok ok"
	local first=$output
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "perl is broken"\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/perl"
	chmod +x "$BATS_TEST_TMPDIR/bin/perl"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH check 0 --quick
	is "$output" "$first"
	sed -i 's/A reason/The reason/' "$VM_PATCHES"/0001*
	PATH=$BATS_TEST_TMPDIR/bin:$PATH check 1 --quick
	is "$(values 1)" "ok FAIL ok"
	[[ $output == *"checkpatch: perl is broken"* ]]
	# A failure is not remembered
	check 0 --quick
}

@test "patches: what checkpatch complains about is a failure, and only of that patch" {
	begin_series
	printf '/* A comment. */  \n' | add_patch "Add white space"
	printf '/* Another one. */\n' | add_patch "Add a comment"
	check 1 --quick
	is "$(values 1)" "ok FAIL ok"
	is "$(values 2)" "ok ok ok"
	[[ $output == *"checkpatch: "*TRAILING_WHITESPACE* ]]
	check 1 --quick --patch 1
	is "$(values 2)" ""
	check 0 --quick --patch=2..2
	is "$(values 1)" ""
}

@test "patches: a check of checkpatch counts, a missing sign-off does not" {
	begin_series
	printf 'static int one;\n\n\nstatic int two;\n' | add_patch "Add blank lines"
	check 1 --quick
	is "$(values 1)" "ok FAIL ok"
	[[ $output == *"CHECK:LINE_SPACING"* && $output != *SIGN* ]]
}

@test "patches: what kernel-doc complains about is a failure when it is new" {
	begin_series
	printf '/**\n * nothing - does nothing\n * @wrong: nothing\n */\nvoid nothing(int right) { }\n' | add_patch "Add a function"
	printf '/* A comment. */\n' | add_patch "Add a comment"
	check 1 --quick
	is "$(value 1 kernel-doc)" FAIL
	is "$(value 2 kernel-doc)" ok
	[[ $output == *"kernel-doc: Warning: $FILE:"*"'right' not described"* ]]
}

@test "patches: one that does not apply, and what comes after it" {
	begin_series
	printf '/* A comment. */\n' | add_patch "Add a comment"
	printf '/* Another one. */\n' | add_patch "Add a second comment"
	printf '/* And another one. */\n' | add_patch "Add a third comment"
	sed -i '/^2\|0002/d' "$VM_PATCHES/series"
	check 1 --quick
	is "$(values 1)" "ok ok ok"
	is "$(values 2)" "FAIL ok ?"
	[[ $output == *"applies: error: patch failed: $FILE:"* ]]
	printf '\n' >>"$VM_PATCHES/series"
	echo 0002-Add-a-second-comment.patch >>"$VM_PATCHES/series"
	check 1 --quick
	is "$(values 3)" "? ok ?"
	check 3 --quick --patch 3
	[[ $stderr == *"0003-Add-a-third-comment.patch"*"does not apply"* ]]
}

@test "patches: git am wants a name and a subject" {
	begin_series
	printf '/* A comment. */\n' | add_patch "Add a comment"
	sed -i '/^From: /d' "$VM_PATCHES"/0001*
	check 1 --quick
	is "$(value 1 applies)" FAIL
	[[ $output == *"applies: git am: no "* ]]
}
