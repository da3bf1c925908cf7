# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # bats sets status, output, stderr
# Short of descriptors: what was not read is an error, and never absent.

load helpers

setup_file() {
	tar -C "$BATS_FILE_TMPDIR" -xf "$BATS_TEST_DIRNAME/../data/lab-incoming.tar.xz"
}

# fails_anywhere VERB WORD...: at each file that is opened, once; a name of a process can be absent
fails_anywhere() {
	local paths usual verb=$1 path n trace=$BATS_TEST_TMPDIR/trace
	shift
	set -- "$LUCTL" --json "$verb" --sysroot "$BATS_FILE_TMPDIR" "$@"
	usual=$(strace -o "$trace" -e trace=openat "$@")
	mapfile -t paths < <(sed -n 's/^openat(\([^"]*"[^"]*\)".*/\1/p' "$trace")
	((${#paths[@]} > 10))
	for ((n = 1; n <= ${#paths[@]}; n++)); do
		path=${paths[n - 1]}
		[[ ! $path =~ /comm$ ]] || continue
		[[ ! $path =~ AT_FDCWD.*(/etc/|/lib|\.so) ]] || continue
		run --separate-stderr strace -o "$trace" -e inject=openat:error=EMFILE:when=$n "$@"
		echo "$verb: $path: $status: $output$stderr"
		((status != 0)) || { same "$output" "$usual"; continue; }
		same "$output" ""
		valid error <<<"$stderr"
		same "$(jq -r '.error | "\(.errno) \(.object == null)"' <<<"$stderr")" "EMFILE false"
	done
}

@test "shortage: list" {
	fails_anywhere list
}

@test "shortage: status" {
	fails_anywhere status
}

@test "shortage: wait" {
	fails_anywhere wait 0000:01:00.0 --for bound --timeout=0
}
