# SPDX-License-Identifier: GPL-2.0-or-later
# inject.sh outgoing|incoming [--renew] [VERB]: the verbs of the old kernel, or of the new one, or
# those like VERB.
# Each opening of a file, each ioctl and what else makes or passes a descriptor, of each verb and
# of its keeper, fails once with each error that the kernel can give there.  What came of it is
# /share/inject.table: verb, process, call, object, errors, status, and the message, in which "*" is
# the text of the error, and "..." stands for the output of always.  It is compared with
# tests/data/inject-*.table; with --renew it is not, and can be put there.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
LUCTL=$(realpath "$LUCTL")
FAILAT=$PWD/build/tests/failat
LIST=/sys/kernel/debug/liveupdate/sessions
ROWS=/share/rows
WRONG=/share/wrong
NOTES=(note-{01..80})
LACKING="ENOMEM EMFILE"
declare -i points=0
declare -A met=()

# errors_of CALL OBJECT: into $errors, what the kernel can say there
errors_of() {
	case "$1 $2" in
	"openat /dev/liveupdate") errors="EIO EACCES ENXIO $LACKING" ;;
	"openat /dev/vfio/devices/"*) errors="EBUSY ENODEV EPERM EACCES ENOENT EIO $LACKING" ;;
	"openat /dev/iommu") errors="ENOENT ENODEV EACCES $LACKING" ;;
	"openat /dev/null") errors="EACCES $LACKING" ;;
	"openat /sys/"*) errors="EACCES EMFILE" ;;
	"openat /proc/"*) errors="EACCES EMFILE" ;;
	openat*) errors="ENOENT EMFILE" ;;
	CREATE_SESSION*) errors="EEXIST EINVAL $LACKING" ;;
	RETRIEVE_SESSION*) errors="ENOENT EINVAL $LACKING" ;;
	PRESERVE_FD*) errors="ENOENT EBUSY EEXIST EINVAL EOPNOTSUPP EFBIG EBADF EIO ENOSPC ENOMEM" ;;
	# Of an outgoing session ENOENT is no error: it is what an incoming one answers
	RETRIEVE_FD*) errors="$([ "$half" = outgoing ] || echo ENOENT) EIO ENODEV EBUSY $LACKING" ;;
	FINISH*) errors="EBUSY EINVAL EIO ENOMEM" ;;
	GET_NAME*) errors="ENOTTY EINVAL" ;;
	BIND_IOMMUFD*) errors="EBUSY EINVAL ENODEV EPERM EBADF EIO ENOMEM" ;;
	GET_INFO*) errors="EINVAL ENODEV" ;;
	pidfd_open*) errors="ESRCH EINVAL ENOSYS ENODEV $LACKING" ;;
	pidfd_getfd*) errors="EBADF EPERM ESRCH ENOSYS EMFILE" ;;
	memfd_create*) errors="ENOSYS EACCES $LACKING" ;;
	socket*) errors="EAFNOSUPPORT EACCES ENOBUFS $LACKING" ;;
	connect*) errors="ECONNREFUSED EACCES EAGAIN EPERM" ;;
	bind*) errors="EACCES ENOSPC EROFS ENOMEM" ;;
	listen*) errors="EOPNOTSUPP" ;;
	accept4*) errors="ENOMEM EMFILE" ;;
	sendmsg* | sendto*) errors="EPIPE ENOBUFS ETOOMANYREFS ENOMEM" ;;
	recvmsg* | recvfrom*) errors="ECONNRESET EAGAIN ENOMEM" ;;
	pipe2* | signalfd4*) errors="EMFILE ENFILE" ;;
	clone*) errors="EAGAIN ENOMEM" ;;
	kexec_file_load*) errors="ENOSYS EPERM ENOEXEC EBUSY EADDRNOTAVAIL EKEYREJECTED EINVAL ENOMEM" ;;
	*) errors="" ;;
	esac
}

# read_file NAME FILE: no process is made for it
read_file() {
	IFS= read -r -d '' "$1" <"$2" || :
}

wrong() {
	printf '%s: %s\n%s%s\n' "$point" "$*" "$out" "$err" >>$WRONG
}

