# SPDX-License-Identifier: GPL-2.0-or-later
# Several clients at the same time, a session for each device: one acts, the others are told,
# and nothing is locked afterwards.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rounds=10
! debugging || rounds=2

# at_once VERB...: each in a process of its own, "cancel" for "cancel $session"; their
# statuses, sorted, in $got, what they said in /tmp/said.N
at_once() {
	local words pids=() i=0 status
	for words; do
		# shellcheck disable=SC2086 # they are words
		"$LUCTL" ${words%% *} "$session" ${words#"${words%% *}"} >"/tmp/said.$i" 2>&1 </dev/null & pids+=($!)
		((++i))
	done
	got=
	for i in "${!pids[@]}"; do
		status=0
		wait "${pids[$i]}" || status=$?
		got+="$status "
		[ "$status" -eq 0 ] || clear_words "/tmp/said.$i"
	done
	got=$(tr ' ' '\n' <<<"$got" | sort | paste -sd ' ' | sed 's/^ //')
	echo "$session: $*: $got"
}

# clear_words FILE: whoever did not win knows why
clear_words() {
	grep -E "no keeper holds this session|has ended meanwhile|has died|process [0-9]+ is preserving|holds something else|a keeper holds this session|is not bound|is not retrieved|handed over no session|the session is outgoing|it is in the session|somebody uses it|is in use by|another process is binding|cannot be cancelled|the device is in a live update" "$1" ||
		{ cat "$1"; return 1; }
}

one_keeper() {
	is "$(pgrep -c -x vfio-luctl-keep || :)" "$1"
}

nothing_left() {
	until_true is_free "$device"
	until_true one_keeper 0
	[ ! -e "/run/vfio-luctl/$session.sock" ]
	! grep " session $session " /sys/kernel/debug/liveupdate/sessions
}

bind_all
if ((BOOT == 1)); then
	session=vm device=${DEVICE[0]}
	for ((i = 0; i < rounds; i++)); do
		expect 0 preserve vm "$device"
		at_once cancel cancel cancel cancel
		is "$got" "0 6 6 6"
		nothing_left
		at_once "preserve $device" "preserve $device" "preserve ${DEVICE[1]}" "preserve $device"
		[[ $got == "0 0 0 5" || $got == "0 5 5 5" ]]
		one_keeper 1
		# What was cancelled can be preserved again, or not: in any case all or nothing
		at_once cancel "preserve $device" finish
		[[ $got == "0 0 "[456] || $got == "0 "[456]" "[456] ]]
		"$LUCTL" cancel vm >/dev/null 2>&1 || :
		nothing_left
		is_free "${DEVICE[1]}"
	done
	for i in "${!DEVICE[@]}"; do
		expect 0 preserve "vm$i" "${DEVICE[$i]}"
	done
	next-kernel
	exit 1
fi

for i in "${!DEVICE[@]}"; do
	session=vm$i device=${DEVICE[$i]}
	is_locked "$device"
	at_once retrieve retrieve finish retrieve cancel
	[[ $got == "0 0 0 "[456]" "[456] ]]
	one_keeper 1
	is "$(states "$session")" "$device retrieved"
	at_once retrieve finish finish
	is "$got" "0 5 5"
	case $((i % 4)) in
	0) # one finishes it
		"$LUCTL" retrieve "$session" -- "$PROBE" "fd:{$device}" bind config
		at_once finish finish finish finish
		is "$got" "0 6 6 6" ;;
	1) # one makes an ordinary device of it, whoever comes first
		at_once recover recover recover
		[[ $got == "0 "[56]" "[56] ]] ;;
	2)
		at_once recover finish retrieve
		cat /tmp/said.*
		[[ $got == 0\ * ]]
		! "$LUCTL" recover "$session" 2>/dev/null || echo "recover and finish were both too early" ;;
	3) # of a keeper that was killed, too
		pkill -KILL -x vfio-luctl-keep
		until_true one_keeper 0
		at_once recover retrieve retrieve
		[[ $got == 0\ * ]]
		"$LUCTL" recover "$session" 2>/dev/null || : ;;
	esac
	nothing_left
done
expect 0 status -n
is "$out" ""
