# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the parts of tests/vm/run and tests/deps: messages, progress, the cache, and
# running things so that a signal to us ends all of them.

# What the lab answers when it is not the script's status
# shellcheck disable=SC2034 # used by those who source this
readonly EX_USAGE=2 EX_CANNOT=3 EX_FAULT=99 EX_TIMEOUT=124

: "${PROGRAM:=vm}"
STATUS_SHOWN=       # a progress line without its newline stands on the terminal
NEXT_PROGRESS=0     # when the next progress line is due on something that is no terminal
CHILDREN=()         # process groups we started and have not seen end

say() {
	clear_progress
	printf '%s: %s\n' "$PROGRAM" "$*" >&2
}

# die CODE MESSAGE...
die() {
	local code=$1
	shift
	say "$*"
	exit "$code"
}

clear_progress() {
	if [[ $STATUS_SHOWN ]]; then
		printf '\r\033[K' >&2
		STATUS_SHOWN=
	fi
}

# One line that is rewritten on a terminal, and repeated every 20 s elsewhere
progress() {
	if [[ -t 2 ]]; then
		printf '\r\033[K%s: %.*s' "$PROGRAM" "$((${COLUMNS:-80} - 8))" "$*" >&2
		STATUS_SHOWN=1
	elif ((SECONDS >= NEXT_PROGRESS)); then
		((NEXT_PROGRESS == 0)) || printf '%s: %s\n' "$PROGRAM" "$*" >&2
		NEXT_PROGRESS=$((SECONDS + 20))
	fi
}

# start CMD...: a command or function in the background, in a process group of its own, so
# that all of it can be ended. Sets CHILD.
start() {
	set -m
	"$@" </dev/null &
	CHILD=$!
	set +m
	CHILDREN+=("$CHILD")
}

# Ends with us even when we are killed without a chance to clean up
bound() {
	exec setpriv --pdeathsig TERM -- "$@"
}

# reap PID: its status, once it has ended
reap() {
	local status=0 keep=() pid
	wait "$1" || status=$?
	for pid in "${CHILDREN[@]}"; do
		[[ $pid == "$1" ]] || keep+=("$pid")
	done
	CHILDREN=("${keep[@]}")
	return "$status"
}

# supervise WHAT CMD...: run CMD to its end; WHAT is a text for the progress line or a
# function that makes one. A plain foreground command would make a TERM to us wait.
supervise() {
	local what=$1 child text
	shift
	start "$@"
	child=$CHILD
	while kill -0 "$child" 2>/dev/null; do
		text=$what
		if declare -F "$what" >/dev/null; then text=$("$what"); fi
		progress "$text"
		sleep 0.2
	done
	clear_progress
	reap "$child"
}

end_children() {
	local pid
	for pid in "${CHILDREN[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null || continue
		for _ in {1..30}; do
			kill -0 -- "-$pid" 2>/dev/null || continue 2
			sleep 0.1
		done
		kill -KILL -- "-$pid" 2>/dev/null || true
	done
	CHILDREN=()
}

cache_dir() {
	printf '%s\n' "${VFIO_LUCTL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-luctl}"
}

make_cache() {
	local dir
	dir=$(cache_dir)
	if ! mkdir -p "$dir" 2>/dev/null || [[ ! -w $dir ]]; then
		die "$EX_CANNOT" "$dir: cannot be written (VFIO_LUCTL_CACHE chooses another place)"
	fi
}

# need_tools GROUP TOOL...: GROUP is the one of tests/deps that brings them
need_tools() {
	local group=$1 tool missing=()
	shift
	for tool in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool")
	done
	((${#missing[@]} == 0)) ||
		die "$EX_CANNOT" "missing: ${missing[*]} (tests/deps $group installs what is needed)"
}

# need_disk DIR MIB WHAT
need_disk() {
	local free
	free=$(df --output=avail -B1M -- "$1" | tail -n 1)
	free=${free// /}
	((free >= $2)) ||
		die "$EX_CANNOT" "$1: $3 needs $2 MiB of disk and only $free MiB are free (VFIO_LUCTL_CACHE chooses another place)"
}

# need_memory MIB WHAT
need_memory() {
	local free
	free=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
	((free >= $1)) ||
		die "$EX_CANNOT" "$2 needs $1 MiB of memory and only $free MiB are available"
}

# lock FILE WHAT: one at a time; held on descriptor 9 until unlock
lock() {
	exec 9>"$1"
	flock -n 9 || supervise "waiting for another $2 to end" flock 9
}

unlock() {
	exec 9>&-
}

# keep_newest N PATH...: remove all but the N newest
keep_newest() {
	local n=$1 path
	shift
	(($# > n)) || return 0
	while IFS= read -r path; do
		rm -rf -- "$path"
	done < <(stat -c '%Y %n' -- "$@" | sort -rn | tail -n "+$((n + 1))" | cut -d ' ' -f 2-)
}
