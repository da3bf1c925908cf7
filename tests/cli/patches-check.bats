# SPDX-License-Identifier: GPL-2.0-or-later
# tests/patches-check: what it refuses before it looks for a kernel. What it finds is tested
# in tests/vm/patches.bats, and where that takes minutes in tests/patches.

load helpers

# answers STATUS PATTERN WORD...: one line on stderr, nothing on stdout
answers() {
	local want=$1 pattern=$2
	shift 2
	run --separate-stderr "$TOP/tests/patches-check" "$@"
	show "$@"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr != *$'\n'* ]]
	# shellcheck disable=SC2053
	[[ $stderr == $pattern ]]
}

setup() {
	export VFIO_LUCTL_CACHE=$BATS_TEST_TMPDIR/cache VM_PATCHES=$BATS_TEST_TMPDIR/patches
	mkdir "$VM_PATCHES"
	printf '%s\n' 0001-one.patch 0002-two.patch >"$VM_PATCHES/series"
}

@test "patches-check: usage errors" {
	answers 2 'patches: unknown argument --nonsense*' --nonsense
	answers 2 'patches: unknown argument 3*' 3
	answers 2 'patches: --patch needs a value*' --patch
	answers 2 'patches: --build needs a value*' --quick --build
	answers 2 'patches: there is no build nonsense*' --build nonsense
	answers 2 'patches: there is no build *' --build=
	for range in 0 01 x 1.. ..2 1-2 -1 1..2..3 "1 2" ""; do
		answers 2 "patches: --patch $range: not N or N..M*" --patch "$range"
	done
	for range in 3 1..3 99; do
		answers 2 "patches: --patch $range: there are 2 patches*" --patch="$range"
	done
	answers 2 'patches: --patch 2..1: nothing is in that range*' --patch 2..1
}

@test "patches-check: --help tells of every option and every build" {
	run --separate-stderr "$TOP/tests/patches-check" --help
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	for word in --series --quick --no-boot --patch --builds --build modules 32bit clang; do
		[[ $output == *" $word"* ]] || { echo "no $word"; return 1; }
	done
}

@test "patches-check: no series, or one with a patch that is not there" {
	answers 3 'patches: patches/series names 0001-one.patch, which is not there'
	: >"$VM_PATCHES/series"
	answers 3 'patches: */patches/series: names no patch'
	VFIO_LUCTL_CACHE=/proc/nowhere answers 3 'patches: *names no patch'
	rm "$VM_PATCHES/series"
	answers 3 'patches: */patches/series: names no patch'
}

@test "patches-check: nowhere to write" {
	VFIO_LUCTL_CACHE=/proc/nowhere answers 3 'patches: /proc/nowhere: cannot be written*'
}

# complaints FUNCTION FILE...
complaints() {
	WORK_SRC=/src bash -c 'source "$0/tests/vm/lib/complaints.bash"; "$@"' "$TOP" "$@"
}

# make_log FILE COUNT LINE: make's words about an object, with COUNT warnings of one text from LINE on
make_log() {
	echo '  CC      lib/a.o'
	seq -f "/src/lib/a.c:%g:1: warning: it degrades" "$3" $(($2 + $3 - 1))
} >"$1"

@test "patches-check: a complaint is known by its text and number, wherever it is" {
	cd "$BATS_TEST_TMPDIR"
	for count in 1 2 9 10 19 100; do
		make_log before "$count" 100
		make_log after "$count" 207
		same "$(complaints new_since before after)" ""
		make_log after $((count + 1)) 207
		same "$(complaints new_since before after)" "lib/a.c:$((count + 207)):1: warning: it degrades"
	done
	# Also when it has been learned before, and in another file of the same object
	complaints learn known before
	complaints learn known after
	same "$(complaints new_complaints known after)" ""
	sed -i 's/a\.c:207/a.h:207/' after
	same "$(complaints new_complaints known after)" "lib/a.h:207:1: warning: it degrades"
	# Of another object it is another one
	sed -i 's/a\.o/b.o/' before
	same "$(complaints new_complaints known before | wc -l)" 100
}
