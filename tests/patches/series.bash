# shellcheck shell=bash disable=SC2154 # bats sets status, output, stderr
# SPDX-License-Identifier: GPL-2.0-or-later
# For the tests of tests/patches-check: makes series of patches, good and bad, on the real source.

bats_require_minimum_version 1.5.0
TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
# No patch of ours touches it, and every kernel has it
FILE=fs/eventfd.c

# begin_series [DIR]: sets VM_PATCHES to a series that has the patches of DIR so far
begin_series() {
	local source
	export VM_PATCHES=$BATS_TEST_TMPDIR/patches
	WORK=$BATS_TEST_TMPDIR/work
	mkdir -p "$VM_PATCHES" "$WORK/a/${FILE%/*}" "$WORK/b/${FILE%/*}"
	if [ "${1:-}" ]; then cp "$1"/* "$VM_PATCHES"; else cp "$TOP/patches/base" "$VM_PATCHES"; fi
	source=${KERNEL_SRC:-$(compgen -G "${VFIO_LUCTL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-luctl}/source/linux-*")}
	cp "$source/$FILE" "$WORK/a/$FILE"
}

# add_patch SUBJECT: appends what comes on standard input to FILE, after one blank line
add_patch() {
	sed '${/^$/d}' "$WORK/a/$FILE" >"$WORK/b/$FILE"
	{ echo && cat; } >>"$WORK/b/$FILE"
	add_difference "$1"
	cp "$WORK/b/$FILE" "$WORK/a/$FILE"
}

# add_difference SUBJECT: the patch from $WORK/a to $WORK/b
add_difference() {
	local n
	n=$(grep -c '^[0-9]' "$VM_PATCHES/series" 2>/dev/null) || true
	PATCH=$(printf '%04d-%s.patch' "$((${n:-0} + 1))" "$(tr ' ' - <<<"$1")")
	{
		printf '%s\n' "From: A Person <person@example.org>" "Date: Thu, 1 Oct 2026 12:00:00 +0000" \
			"Subject: [PATCH] eventfd: $1" "" "A reason to change this file." "---"
		(cd "$WORK" && diff -uNr a b | sed 's/^diff -uNr/diff --git/; s/^--- a.*1970-.*/--- \/dev\/null/')
	} >"$VM_PATCHES/$PATCH"
	echo "$PATCH" >>"$VM_PATCHES/series"
}

# check STATUS WORD...: runs tests/patches-check
check() {
	local want=$1
	shift
	run --separate-stderr "$TOP/tests/patches-check" "$@"
	printf '%s\n' "patches-check $* -> $status" "$output" "$stderr"
	[ "$status" -eq "$want" ]
}

# value LINE COLUMN: from the table
value() {
	awk -v line="$1" -v column="$2" '
		!at { for (i = 1; i <= NF; i++) if ($i == column) at = i }
		$1 == line { print $at; exit }' <<<"$output"
}

# values LINE: all of them, without the name
values() {
	awk -v line="$1" '$1 == line { $1 = $2 = ""; sub(/^ */, ""); print; exit }' <<<"$output"
}

# is GOT WANT
is() {
	[ "$1" = "$2" ] || { echo "got '$1', not '$2'"; return 1; }
}