# general TEXT: into $text, without what differs from one time to the next
general() {
	text=${1//"$a"/A}
	text=${text//"$b"/B}
	while [[ $text =~ ^(.*)0000:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]\.[0-7](.*)$ ]]; do
		text="${BASH_REMATCH[1]}OTHER${BASH_REMATCH[2]}"
	done
	text=${text//"/sys/class/vfio-dev/../../devices"/"/sys/devices"}
	while [[ $text =~ ^(.*)/sys/devices/pci[^[:space:]]*/(A|B|OTHER)(/.*|)$ ]]; do
		text="${BASH_REMATCH[1]}${BASH_REMATCH[2]}${BASH_REMATCH[3]}"
	done
	while [[ $text =~ ^(.*)(pid |process |/dev/vfio/devices/vfio)[0-9]+(.*)$ ]]; do
		text="${BASH_REMATCH[1]}${BASH_REMATCH[2]}#${BASH_REMATCH[3]}"
	done
	text=${text//"$session"/SESSION}
}

# general_output: the same for what is JSON
general_output() {
	text=${out//"$session"/SESSION}
	while [[ $text =~ ^(.*)0000:[0-9a-f]+:00\.0(.*)$ || $text =~ ^(.*)0x0001[0-9a-f]+(.*)$ ]]; do
		text="${BASH_REMATCH[1]}${BASH_REMATCH[2]}"
	done
	while [[ $text =~ ^(.*)(\"(holder|realtime|monotonic_ns|opener)\":)(\"[^\"]*\"|[0-9]+)(.*)$ ]]; do
		text="${BASH_REMATCH[1]}${BASH_REMATCH[5]}"
	done
}

# run PROCESS N ERROR WORD...: "@" is the session
run() {
	local attach=() stop=
	[ -z "$keeper" ] || attach=(-p "$keeper")
	[ "$4" != monitor ] || {
		{ sleep 0.8; exec pkill -TERM -x vfio-luctl; } &
		stop=$!
	}
	[ "$4" != hold ] || {
		end_hold &
		stop=$!
	}
	status=0
	"$FAILAT" "${attach[@]}" /tmp/report "$1" "$2" "$3" "$LUCTL" --json "${@:4}" >/tmp/out 2>/tmp/err </dev/null || status=$?
	[ -z "$stop" ] || kill "$stop" 2>/dev/null || :
	read_file out /tmp/out
	read_file err /tmp/err
	mapfile -t report </tmp/report
}

# peers: who takes what is sent to /tmp/peer, and keeps what came last; at /tmp/qmp, by QMP
peers() {
	python3 - <<-'EOF' >/tmp/peers 2>&1 &
	import os, socket, threading
	def serve(path, qmp):
	    server = socket.socket(socket.AF_UNIX)
	    server.bind(path)
	    server.listen(8)
	    kept = []
	    while True:
	        client = server.accept()[0]
	        try:
	            if qmp:
	                client.sendall(b'{"QMP": {}}\r\n')
	            while True:
	                data, fds, flags, address = socket.recv_fds(client, 65536, 253)
	                if not data:
	                    break
	                for fd in kept:
	                    os.close(fd)
	                kept = fds
	                if qmp:
	                    client.sendall(b'{"return": {}}\r\n')
	        except OSError:
	            pass
	        client.close()
	        while qmp and kept:
	            os.close(kept.pop())
	threading.Thread(target=serve, args=("/tmp/qmp", True)).start()
	serve("/tmp/peer", False)
	EOF
	until_true test -S /tmp/peer -a -S /tmp/qmp
}

# end_hold: when it has what it is to hold, or after twenty seconds, in which it has on any host
end_hold() {
	local i=0 state=
	# What its preserve is about to hand over is no keeper's yet
	until [ "$state" = "keeper$wanted" ] || ((++i == 100)); do
		sleep 0.2
		state=$("$LUCTL" status -n -o source,state "$session" 2>/dev/null | sort -u | tr -d ' \n')
	done
	case $state in
	keeperpreserved | keeperwaiting) exec "$LUCTL" cancel "$session" >/dev/null ;;
	*) exec pkill -KILL -x vfio-luctl-keep ;;
	esac
}

# judge ERROR: of the error that was printed the text for the table, and whether it is one
judge() {
	local code object message
	# The preserve that hold runs has said it before.
	while [[ $point == hold* && $err == '{"version":1,"error":'*$'\n{'* ]]; do
		err=${err#*$'\n'}
	done
	[[ -z $out || $out == *\"event\":* ]] || wrong "it failed, and has written to its standard output"
	if ! [[ $err =~ ^\{\"version\":1,\"error\":\{\"code\":$status,[^$'\n']*\"errno\":(null|\"([A-Z0-9]+)\"),\"verb\":[^,]*,\"object\":\"([^\"]*)\",\"message\":\"(([^\"]|\\\")*)\"[^$'\n']*\}$'\n'$ ]]; then
		wrong "no error that tells its object"
		text="(no proper error)"
		return
	fi
	code=${BASH_REMATCH[2]} object=${BASH_REMATCH[3]} message=${BASH_REMATCH[4]}
	general "$object: $message"
	case $code in
	"$1") text+=": *" ;;
	?*) text+=": $code" ;;
	esac
	[ -n "$object" ] || wrong "the error has no object"
	[ -n "$message" ] || wrong "the error has no text"
	((status != 2 && status < 8)) || wrong "status $status"
}

# compare: the output with what it is when nothing fails; into $text, for check what it finds more
compare() {
	local rest more=
	general_output
	rest=$text
	text=...
	[ "$rest" != "$usual" ] || return 0
	printf '%s\n%s\n' "$point" "$out" >>/share/differs
	while [[ $rest =~ \"id\":\"([a-z-]+)\",\"object\":(.*)$ ]]; do
		rest=${BASH_REMATCH[2]}
		[[ $usual == *"\"id\":\"${BASH_REMATCH[1]}\""* ]] || more+=" ${BASH_REMATCH[1]}"
	done
	text="(another output${more:+:$more})"
}

# try VERB PROCESS N ERROR WORD...: one failure; a row for the table
try() {
	local verb=$1 who=client words call object
	point="$*"
	run "${@:2}"
	# The keeper was about to end, and was not there any more to be followed.
	if ((status == 126 && ${#report[@]} == 0)); then
		$before
		run "${@:2}"
	fi
	read -ra words <<<"${report[-1]}"
	[ "${words[*]:0:3}" = "$2 $3 $planned" ] || return 0 # it does not come to that each time
	(($2 == 0)) || who=keeper
	call=${words[2]} object=${words[*]:3}
	general "$object"
	object=$text
	if [ -z "$err" ] && ((status == ${expected:-0} || status == 4)); then
		compare
	else
		judge "$4"
	fi
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$verb" "$who" "$call" "$object" "$4" "$status" "$text" >>$ROWS
	((++points))
}

# sweep VERB SITES BEFORE AFTER WORD...: SITES of those that are alike are tried
sweep() {
	local verb=$1 sites=$2 before=$3 after=$4 line words error
	local -A seen=()
	local -i start=$EPOCHSECONDS points=0
	local calls planned
	shift 4
	point="$verb, nothing failing" keeper=
	$before || return 0
	run 0 0 0 "${@//@/$session}"
	[ "$status" = "${expected:-0}" ] || { echo "$verb: status $status: $err"; return 1; }
	general_output
	usual=$text
	calls=("${report[@]}")
	$after
	for line in "${calls[@]}"; do
		read -ra words <<<"$line"
		general "${words[*]}"
		text=${text#* * } text=${text//\/B/\/A} text=${text//B\//A/} text=${text//OTHER/A}
		[[ ${words[0]} == 0 ]] || text="keeper $text"
		seen[$text]=$((${seen[$text]:-0} + 1))
		((seen[$text] <= sites)) || continue
		# What they have in common needs to be tried once.
		case $verb/${words[2]} in
		kexec*/* | retrieve*/*) [ -z "${met[$text]:-}" ] || continue ;;
		hold/openat | hold/socket | hold/bind | hold/listen)
			[ -z "${met[$text]:-}${met[keeper $text]:-}" ] || continue
			;;
		esac
		# shellcheck disable=SC2053 # a pattern
		[[ $verb == $only ]] || continue
		errors_of "${words[2]}" "${words[*]:3}"
		for error in $errors; do
			point="$verb" planned=${words[2]}
			$before || break 2
			try "$verb" "${words[0]}" "${words[1]}" "$error" "${@//@/$session}"
			$after
		done
	done
	for text in "${!seen[@]}"; do
		met[$text]=1
	done
	echo "$verb: $points failures, $((EPOCHSECONDS - start)) s"
	# shellcheck disable=SC2053
	[[ $verb != $only ]] || ((points > 5))
}

none() {
	:
}

# no_keepers: what a failure leaves behind
no_keepers() {
	! pgrep -x vfio-luctl-keep >/tmp/left || wrong "keepers are left: $(</tmp/left)"
}

all_free() {
	is_free "$a" 2>/dev/null && is_free "$b" 2>/dev/null
}

# After preserve: what is there can be cancelled, and nothing else is
not_preserved() {
	if [ -e /run/vfio-luctl/pair.sock ]; then
		((status == 0)) || wrong "it failed and left a session"
		"$LUCTL" cancel pair >/dev/null || wrong "it cannot be cancelled"
	fi
	all_free || wrong "a device is not free"
}

# After hold: it is not there any more, and has no session
not_held() {
	[ ! -e /run/vfio-luctl/pair.sock ] || wrong "its socket is left"
	no_keepers
	all_free || wrong "a device is not free"
}

# After preserve --pid: the VMM keeps them
not_taken() {
	[ ! -e /run/vfio-luctl/pair.sock ] || "$LUCTL" cancel pair >/dev/null || wrong "it cannot be cancelled"
}

open_files() {
	local files=("/proc/$keeper/fd/"*)
	count=${#files[@]}
}

# keeper_of SESSION: into $keeper
keeper_of() {
	keeper=$(pgrep -f "^@vfio-luctl: keeper $1")
	open_files
	held=$count
}

preserved() {
	[ -e /run/vfio-luctl/pair.sock ] || "$LUCTL" preserve pair "$a" "$b" >/dev/null
	keeper_of pair
}

# After what asks a keeper: it has what it had, and when there is none, the devices are free
kept_or_free() {
	if [ -e "/run/vfio-luctl/$session.sock" ]; then
		open_files
		((count == held)) || wrong "the keeper has $count files open, not $held"
	elif [ "$session" = pair ]; then
		all_free || wrong "a device is not free"
	fi
	keeper=
}

# After retrieve: whoever held the session, it can be had again
unclaimed() {
	pkill -KILL -x vfio-luctl-keep || :
	rm -f /run/vfio-luctl/pair.sock
	until_true grep -q "^incoming session pair unclaimed" $LIST || wrong "the session is not to be had again"
}

# retrieved SESSION...: the first that is not finished is held; into $session
retrieved() {
	local name list
	read_file list $LIST
	for name in "$@"; do
		[[ $list == *"incoming session $name "* ]] || continue
		session=$name
		[ -e "/run/vfio-luctl/$session.sock" ] || "$LUCTL" retrieve "$session" >/dev/null
		keeper_of "$session"
		return
	done
	wrong "all sessions are used up"
	return 1
}

note() {
	retrieved "${NOTES[@]}"
}

other() {
	retrieved "${OTHERS[@]}"
}

# The rows that differ in their error only are one
table() {
	sort -u $ROWS | awk -F '\t' -v OFS='\t' '
		{ key = $1 OFS $2 OFS $3 OFS $4; rest = $6 OFS $7; at = key OFS rest }
		at in row { errors[row[at]] = errors[row[at]] "," $5; next }
		{ row[at] = ++n; keys[n] = key; errors[n] = $5; rests[n] = rest }
		END { for (i = 1; i <= n; i++) print keys[i], errors[i], rests[i] }'
}

# What came of an error of a call must be what is recorded of that. Which of the calls that are alike
# were tried, and which of several things that can happen did, differs from run to run.
compare_tables() {
	awk -F '\t' -v OFS='\t' '
		{
			n = split($5, errors, ",")
			for (i = 1; i <= n; i++) {
				key = $1 OFS $2 OFS $3 OFS $4 OFS errors[i]
				rest = $6 OFS $7
				if (NR == FNR)
					known[key] = is_known[key, rest] = 1
				else if (key in known && !((key, rest) in is_known))
					new[++count] = key OFS rest
				same += NR != FNR && (key, rest) in is_known
			}
		}
		END {
			for (i = 1; i <= count; i++)
				print "not recorded: " new[i]
			print same " are as recorded"
			exit count > 0 || same < 150
		}' "$@"
}

finish_table() {
	table >/share/inject.table
	[ ! -s $WRONG ] || { cat $WRONG; return 1; }
	[ "$1" = --renew ] || [ "$only" != '*' ] || compare_tables "tests/data/inject-$half.table" /share/inject.table
}

outgoing() {
	sweep preserve 2 none not_preserved preserve pair "$a" "$b"
	sweep cancel 2 preserved kept_or_free cancel pair
	preserved
	sweep list 1 preserved kept_or_free list -O
	sweep status 1 preserved kept_or_free status
	expected=0
	"$LUCTL" check >/dev/null || expected=$?
	sweep check 1 preserved kept_or_free check
	expected=0
	sweep "kexec --dry-run" 1 preserved kept_or_free kexec --dry-run "${NEXT[@]}"
	sweep "kexec --load-only" 1 preserved kept_or_free kexec --load-only "${NEXT[@]}"
	kexec -s -u
	sweep wait 1 preserved kept_or_free wait "$a" --for preserved --timeout 1
	sweep monitor 1 none none monitor "$a"
	"$LUCTL" cancel pair >/dev/null
	hold /tmp/held "open:$(cdev "$a")" bind memfd:content
	sweep "preserve --pid" 2 none not_taken preserve pair --pid "$(pgrep -x probe)" --memfd
	kill "$(pgrep -x probe)"
	until_true is_free "$a"
	wanted=preserved
	sweep hold 1 none not_held hold pair "$a" "$b"
	no_keepers
}

prepare_incoming() {
	"$LUCTL" preserve pair "$a" "$b" >/dev/null
	for session in "${NOTES[@]}"; do
		"$LUCTL" preserve "$session" --attach /etc/hostname=note >/dev/null
	done
	for ((i = 0; i < ${#OTHERS[@]}; i++)); do
		"$LUCTL" preserve "${OTHERS[i]}" "${DEVICE[i + 2]}" >/dev/null
	done
}

incoming() {
	sweep retrieve 2 none unclaimed retrieve pair --iommufd -- /bin/true
	peers
	sweep "retrieve --send" 2 none unclaimed retrieve pair --iommufd --send /tmp/peer
	sweep "retrieve --qmp" 2 none unclaimed retrieve pair --send /tmp/qmp --qmp
	sweep "retrieve --finish" 1 note kept_or_free retrieve @ --send /tmp/peer --finish
	session=pair expected=137 wanted=arrived
	sweep hold 1 none unclaimed hold pair
	expected=0
	sweep finish 2 note kept_or_free finish @ --drop-memfds
	sweep recover 2 other kept_or_free recover @
	while read -r direction kind session _; do
		[ "$direction $kind" != "incoming session" ] || expect 0 recover "$session" --drop-memfds
	done < <(cat $LIST)
	for address in "${DEVICE[@]}"; do
		is_free "$address"
	done
	no_keepers
}

half=$1 only=${3:-*}
bind_all
session=pair keeper=
OTHERS=("${DEVICE[@]:2}")
for ((i = 0; i < ${#OTHERS[@]}; i++)); do
	OTHERS[i]=other-$((i + 10))
done
if ((BOOT == 1)); then
	: >$ROWS
	: >$WRONG
	if [ "$half" = outgoing ]; then
		outgoing
		finish_table "${2:-}"
		exit
	fi
	prepare_incoming
	next-kernel
	exit 1
fi
incoming
finish_table "${2:-}"
