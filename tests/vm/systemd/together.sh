# SPDX-License-Identifier: GPL-2.0-or-later
# Several who preserve the same session at once, with its unit; who is killed leaves nothing.
source "$(dirname "${BASH_SOURCE[0]}")/unit.bash"
a=${DEVICE[0]} b=${DEVICE[1]}
rounds=8
LUCTL=$(realpath "$LUCTL")

# preserve_both WORD...: two at once, with the words before and after "+"; statuses in $got
preserve_both() {
	local one two words=()
	while [[ $1 != + ]]; do words+=("$1"); shift; done
	shift
	"$LUCTL" preserve "${words[@]}" >/tmp/one 2>&1 & one=$!
	"$LUCTL" preserve "$@" >/tmp/two 2>&1 & two=$!
	got=0
	wait $one || got=$?
	wait $two && got+=" 0" || got+=" $?"
	echo "$* against ${words[*]}: $got"
}

# lease SESSION: be the one who is to fill it, until its keeper ends
lease() {
	exec perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_SEQPACKET, 0) and connect(S, sockaddr_un($ARGV[0])) or die;
		send(S, q({"op":"lease"}), 0);
		recv(S, $answer, 65536, 0);
		open(F, ">", "/tmp/leased");
		recv(S, $answer, 65536, 0);' "/run/vfio-luctl/$1.sock"
}

# ended SESSION: cancelled, and nothing is left
ended() {
	expect 0 cancel "$1"
	until_true active "$1" inactive
	is "$(kept "vfio-luctl@$1")" ""
	is_free "$a"
	is_free "$b"
}

bind_all
install_unit
printf '[Service]\nLUOSession=given\n' | put etc/systemd/system/vfio-luctl@given.service.d/luo.conf

for session in vm given; do
	for ((i = 0; i < rounds; i++)); do
		# The same: both have it. Not the same: one wins, and the other is told who
		preserve_both $session "$a" + $session "$a"
		is "$got" "0 0"
		is "$(states $session)" "$a preserved"
		ended $session
		preserve_both $session "$a" + $session "$b"
		[[ $got == "0 5" || $got == "5 0" ]]
		cat /tmp/one /tmp/two
		grep -E "holds something else \(its keeper is process $(main_pid $session)\)" /tmp/one /tmp/two
		ended $session
		# Without patience, it is told who is there, or that it is too late
		preserve_both $session --timeout 0 "$a" + $session --timeout 0 "$b"
		[[ $got == "0 5" || $got == "5 0" ]]
		grep -hE "process [0-9]+ is preserving this session|holds something else|keeper holds this session|has ended since" \
			/tmp/one /tmp/two
		ended $session
	done
	# One that cannot, and one that can: whichever comes first, the other is not harmed
	hold /tmp/bound "open:$(cdev "$b")" bind
	for ((i = 0; i < rounds; i++)); do
		preserve_both $session "$a" + $session "$a" "$b"
		is "$got" "0 5"
		is "$(states $session)" "$a preserved"
		expect 0 cancel $session
		until_true active $session inactive
	done
	let_go "$b"
	# One of them is killed at any time: the other has it
	for ((i = 0; i < rounds; i++)); do
		"$LUCTL" preserve $session "$a" >/tmp/one 2>&1 & one=$!
		(sleep "0.$((i % 7 * 2 + RANDOM % 2))$((RANDOM % 10))"; kill -KILL $one || :) 2>/dev/null &
		expect 0 preserve $session "$a"
		wait $one || :
		is "$(states $session)" "$a preserved"
		ended $session
	done
done

# A client that has the lease, and stands still: named, and in nobody's way once it is killed
systemctl start vfio-luctl@given
lease given &
lessee=$!
until_true test -e /tmp/leased
expect 5 preserve --timeout 1 given "$a"
says "process $lessee is preserving this session"
expect 5 cancel given
says "process $lessee is preserving this session"
is "$("$LUCTL" status -n -o state given | tr -d ' ')" waiting
kill -KILL $lessee
until_true active given inactive
expect 0 preserve given "$a"
ended given

# The unit is stopped while somebody fills its session: nothing of that stays
systemctl start vfio-luctl@given
rm /tmp/leased
lease given &
until_true test -e /tmp/leased
systemctl stop vfio-luctl@given
wait $! || :
is "$(kept vfio-luctl@given)" ""
expect 0 preserve given "$a"
ended given
all_done
