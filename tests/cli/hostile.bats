# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # text for another shell; bats sets status, output, stderr
# Surroundings that are hostile, or only strange: descriptors, arguments, environment, limits, what
# stands in /sys and /proc. The tool says what is wrong, or goes on, and never harms the terminal.

load helpers

verbs() {
	"$LUCTL" --help | sed -n '/^Verbs:$/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# words VERB: into WORDS, a command line of it that ends, on any host, and changes nothing
words() {
	case $1 in
	list | check | status) WORDS=("$1") ;;
	preserve | retrieve) WORDS=("$1" --dry-run nobodys-session ffff:ff:1f.7) ;;
	cancel | finish | recover) WORDS=("$1" --dry-run nobodys-session) ;;
	kexec) WORDS=("$1" --dry-run) ;;
	hold) WORDS=("$1" .) ;; # waits for work: only what is refused before
	wait) WORDS=("$1" ffff:ff:1f.7 --for bound --timeout 0) ;;
	monitor) WORDS=("$1" --sysroot "$DATA/one") ;;
	complete) WORDS=("$1" -- list -) ;;
	*) echo "no words for $1" && return 1 ;;
	esac
}

# clean: what was said has nothing that a terminal would obey, and a failure says something
clean() {
	[ -z "$(LC_ALL=C tr -d '\n -~\200-\377' <<<"$output$stderr")" ] && iconv -f UTF-8 -t UTF-8 <<<"$output$stderr" >/dev/null &&
		((status < 9)) && { ((status == 0 || status == 4 || status == 8)) || [[ $stderr == 'vfio-luctl: '* || $stderr == '{"version":1,"error":'* ]]; } && return
	echo "not clean: status $status, stdout: ${output:0:500}, stderr: ${stderr:0:500}"
	return 1
}

# timeless: without the times that monitor tells
timeless() {
	sed -E 's/[0-9]{4}-[0-9-]+T[0-9:.]+Z/TIME/' <<<"$1"
}

# sh_status STATUS TEXT WORD...: TEXT for a shell, which has the words as "$@"
sh_status() {
	local want=$1
	run --separate-stderr timeout 20 bash -c "$2" "$LUCTL" "${@:3}"
	show "$2: ${*:3}"
	[ "$status" -eq "$want" ]
}

@test "hostile: closed standard descriptors change neither the work nor the status" {
	local verb want text
	for verb in $(verbs); do
		words "$verb"
		run --separate-stderr "$LUCTL" "${WORDS[@]}"
		clean
		want=$status text=$(timeless "$output")
		sh_status "$want" '"$0" "$@" <&-' "${WORDS[@]}"
		same "$(timeless "$output")" "$text"
		sh_status "$want" '"$0" "$@" 2>&-' "${WORDS[@]}"
		same "$(timeless "$output$stderr")" "$text"
		sh_status "$want" '"$0" "$@" >&-' "${WORDS[@]}"
		sh_status "$want" '"$0" "$@" <&- >&- 2>&-' "${WORDS[@]}"
		same "$output$stderr" ''
	done
}

@test "hostile: a standard output that takes nothing is an error wherever there is something to say" {
	local verb told
	for verb in $(verbs); do
		words "$verb"
		told=$("$LUCTL" "${WORDS[@]}" 2>/dev/null) || true
		[ "$told" ] || continue
		sh_status 1 '"$0" "$@" >/dev/full' "${WORDS[@]}"
		[[ $stderr == *'standard output: cannot write: No space left on device' ]]
		sh_status 1 'exec 3> >(:); wait $!; "$0" "$@" >&3' "${WORDS[@]}"
		[[ $stderr == *'standard output: cannot write: Broken pipe' ]]
	done
}

