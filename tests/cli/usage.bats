# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: help, version, and every way to get it wrong.

load helpers

verbs() {
	"$LUCTL" --help | sed -n '/^Verbs:$/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

@test "usage: --help lists the verbs, with a summary each" {
	expect 0 --help
	[ -z "$stderr" ]
	[[ $output == "Usage: vfio-luctl "*" VERB [ARGUMENT...]"* ]]
	[[ $output == *$'\n  list       List the VFIO devices of this host\n'* ]]
	[ "$(verbs | wc -l)" -ge 1 ]
	local short=$output
	expect 0 -h
	same "$output" "$short"
}

@test "usage: every verb has --help and --usage, and refuses an unknown option" {
	local verb
	for verb in $(verbs); do
		expect 0 "$verb" --help
		[ -z "$stderr" ]
		[[ $output == "Usage: vfio-luctl $verb "* ]]
		expect 0 "$verb" --usage
		[[ $output == "Usage: vfio-luctl $verb "* ]]
		refused 2 null "$verb" --nonsense
		same "$stderr" "vfio-luctl: $verb: unrecognized option '--nonsense'
vfio-luctl: hint: see 'vfio-luctl $verb --help'"
	done
}

@test "usage: --help of an option is true of its verb" {
	local verb
	for verb in retrieve recover; do
		expect 0 "$verb" --help
		[[ $(tr -s ' \n' ' ' <<<"$output") == *'Wait this long for /dev/liveupdate (5) '* ]]
	done
	expect 0 preserve --help
	[[ $(tr -s ' \n' ' ' <<<"$output") == *'Wait this long for /dev/liveupdate, or another who preserves (5) '* ]]
	expect 0 wait --help
	[[ $output == *'--for=STATE '*'(required)'* ]]
	refused 2 null wait 0000:01:00.0
}

@test "usage: help wins over what is missing or follows" {
	expect 0 --help nonsense
	expect 0 list --help --nonsense
	expect 0 --version nonsense
}

@test "usage: --version" {
	expect 0 --version
	[[ $output =~ ^vfio-luctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	local version=$output
	expect 0 -V
	same "$output" "$version"
	expect 0 list --version
	same "$output" "$version"
}

@test "usage: the global options are taken before and after the verb" {
	expect 0 --sysroot "$DATA/one" --json list
	local before=$output
	valid list <<<"$before"
	expect 0 list --json "--sysroot=$DATA/one"
	same "$output" "$before"
	expect 0 --json list --sysroot "$DATA/one"
	same "$output" "$before"
	expect 0 --sysroot "$DATA/none" list --sysroot "$DATA/one" 3b:00.0 --json
	same "$output" "$before"
}

@test "usage: no verb" {
	refused 2 null
	[[ $stderr == "vfio-luctl: no verb is given
vfio-luctl: hint: the verbs are: list"* ]]
	refused 2 null --
	refused 2 null --sysroot /
}

@test "usage: an unknown verb" {
	refused 2 null frobnicate
	[[ $stderr == "vfio-luctl: frobnicate: no such verb
vfio-luctl: hint: the verbs are: list"* ]]
	refused 2 null ''
	refused 2 null List
	refused 2 null lst
	same "$stderr" "vfio-luctl: lst: no such verb
vfio-luctl: hint: did you mean 'list'?"
	refused 2 null help
	same "$stderr" "vfio-luctl: help: no such verb
vfio-luctl: hint: see 'vfio-luctl --help' and 'vfio-luctl VERB --help'"
	local alone=$stderr
	refused 2 null help list
	same "$stderr" "$alone"
	refused 2 null lists
	[[ $stderr == *"did you mean 'list'?" ]]
	refused 2 null $'\033[2J\377'
	[[ $stderr == 'vfio-luctl: \x1b[2J\xff: no such verb'* ]]
}

@test "usage: options before the verb" {
	refused 2 null --nonsense list
	same "$stderr" "vfio-luctl: unrecognized option '--nonsense'
vfio-luctl: hint: see 'vfio-luctl --help'"
	refused 2 null -x list
	same "$stderr" "vfio-luctl: invalid option -- 'x'
vfio-luctl: hint: see 'vfio-luctl --help'"
	refused 2 null --sysroot
	[[ $stderr == "vfio-luctl: option '--sysroot' requires an argument"* ]]
	refused 2 null --json=yes list
	[[ $stderr == "vfio-luctl: option '--json' doesn't allow an argument"* ]]
	refused 2 null -o device list
}

@test "usage: options of list" {
	refused 2 null list -x
	refused 2 null list -o
	[[ $stderr == "vfio-luctl: list: option requires an argument -- 'o'"* ]]
	refused 2 null list --sysroot
	[[ $stderr == "vfio-luctl: list: option '--sysroot' requires an argument"* ]]
	refused 2 null list -o device,nonsense
	same "$stderr" "vfio-luctl: list: --output: no such column 'nonsense'
vfio-luctl: hint: the columns are: $("$LUCTL" list -n --list-columns | sed 's/ .*//' | paste -s -d , | sed 's/,/, /g')"
	local columns
	for columns in '' ',' 'device,' ',device' 'device,,cdev' DEVICE 'device cdev' devic; do
		refused 2 null list "--output=$columns"
	done
	refused 2 null list --list-columns -o nonsense
}

@test "usage: --json counts wherever it stands, except after --" {
	expect 2 --nonsense --json list
	valid error <<<"$stderr"
	expect 2 list --nonsense --json
	valid error <<<"$stderr"
	expect 2 list -- --json
	same "${stderr%%$'\n'*}" 'vfio-luctl: list: --json: is not a device'
}

@test "usage: after -- everything is a device" {
	refused 2 null list --sysroot "$DATA/one" -- --help
	[[ $stderr == 'vfio-luctl: list: --help: is not a device'* ]]
	expect 0 -- list --sysroot "$DATA/one" -- 3b:00.0
}

@test "usage: a very long word is cut, not fatal" {
	local long
	long=$(printf 'x%.0s' {1..100000})
	refused 2 null "$long"
	refused 2 null list "$long"
	refused 2 null list "--$long"
	refused 2 null list -o "$long"
	refused 2 null list --sysroot "$DATA/one" "/sys/$long"
}
