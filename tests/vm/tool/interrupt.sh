# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL and SIGTERM for the client, and SIGKILL for the keeper, at each of their system calls:
# afterwards each device is ordinarily usable, or in a session that is held or can be retrieved.
# interrupt.sh [EVERY]: only at every EVERYth of them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
LUCTL=$(realpath "$LUCTL")
LIST=/sys/kernel/debug/liveupdate/sessions
declare -ri KILL=9 TERM=15 EVERY=${1:-1}

# first WORD...: the number of the tool's first own system call; those before it load libraries
first() {
	strace -o /tmp/trace "$LUCTL" "$@" --help >/dev/null
	grep -n -m 1 '"/dev/null"' /tmp/trace | cut -d : -f 1
}

# sweep WHO SIGNAL BEFORE AFTER VERB WORD...: the verb once for each of these system calls of it, or, when
# WHO is children or keeper, for each of theirs, from $from on (in an earlier kernel: from $start).
sweep() {
	local who=$1 signal=$2 before=$3 after=$4 n target status told=
	shift 4
	n=$from
	while [[ $told != ended ]] && "$before"; do
		target=$who
		[ "$who" != keeper ] || target=$(pgrep -x vfio-luctl-keep)
		"$PWD/build/tests/killat" "$signal" "$n" "$target" "$LUCTL" "$@" >/tmp/told 2>&1 && status=0 || status=$?
		told=$(tail -n 1 /tmp/told)
		[[ $told == ended || $told == "sent at "* ]] || { cat /tmp/told; return 1; }
		# Whoever is left alone succeeds, whatever those before it have left
		[[ $told != ended || $status -eq 0 ]] || { echo "$1: status $status"; cat /tmp/told; return 1; }
		"$after" || { echo "$1: $who, signal $signal at call $n ($told)"; cat /tmp/told; return 1; }
		((n += EVERY))
	done
	points=$(((n - ${start:-$from}) / EVERY - 1))
	echo "$1: signal $signal for $who at $points system calls: nothing lost, nothing locked"
	((points > 5))
}

have() {
	[ "$("$LUCTL" status -n -o device,state vm 2>/dev/null | tr -s ' \n' ' ')" = "$1 " ]
}

all_free() {
	is_free "$a" 2>/dev/null && is_free "$b" 2>/dev/null
}

# Before the kexec: what is preserved can be cancelled, what is not is free
is_settled() {
	have "$a preserved $b preserved" || all_free
}

settled() {
	until_true is_settled || return
	! have "$a preserved $b preserved" || "$LUCTL" cancel vm >/dev/null || return
	until_true all_free
}

preserved() {
	"$LUCTL" preserve vm "$a" "$b" >/dev/null
}

unclaimed() {
	grep -q '^incoming session vm unclaimed' $LIST
}

# After it: whoever held the session, it can be retrieved, with all that is in it
let_go_of_session() {
	pkill -KILL -x vfio-luctl-keep || :
	until_true unclaimed
}

retrieved() {
	"$LUCTL" retrieve vm >/dev/null 2>&1 && have "$a retrieved $b retrieved"
}

retrievable() {
	until_true retrieved
}

# A VMM has bound the devices, and stays
bound() {
	[ -e /tmp/ready ] || {
		sleep 10000 | "$LUCTL" retrieve vm -- "$PROBE" "fd:{$a}" bind "fd:{$b}" bind touch:/tmp/ready wait >/dev/null &
		until_true test -e /tmp/ready
	}
	"$LUCTL" retrieve vm >/dev/null && have "$a bound $b bound"
}

# Not finished: as before, and on with the next. Finished: another session, in another kernel.
unfinished() {
	if grep -q '^incoming session vm ' $LIST; then
		! grep -q '^incoming session vm unclaimed' $LIST || until_true "$LUCTL" retrieve vm >/dev/null
		return
	fi
	echo $((n + EVERY)) >/share/from
	[[ $told != ended ]] || rm /share/from
	kill "$(pgrep -x probe)"
	until_true all_free
	"$LUCTL" status -n
	preserved
	[[ $told == ended ]] || next-kernel
}

bind_all
if ((BOOT == 1)); then
	from=$(first preserve)
	sweep client $KILL true settled preserve vm "$a" "$b"
	sweep client $TERM true settled preserve vm "$a" "$b"
	from=$(first cancel)
	sweep client $KILL preserved settled cancel vm
	sweep client $TERM preserved settled cancel vm
	from=1
	sweep children $KILL true settled preserve vm "$a" "$b"
	sweep keeper $KILL preserved settled cancel vm
	preserved
	next-kernel
	exit 1
fi

if ((BOOT == 2)); then
	from=$(first retrieve)
	sweep client $KILL let_go_of_session retrievable retrieve vm
	sweep client $TERM let_go_of_session retrievable retrieve vm
	sweep client $KILL retrieved retrievable retrieve vm
	from=1
	sweep children $KILL let_go_of_session retrievable retrieve vm
	sweep keeper $KILL retrieved retrievable retrieve vm
	echo client $KILL >/share/modes
	echo client $TERM >>/share/modes
	echo keeper $KILL >>/share/modes
fi

# shellcheck disable=SC2094 # a line at a time, and one only: next-kernel does not return
while read -r who signal <&3; do
	start=1
	[ "$who" = keeper ] || start=$(first finish)
	from=$(cat /share/from 2>/dev/null) || from=$start
	sweep "$who" "$signal" bound unfinished finish vm
	sed -i 1d /share/modes
	next-kernel
done 3</share/modes
is_locked "$a"
"$LUCTL" retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5 "fd:{$b}" bind config
expect 0 finish vm
all_free