@test "hostile: a limit of file size is an error, and no signal" {
	local verb told
	for verb in $(verbs); do
		words "$verb"
		told=$("$LUCTL" "${WORDS[@]}" 2>/dev/null) || true
		[ "$told" ] || continue
		# Errors go to a pipe, which no limit touches
		run timeout 20 bash -c '(ulimit -f 0; exec "$0" "${@:2}" 2>&1 >"$1") | cat; exit "${PIPESTATUS[0]}"' "$LUCTL" \
			"$BATS_TEST_TMPDIR/out" "${WORDS[@]}"
		same "$status $output" "1 vfio-luctl: $verb: standard output: cannot write: File too large"
	done
}

@test "hostile: arguments" {
	local verb bad
	for verb in $(verbs); do
		for bad in '' ' ' $'\033[2J\033]0;x\a' $'a\nb' $'\xff\xfe' $'\u202e' '%s%n%s%n' '../../etc/passwd' '-' '--=' '-=' \
			'0000:00:00.0,' '{' "$(printf 'A%.0s' {1..100000})"; do
			[ "$verb" != hold ] || [[ $bad == *[!A-Za-z0-9]* || $bad == '' ]] || bad+=' '
			run --separate-stderr timeout 20 "$LUCTL" "$verb" "$bad" </dev/null
			[ "$verb" != monitor ] || [ "$status" -ne 124 ]
			clean
			run --separate-stderr timeout 20 "$LUCTL" "$verb" --sysroot "$DATA/one" --json "$bad" "$bad" </dev/null
			clean
			[ -z "$stderr" ] || valid error <<<"$stderr"
			[ "$bad" != '' ] || continue
			run --separate-stderr timeout 20 "$LUCTL" "$verb" "--$bad" </dev/null
			clean
		done
	done
}

@test "hostile: no name of a program, and an empty one" {
	run --separate-stderr perl -e 'exec {$ARGV[0]} ()' "$LUCTL"
	clean
	run --separate-stderr perl -e 'exec {$ARGV[0]} "", "list"' "$LUCTL"
	[ "$status" -eq 0 ]
	run --separate-stderr perl -e 'exec {$ARGV[0]} "\033[2J", "nonsense"' "$LUCTL"
	clean
	[ "$status" -eq 2 ]
}

@test "hostile: the environment" {
	local verb want text
	for verb in $(verbs); do
		words "$verb"
		run --separate-stderr "$LUCTL" "${WORDS[@]}"
		want=$status
		text=$(timeless "$output")
		run --separate-stderr env -i "$LUCTL" "${WORDS[@]}"
		same "$status $(timeless "$output")" "$want $text"
		run --separate-stderr env -i TZ=:/dev/full LC_ALL=../../../../tmp LANG=tr_TR.UTF-8 LANGUAGE=x \
			ARGP_HELP_FMT=$'rmargin=1\033[2J,dup-args=' COLUMNS=1 TERM=$'\033[2J' HOME=$'/\033' \
			PATH=/usr/bin:/bin PWD=nowhere LISTEN_FDS=-1 LISTEN_PID=x LISTEN_FDNAMES=$'\033' NOTIFY_SOCKET=$'@\033' \
			LIBPCI_CONFIG=/dev/zero PCI_IDS_FILE=/dev/zero XDG_CACHE_HOME=/dev/zero \
			"$LUCTL" "${WORDS[@]}"
		clean
		same "$status $(timeless "$output")" "$want $text"
		ARGP_HELP_FMT=$'rmargin=1\033[2J,dup-args=,nonsense' run --separate-stderr timeout 20 "$LUCTL" "$verb" --help
		clean
		same "$status$stderr" 0
	done
}

