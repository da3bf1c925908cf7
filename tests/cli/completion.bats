# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2001,SC2016,SC2030,SC2031,SC2154 # sed on many lines; text for another shell; bats sets status, output, stderr
# What the last word of a command line can become: what the tool says of it, and what a tab
# makes of it in bash, zsh and fish.

load helpers

verbs() {
	"$LUCTL" --help | sed -n '/^Verbs:$/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# offers WORD...: the words that "complete" finds for the last one, one per line
offers() {
	"$LUCTL" complete -n -o word -- "$@"
}

# has_all WORDS: each line of stdin is one of them, and each of them is there
has_all() {
	same "$(sort)" "$(sort <<<"$1")"
}

@test "complete: verbs are those of --help" {
	offers '' | has_all "$(verbs)"
	same "$(offers ret)" retrieve
	same "$(offers --json ca)" cancel
	same "$(offers --sysroot / ca)" cancel
	same "$(offers -- ca)" cancel
	same "$(offers)" "$(offers '')"
}

@test "complete: options are those of --help, of every verb" {
	local verb help
	for verb in $(verbs); do
		help=$("$LUCTL" "$verb" --help)
		echo "$verb"
		offers "$verb" -- | grep -v = | has_all "$(grep -oE '^ +(-., +)?--[a-z-]+' <<<"$help" | sed 's/.* //')"
		offers "$verb" -- | sed -n 's/=$//p' | has_all "$(sed -nE 's/^ +(--[a-z-]+)\[=.*/\1/p' <<<"$help")"
		while read -r option; do
			same "$(offers "$verb" "$option")" "$option"
		done < <(grep -oE '^ +-[a-zA-Z],' <<<"$help" | tr -d ' ,')
	done
	offers - | has_all $'--json\n--sysroot\n--help\n--usage\n--version'
}

@test "complete: the name of every argument in --help has a meaning" {
	local known='DIR FILE FILE[=NAME] FILE=NAME|PID:FD=NAME IMAGE ID,... NUMBER PID SECONDS SOCKET STATE TEXT
		[+]COLUMN,... device-interrupts' verb
	for verb in $(verbs); do
		run grep -vxFf <(tr -s ' \t\n' '\n' <<<"$known") <("$LUCTL" "$verb" --help |
			sed -nE 's/^ +(-., +)?--[a-z-]+(\[=([^ ]*)\]|=([^ ]*))( .*|$)/\3\4/p')
		echo "$verb: not known to cmd/complete.c and to this test: $output"
		[ -z "$output" ]
	done
}

@test "complete: columns are those of --list-columns, of every verb" {
	local verb columns
	for verb in $(verbs); do
		[ "$verb" != hold ] || continue # has no output
		columns=$("$LUCTL" "$verb" -n --list-columns -o column 2>/dev/null || "$LUCTL" "$verb" -n --list-columns | sed 's/ .*//')
		offers "$verb" -o '' | has_all "+"$'\n'"$columns"
		offers "$verb" --output= | has_all "$(sed 's/^/--output=/' <<<"+"$'\n'"$columns")"
		offers "$verb" -o + | has_all "$(sed 's/^/+/' <<<"$columns")"
	done
}

@test "complete: a list goes on after the comma, with what is not in it" {
	same "$(offers list -o device,pi)" device,pids
	same "$(offers list -o +device,pi)" +device,pids
	same "$(offers list --output=bus,+)" ''
	same "$(offers list --output=bus,cdev,nu)" --output=bus,cdev,numa
	same "$(offers list -obus,nu)" -obus,numa
	same "$(offers list -nobus,nu)" -nobus,numa
	offers list -o device,id,cl | has_all $'device,id,class\ndevice,id,classname'
	offers list -o class,cl | has_all 'class,classname'
	run ! grep -x 'device,id,device' <<<"$(offers list -o device,id,)"
	same "$("$LUCTL" complete -n -o kind -- list -o nu)" part
}

@test "complete: findings that kexec can override" {
	local id
	for id in $(offers kexec --force ''); do
		expect 0 kexec "--force=$id" --list-columns
	done
	offers kexec --force= | has_all "$(sed -nE 's/^\t\[[A-Z_]+\] = \{ "([a-z-]+)", E,.*/--force=\1/p' "$TOP/src/findings.c")"
	same "$(offers kexec --force device-vf,device-ha)" device-vf,device-has-vfs
	same "$(offers preserve vm --force '')" device-interrupts
}

@test "complete: states to wait for" {
	local state
	[ "$(offers wait --for '' | wc -l)" -eq 5 ]
	for state in $(offers wait --for ''); do
		expect 0 wait --for "$state" --list-columns
	done
	same "$(offers wait 0000:01:00.0 --for=fr)" --for=free
}

@test "complete: devices, by the name that one begins to type" {
	local many=(--sysroot "$DATA/many")
	"$LUCTL" "${many[@]}" complete -n -o word -- list '' | has_all "$("$LUCTL" list "${many[@]}" -n -o device)"
	offers "${many[@]}" list 0000:01 | has_all 0000:01:00.0
	offers "${many[@]}" list 01 | has_all 01:00.0
	offers list "${many[@]}" vfio1 | has_all "$("$LUCTL" list "${many[@]}" -n -o cdev | grep ^vfio1)"
	offers list "--sysroot=$DATA/one" '' | has_all 0000:3b:00.0
	same "$(offers "${many[@]}" preserve '')" '' # a new name
	offers "${many[@]}" preserve vm 0000:01 | has_all 0000:01:00.0
	same "$(offers "${many[@]}" preserve vm 0000:01:00.0 0000:01:00.0)" ''
	offers "${many[@]}" check -- 0000:01 | has_all 0000:01:00.0
	same "$("$LUCTL" complete -n -- list /sys/)" 'file  -  -'
}

@test "complete: sessions by direction, and the devices of one" {
	local host=$BATS_TEST_TMPDIR/host verb
	unpack_lab lab-incoming "$host"
	for verb in retrieve finish recover status hold; do
		echo "$verb"
		offers --sysroot "$host" "$verb" '' | has_all $'session1\nsession2'
	done
	same "$(offers --sysroot "$host" cancel '')" ''
	offers --sysroot "$host" retrieve session2 '' | has_all 0000:02:00.0
	same "$(offers --sysroot "$host" status session1 '')" ''
	unpack_lab lab-three "$host-three"
	for verb in retrieve finish recover; do
		same "$(offers --sysroot "$host-three" "$verb" '')" ''
	done
	offers --sysroot "$host-three" cancel '' | has_all session1
	offers --sysroot "$host-three" status s | has_all session1
}

@test "complete: processes that have a device open, once each" {
	local found
	found=$("$LUCTL" --sysroot "$DATA/facts" complete -n -- preserve vm --pid '')
	same "$(sed 's/^word  \([0-9]*\) .*/\1/' <<<"$found" | sort -n)" \
		"$("$LUCTL" --sysroot "$DATA/facts" list --json -O | jq -r '.devices[].pids // [] | .[]' | sort -nu)"
	[[ $found == *$'word  100  qemu-system-x86 0000:81:00.0\n'* ]]
	same "$(offers --sysroot "$DATA/facts" preserve vm --pid=10)" --pid=100
}

@test "complete: what the shell knows is left to it" {
	same "$("$LUCTL" complete -n -- kexec --kernel /bo)" 'file  -  -'
	same "$("$LUCTL" complete -n -- kexec --kernel=/bo)" 'file  --kernel=  -'
	same "$("$LUCTL" complete -n -- --sysroot '')" 'directory  -  -'
	same "$("$LUCTL" complete -n -- retrieve vm -- '')" 'command  -  -'
	same "$("$LUCTL" complete -n -- retrieve vm -- ls --json -)" 'command  -  -'
}

@test "complete: nothing for what cannot be known" {
	local words
	for words in 'nonsense x' 'list --timeout=' 'preserve vm --timeout  ' 'kexec --append x' 'kexec x' 'list --nonsense=' \
		'cancel vm x' 'list -o device,nonsense,x'; do
		mapfile -t -d ' ' words < <(printf '%s ' "$words")
		expect 0 complete -- "${words[@]}"
		same "$output$stderr" ''
	done
	expect 0 complete --json
	valid complete <<<"$output"
	expect 0 complete --json -- retrieve vm --
	valid complete <<<"$output"
	refused 2 null complete --nonsense
}

@test "complete: as nobody, and where there is nothing" {
	local words
	for words in 'list ' 'cancel ' 'status ' 'preserve vm --pid '; do
		mapfile -t -d ' ' words < <(printf '%s ' "$words")
		run --separate-stderr as_nobody complete -- "${words[@]}"
		show "${words[@]}"
		same "$status$stderr" 0
		expect 0 --sysroot "$DATA/none" complete -- "${words[@]}"
		same "$output$stderr" ''
		expect 0 --sysroot "$DATA/nonexistent" complete -- "${words[@]}"
		same "$output$stderr" ''
	done
}

@test "complete: what a shell would take apart is not offered" {
	local host=$BATS_TEST_TMPDIR/host name
	cp -a "$DATA/one" "$host"
	for name in '$(id)' 'a b' 'a;b' $'a\033[2J' '0000:3b:00.0`'; do
		mkdir -p "$host/sys/devices/$name/vfio-dev/vfio9${#name}" "$host/sys/class/vfio-dev"
		touch "$host/sys/devices/$name/uevent"
		ln -s "../../../$name" "$host/sys/devices/$name/vfio-dev/vfio9${#name}/device"
		ln -s "../../devices/$name/vfio-dev/vfio9${#name}" "$host/sys/class/vfio-dev/vfio9${#name}"
	done
	[ "$("$LUCTL" list --sysroot "$host" -n | wc -l)" -gt 2 ]
	offers list --sysroot "$host" '' | has_all 0000:3b:00.0
}

@test "complete: a keeper that does not answer is not waited for" {
	local host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/run/vfio-luctl" "$host/proc"
	coproc perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_SEQPACKET, 0) && bind(S, pack_sockaddr_un($ARGV[0])) && listen(S, 5) or die;
		$| = 1; print "ready\n"; sleep 60' "$host/run/vfio-luctl/vm.sock"
	read -r -u "${COPROC[0]}"
	run timeout 8 "$LUCTL" --sysroot "$host" complete -- cancel ''
	kill "$COPROC_PID"
	same "$status$output" 0
}

