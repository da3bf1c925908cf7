# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # text for another shell; bats sets status, output, stderr
# What the tests of the command line share.

bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
DATA=$TOP/tests/data
LUCTL=${LUCTL:-$TOP/vfio-luctl}
unset ARGP_HELP_FMT POSIXLY_CORRECT

# expect STATUS WORD...: run vfio-luctl; its status must be STATUS, and what fails is shown.
expect() {
	local want=$1
	shift
	run --separate-stderr "$LUCTL" "$@"
	show "$@"
	[ "$status" -eq "$want" ]
}

# What the last run did, for the report of a failing test.
show() {
	echo "vfio-luctl $* -> $status"
	echo "stdout: $output"
	echo "stderr: $stderr"
}

# same TEXT WANT
same() {
	[ "$1" = "$2" ] && return
	diff <(printf '%s\n' "$2") <(printf '%s\n' "$1")
}

# schema NAME PROGRAM: run the jq PROGRAM, which may use wrong($schema[0]), on stdin.
schema() {
	jq -r -L "$TOP/tests/cli" --slurpfile schema "$TOP/schemas/vfio-luctl-$1.schema.json" \
		"include \"schema\"; $2"
}

# valid NAME: the JSON on stdin is as schemas/vfio-luctl-NAME.schema.json says.
valid() {
	local wrong
	wrong=$(schema "$1" 'wrong($schema[0])') || return
	[ -z "$wrong" ] || { echo "$wrong"; return 1; }
}

# refused STATUS ERRNO WORD...: the command fails as text and as JSON, with stdout empty both
# times and the same words in both; $stderr is the text.
refused() {
	local want=$1 errno=$2 told
	shift 2
	expect "$want" --json "$@"
	[ -z "$output" ]
	[[ $stderr != *$'\n'* ]]
	told=$(schema error '[wrong($schema[0])] as $wrong
		| if $wrong == [] then .error | "\(.code) \(.errno) \(.message)" else $wrong[] end' <<<"$stderr")
	expect "$want" "$@"
	[ -z "$output" ]
	echo "JSON: $told"
	[[ $told == "$want $errno "* ]]
	[[ $stderr == "vfio-luctl: "*"${told#"$want $errno "}"* ]]
}

# unpack_lab HOST DIRECTORY: a recording of tests/data/record-lab, with the names of tests/data/pci.ids.
unpack_lab() {
	mkdir -p "$2"
	tar -C "$2" -xJf "$DATA/$1.tar.xz"
	add_pci_ids "$2"
}

# add_pci_ids DIRECTORY [FILE]: to all places where distributions have it
add_pci_ids() {
	local place
	for place in misc hwdata; do
		install -D -m 644 "${2:-$DATA/pci.ids}" "$1/usr/share/$place/pci.ids"
	done
}

# as_nobody WORD...: vfio-luctl without any privilege; what is in $BATS_TEST_TMPDIR is in its reach.
as_nobody() {
	local copy=$BATS_TEST_TMPDIR/vfio-luctl
	cp "$LUCTL" "$copy"
	chmod 755 "$copy"
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$copy" "$@"
	else
		"$copy" "$@"
	fi
}