@test "hostile: limits and masks" {
	local verb want text limit
	for verb in $(verbs); do
		words "$verb"
		run --separate-stderr "$LUCTL" "${WORDS[@]}"
		want=$status
		text=$(timeless "$output")
		for limit in 'umask 0' 'umask 0777' 'ulimit -s 128' 'ulimit -v 60000' 'ulimit -c 0' 'ulimit -l 0' 'ulimit -i 0'; do
			# With AddressSanitizer no address space is enough
			[[ $limit != 'ulimit -v'* || $(ldd "$LUCTL") != *libasan* ]] || continue
			sh_status "$want" "$limit; exec \"\$0\" \"\$@\"" "${WORDS[@]}"
			same "$(timeless "$output")" "$text"
		done
		# Too few descriptors: an error, and nothing half
		for limit in 4 5 6 7 8 9 10 12 16; do
			run --separate-stderr bash -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n "$1"
				exec "$0" "${@:2}"' "$LUCTL" "$limit" "${WORDS[@]}"
			clean
			[ "$status" -eq "$want" ] || [[ $stderr == *': Too many open files'* ]] || {
				show "limit $limit: ${WORDS[*]}"
				return 1
			}
		done
	done
}

# spoil KIND HOST: each file of the host becomes something else
spoil() {
	local file
	while read -r -d '' file; do
		rm -f "$file"
		case $1 in
		directory) mkdir "$file" ;;
		loop) ln -s "${file##*/}" "$file" ;;
		fifo) mkfifo "$file" ;;
		zero) ln -s /dev/zero "$file" ;;
		full) ln -s /dev/full "$file" ;;
		huge) truncate -s 1G "$file" ;;
		long) head -c 200000 /dev/zero | tr '\0' 'A' >"$file" ;;
		lines) yes $'DRIVER=\033[2J' | head -n 3000 >"$file" ;;
		escape) printf '\033[2J\033]0;x\a\302\233\377\nDRIVER=\033[31m\nPCI_ID=\033:\nPCI_SLOT_NAME=\033' >"$file" ;;
		nul) printf 'a\0\033[2J\0' >"$file" ;;
		empty) : >"$file" ;;
		secret) echo secret >"$file" && chmod 000 "$file" ;;
		percent) printf '%%s%%n%%s%%n\n' >"$file" ;;
		number) echo -99999999999999999999999999 >"$file" ;;
		esac
	done < <(find "$2" "${@:3}" -print0)
}

# The verbs that read, on the host $1: whatever they find, they end, and hurt no terminal
read_all() {
	local verb words
	for words in 'list -O' 'list --json -o name,classname' check 'check --json' status 'status --json' monitor \
		'wait 0000:01:00.0 --for free --timeout 0' 'complete -- list ' 'complete -- preserve x --pid='; do
		read -ra words <<<"$words"
		[ "${words[0]}" != complete ] || words+=('')
		run --separate-stderr timeout 20 "$LUCTL" --sysroot "$1" "${words[@]}" </dev/null
		show "${words[@]}"
		clean
		if [[ ${words[1]:-} == --json && ${words[0]} != monitor && $output ]]; then
			valid "${words[0]}" <<<"$output"
		fi
	done
}

@test "hostile: what stands in the files of sysfs and procfs" {
	local host=$BATS_TEST_TMPDIR/host kind
	for kind in directory loop fifo zero full huge long lines escape nul empty secret percent number; do
		echo "# $kind"
		rm -rf "$host"
		unpack_lab lab-three "$host"
		spoil "$kind" "$host" -type f
		read_all "$host"
	done
}

@test "hostile: where the links of sysfs and procfs lead" {
	local host=$BATS_TEST_TMPDIR/host kind
	for kind in directory loop fifo zero escape empty long; do
		echo "# $kind"
		rm -rf "$host"
		unpack_lab lab-incoming "$host"
		spoil "$kind" "$host/sys" -type l
		spoil "$kind" "$host/proc" -type l
		read_all "$host"
	done
}