# tool HOST: in PATH, vfio-luctl is one that sees the recorded HOST
tool() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexec "%s" --sysroot "%s" "$@"\n' "$LUCTL" "$1" >"$BATS_TEST_TMPDIR/bin/vfio-luctl"
	chmod +x "$BATS_TEST_TMPDIR/bin/vfio-luctl"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# tab LINE WORD...: in each of SHELLS, a tab makes of the last word of LINE the last WORD, and the others stay.
tab() {
	local shell line=$1 want
	shift
	for shell in $SHELLS; do
		run timeout 60 "$TOP/tests/cli/at-prompt" "$shell" "${how:-one}" "$line"
		want=$(printf '<%s>\n' vfio-luctl "$@")
		[ "$shell" != fish ] || want=$(printf '<%s>\n' "${candidates[@]:-${!#}}")
		echo "$shell: $line"
		same "$(sed 's,/>$,>,' <<<"$output")" "$want"
	done
}

# tabs LINE WORD... -- CANDIDATE...: a tab finds all these for the last word
tabs() {
	local how=all before=() line=$1 candidates
	shift
	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	shift
	candidates=("$@")
	tab "$line" "${before[@]}" "$@"
}

# What every shell must be able to do
every_tab() {
	local host=$BATS_TEST_TMPDIR/host place=$BATS_TEST_TMPDIR/place
	tool "$DATA/facts"
	tab 'vfio-luctl preserve vm --pid=10' preserve vm --pid=100
	unpack_lab lab-incoming "$host"
	tool "$host"
	mkdir -p "$place/only-one"
	touch "$place/image"
	tab 'vfio-luctl retr' retrieve
	tab 'vfio-luctl --js' --json
	tab 'vfio-luctl list --list-c' list --list-columns
	tab 'vfio-luctl list 0000:03' list 0000:03:00.0
	tab 'vfio-luctl check 03:' check 03:00.0
	tab 'vfio-luctl wait 0000:01:00.0 --for=bo' wait 0000:01:00.0 --for=bound
	tab 'vfio-luctl wait 0000:01:00.0 --for pre' wait 0000:01:00.0 --for preserved
	tab 'vfio-luctl list -o +device,eli' list -o +device,eligible
	tab 'vfio-luctl list --output=device,eli' list --output=device,eligible
	tab 'vfio-luctl kexec --force=device-vf,device-ha' kexec --force=device-vf,device-has-vfs
	tab "vfio-luctl kexec --kernel $place/im" kexec --kernel "$place/image"
	tab "vfio-luctl kexec --kernel=$place/im" kexec "--kernel=$place/image"
	tab "vfio-luctl list --sysroot $place/on" list --sysroot "$place/only-one"
	tab "vfio-luctl list --sysroot=$place/on" list "--sysroot=$place/only-one"
	tab "vfio-luctl list --sysroot=$DATA/one 0000:3" list "--sysroot=$DATA/one" 0000:3b:00.0
	tab "vfio-luctl retrieve vm -- ls $place/im" retrieve vm -- ls "$place/image"
	tab 'vfio-luctl retrieve vm -- dpkg-que' retrieve vm -- dpkg-query
	tabs 'vfio-luctl finish ' finish -- session1 session2
	tabs 'vfio-luctl retrieve session2 ' retrieve session2 -- 0000:02:00.0
	tabs 'vfio-luctl check ' check -- 0000:01:00.0 0000:02:00.0 0000:03:00.0
	tabs 'vfio-luctl preserve vm 0000:01:00.0 ' preserve vm 0000:01:00.0 -- 0000:02:00.0 0000:03:00.0
	tabs 'vfio-luctl list -o +device,cl' list -o -- +device,class +device,classname
}

