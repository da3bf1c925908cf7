# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # text for another shell; bats sets status, output, stderr
# Output that goes nowhere, descriptors that are not there, roots that do not exist.

load helpers

# shell STATUS COMMAND: a shell command with $LUCTL and $DATA; standard error in $stderr.
shell() {
	local want=$1
	shift
	run --separate-stderr env LUCTL="$LUCTL" DATA="$DATA" bash -c "$1"
	show "$1"
	[ "$status" -eq "$want" ]
}

@test "errors: a full standard output" {
	local words
	for words in --help --version 'list --help'; do
		shell 1 "\"\$LUCTL\" $words >/dev/full"
		[[ $stderr == *'standard output: cannot write: No space left on device' ]]
	done
	for words in '--sysroot "$DATA/many"' --list-columns; do
		shell 1 "\"\$LUCTL\" list $words >/dev/full"
		same "$stderr" 'vfio-luctl: list: standard output: cannot write: No space left on device'
	done
	shell 1 '"$LUCTL" list --json >/dev/full'
	valid error <<<"$stderr"
	same "$(jq -r .error.errno <<<"$stderr")" ENOSPC
	# More than fits into the buffer of stdio
	shell 1 "\"\$LUCTL\" list --sysroot \"\$DATA/many\" -o $(printf 'driver,%.0s' {1..100})device >/dev/full"
	same "$stderr" 'vfio-luctl: list: standard output: cannot write: No space left on device'
	shell 1 '"$LUCTL" list --json --sysroot "$DATA/many" >/dev/full'
	valid error <<<"$stderr"
	same "$(jq -r .error.errno <<<"$stderr")" ENOSPC
}

@test "errors: standard output is a pipe without reader" {
	shell 1 '(trap "" PIPE; sleep 0.2; exec "$LUCTL" list --sysroot "$DATA/many") | true; exit "${PIPESTATUS[0]}"'
	[[ $stderr == *'standard output: cannot write: Broken pipe' ]]
	shell 1 '(sleep 0.2; exec "$LUCTL" list --sysroot "$DATA/many") | true; exit "${PIPESTATUS[0]}"'
	[[ $stderr == *'standard output: cannot write: Broken pipe' ]]
}

@test "errors: closed standard descriptors" {
	shell 0 '"$LUCTL" list --sysroot "$DATA/one" <&-'
	[[ $output == *0000:3b:00.0* ]]
	shell 0 '"$LUCTL" list --sysroot "$DATA/one" >&-'
	shell 0 '"$LUCTL" list --sysroot "$DATA/one" <&- >&- 2>&-'
	shell 2 '"$LUCTL" nonsense 2>&-'
	[ -z "$output$stderr" ]
	shell 6 '"$LUCTL" list vfio4711 <&- >&- 2>&-'
}

@test "errors: closed descriptors are not given to what is opened" {
	shell 0 'strace -e trace=openat,open -o /dev/stderr "$LUCTL" list --sysroot "$DATA/one" >&- <&-'
	run ! grep -E '= [01]$' <<<"$(grep -v '"/dev/null"' <<<"$stderr" | sed -n '/dev\/null/,$p')"
	[ "$(grep -c '"/dev/null"' <<<"$stderr")" -ge 2 ]
}

@test "errors: a sysroot that does not exist or is no directory" {
	refused 1 ENOENT list --sysroot "$DATA/nonexistent"
	same "$stderr" "vfio-luctl: list: $DATA/nonexistent: cannot open the root directory: No such file or directory"
	refused 1 ENOTDIR list --sysroot "$DATA/make-hosts"
	refused 1 ENOENT list --sysroot ''
}

@test "errors: no more descriptors: an error, not a shorter list" {
	local limit
	for limit in 4 5 6; do
		shell 1 "exec 3>&- 4>&- 5>&- 6>&-; ulimit -n $limit; \"\$LUCTL\" list --sysroot \"\$DATA/one\""
		[ -z "$output" ]
		[[ $stderr == *': Too many open files' ]]
	done
	shell 0 'exec 3>&- 4>&- 5>&- 6>&-; ulimit -n 7; "$LUCTL" list --sysroot "$DATA/one"'
}

@test "errors: one failed write in the middle of the output is not forgotten" {
	local columns
	columns=$(printf 'driver,%.0s' {1..100})device
	shell 1 "strace -o /dev/null -e inject=write:error=EIO:when=1 \"\$LUCTL\" list --sysroot \"\$DATA/many\" -o $columns"
	[[ $stderr == *'vfio-luctl: list: standard output: cannot write'* ]]
}

@test "errors: no descriptor for what comes first" {
	local path
	for path in /dev/null /; do
		run --separate-stderr strace -o "$BATS_TEST_TMPDIR/trace" -P "$path" -e inject=openat:error=EMFILE "$LUCTL" list
		show list
		[ "$status" -eq 1 ]
		[[ $stderr =~ ^vfio-luctl:\ (list:\ )?$path:\ cannot\ open[^:]*:\ Too\ many\ open\ files$ ]]
	done
}