@test "hostile: names in sysfs, in /proc and in /run" {
	local host=$BATS_TEST_TMPDIR/host bad=$'\033[2J\n\377%s%n' name
	unpack_lab lab-incoming "$host"
	mkdir -p "$host/proc/4711/fd" "$host/proc/4711/fdinfo" "$host/proc/99999999999999999999" "$host/proc/4712" "$host/run/vfio-luctl" \
		"$host/sys/devices/$bad/vfio-dev/vfio99"
	touch "$host/sys/devices/$bad/uevent" "$host/proc/4712/fd"
	ln -s "../../../$bad" "$host/sys/devices/$bad/vfio-dev/vfio99/device"
	ln -s "../../devices/$bad/vfio-dev/vfio99" "$host/sys/class/vfio-dev/vfio99"
	printf '%s' "$bad" >"$host/proc/4711/comm"
	ln -s "anon_inode:[luo_session] $bad" "$host/proc/4711/fd/3"
	ln -s "anon_inode:[luo_session] $(printf 'A%.0s' {1..3000})" "$host/proc/4711/fd/4"
	ln -s "anon_inode:[vfio-device$bad" "$host/proc/4711/fd/5"
	ln -s "/memfd:$bad (deleted)" "$host/proc/4711/fd/6"
	ln -s "/dev/vfio/devices/$bad" "$host/proc/4711/fd/7"
	ln -s "/dev/vfio/devices/vfio0" "$host/proc/4711/fd/99999999999999999999"
	printf 'vfio-device-syspath: %s\n' "$bad" >"$host/proc/4711/fdinfo/5"
	for name in "$bad" "$(printf 'A%.0s' {1..250})" '..' "$(printf 'A%.0s' {1..63})"; do
		touch "$host/run/vfio-luctl/$name.sock"
	done
	mkdir -p "$host/sys/kernel/debug/liveupdate"
	printf 'incoming session %s unclaimed\nincoming file %s 0x0001000000000100 %s waiting\n' "$bad" "$bad" "$bad" \
		>>"$host/sys/kernel/debug/liveupdate/sessions"
	read_all "$host"
	run --separate-stderr "$LUCTL" --sysroot "$host" status
	[[ $output == *'\x1b[2J'* ]]
	# What is advised is safe to paste
	run --separate-stderr "$LUCTL" --sysroot "$host" status --json
	same "$(jq -c '[.sessions[] | select(.session | contains("[2J")) | .todo] | unique' <<<"$output")" '[null]'
	run --separate-stderr "$LUCTL" --sysroot "$host" list -o device,pids,commands
	[[ $output == *'\x1b[2J'* ]]
}

@test "hostile: unreadable directories, as nobody" {
	local host=$BATS_TEST_TMPDIR/host verb
	unpack_lab lab-three "$host"
	chmod -R a+rX "$host"
	for verb in list check status 'complete -- list '; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr as_nobody --sysroot "$host" $verb
		clean
		[ "$output" ]
	done
	find "$host" -depth -mindepth 2 -type d -exec chmod 000 {} +
	for verb in list check status; do
		run --separate-stderr as_nobody --sysroot "$host" "$verb"
		show "$verb"
		clean
		[[ $verb == list || "$output$stderr" == *hidden* || $stderr == *'Permission denied'* ]]
	done
	run --separate-stderr as_nobody --sysroot "$host" list
	[ "$status" -eq 1 ]
	[[ $stderr == *'Permission denied' ]]
	chmod -R u+rwX "$host"
}

@test "hostile: what a plain user may, and what he is told of the rest" {
	local verb
	for verb in list check status 'wait ffff:ff:1f.7 --for bound --timeout 0' 'complete -- list '; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr as_nobody $verb
		show "$verb"
		clean
		[[ $stderr != *Permission* ]]
	done
	run --separate-stderr as_nobody status
	[[ $output == 'hidden: '*'(root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can see more)'* ]]
	run --separate-stderr as_nobody status --exit-code
	[ "$status" -eq 1 ]
	[[ $stderr == *"cannot be told"*"run it as root"* ]]
	run --separate-stderr as_nobody check
	[[ $output == *hidden* ]]
	# What changes something
	run --separate-stderr as_nobody hold vm
	[ "$status" -eq 1 ]
	[[ $stderr == *'/run/vfio-luctl: cannot '*': Permission denied'* ]]
}