# Words end at : and = for readline
@test "completion: bash" {
	SHELLS=bash every_tab
	SHELLS=bash tab 'vfio-luctl check 0000:' check 0000:0
	SHELLS=bash tab 'vfio-luctl check 0000:01:00.0  0000:0' check 0000:01:00.0 0000:0
}

@test "completion: bash with bash-completion, which completes the command of retrieve" {
	export BASH_COMPLETION=/usr/share/bash-completion/bash_completion
	[ -e "$BASH_COMPLETION" ]
	SHELLS=bash every_tab
	SHELLS=bash tab 'vfio-luctl retrieve vm -- dpkg-query --li' retrieve vm -- dpkg-query --list
}

@test "completion: bash that does not end words at : and =" {
	export BREAKS=$' \t\n"'
	SHELLS=bash every_tab
	SHELLS=bash tabs 'vfio-luctl check 0000:' check -- 0000:01:00.0 0000:02:00.0 0000:03:00.0
}

@test "completion: zsh" {
	SHELLS=zsh every_tab
}

@test "completion: fish" {
	SHELLS=fish every_tab
	SHELLS=fish tabs 'vfio-luctl check 0000:' -- 0000:01:00.0 0000:02:00.0 0000:03:00.0
}

@test "completion: without the tool, nothing is said" {
	local program bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	for program in bash cut env fish mktemp timeout rm sed tr zsh; do
		ln -s "$(command -v $program)" "$bin/$program"
	done
	PATH=$bin SHELLS='bash zsh' tab 'vfio-luctl list 0000' list 0000
	PATH=$bin run "$TOP/tests/cli/at-prompt" fish one 'vfio-luctl list 0000'
	same "$status$output" 0
}

# bats test_tags=source
@test "completion: installed where the shells look, and uninstalled" {
	local root=$BATS_TEST_TMPDIR/root file
	make -s -C "$TOP" install DESTDIR="$root" prefix=/usr >/dev/null
	for file in "$(pkg-config --variable=completionsdir bash-completion)/vfio-luctl" \
		/usr/share/zsh/site-functions/_vfio-luctl /usr/share/fish/vendor_completions.d/vfio-luctl.fish; do
		[ -s "$root/$file" ]
	done
	make -s -C "$TOP" uninstall DESTDIR="$root" prefix=/usr
	run find "$root" -type f
	same "$output" ''
}
