# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions made in strange surroundings: descriptors, masks, limits, environment, /proc; no kexec.
# shellcheck disable=SC2016 # text for another shell
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
bind_all

# within COMMANDS WORD...: the tool after these commands of a shell, which may use exec
within() {
	echo "+ $1; vfio-luctl ${*:2}"
	bash -c "$1; exec \"\$0\" \"\$@\"" "$LUCTL" "${@:2}" >/tmp/out 2>/tmp/err </dev/null
}

modes() {
	stat -c '%a %U' /run/vfio-luctl /run/vfio-luctl/* | sort | uniq -c | tr -s ' ' | paste -s -d , | sed 's/^ //'
}

# A whole life of an outgoing session in each: same work, same files, nothing left
for place in 'umask 0' 'umask 0777' 'exec <&-' 'exec >&-' 'exec 2>&-' 'exec <&- >&- 2>&-' 'cd /proc/self' \
	'unset PATH' 'exec env -i "$0" "$@"' 'export TZ=:/dev/full LC_ALL=/ TMPDIR=/x HOME=/x' 'ulimit -n 32' \
	'ulimit -l 0' 'ulimit -c 0' 'ulimit -s 256' 'ulimit -t 5' 'trap "" PIPE TERM CHLD'; do
	rm -rf /run/vfio-luctl
	within "$place" preserve vm "$a" "$b"
	is "$(states vm)" "$a preserved $b preserved"
	is "$(modes)" "1 600 root, 1 700 root"
	within "$place" cancel vm
	is_free "$a"
	is_free "$b"
	is "$(pgrep -c vfio-luctl-keep || :)" 0
done

# What cannot work says so and leaves nothing
for place in 'ulimit -n 6' 'ulimit -n 8' 'ulimit -n 10'; do
	if within "$place" preserve vm "$a" "$b"; then
		within "$place" cancel vm
	else
		grep 'Too many open files' /tmp/err
	fi
	is_free "$a"
	is_free "$b"
	expect 0 status -n
	is "$out" ""
done

# A full standard output: what was done stands, and is said by the status
got=0
within 'exec >/dev/full' preserve vm "$a" || got=$?
is "$got" 1
grep 'standard output: cannot write' /tmp/err
is "$(states vm)" "$a preserved"

# The keeper has no limit of the shell, and no signal ends it but the one that cannot be ignored
expect 0 cancel vm
within 'ulimit -t 1; ulimit -f 100' preserve vm "$a"
keeper=$("$LUCTL" status -n -o holder vm | head -n1 | tr -d ' ')
is "$(grep -cE '^Max (cpu time|file size) +unlimited +unlimited' "/proc/$keeper/limits")" 2
for signal in $(seq 64); do
	case $signal in
	9 | 19 | 32 | 33) ;; # KILL, STOP, and those of the C library
	*) kill -"$signal" "$keeper" ;;
	esac
done
sleep 0.3
is "$(states vm)" "$a preserved"

# Who is not root gets no answer, even where the files let him in
nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$LUCTL" "$@"
}
got=0
nobody cancel vm 2>/tmp/err || got=$?
is "$got" 1
grep 'vm: cannot reach the keeper: Permission denied' /tmp/err
chmod 711 /run/vfio-luctl
chmod 666 /run/vfio-luctl/vm.sock
got=0
nobody cancel vm 2>/tmp/err || got=$?
is "$got" 1
grep 'vm: its keeper answers only root' /tmp/err
is "$(states vm)" "$a preserved"
chmod 600 /run/vfio-luctl/vm.sock
chmod 700 /run/vfio-luctl

# Without /proc nothing is called idle, and no keeper absent
got=0
unshare -m sh -c 'umount -l /proc; exec "$@"' - "$LUCTL" status >/tmp/out 2>/tmp/err || got=$?
is "$got $(cat /tmp/out /tmp/err)" "1 vfio-luctl: status: /proc: it is not mounted: No such file or directory"
got=0
unshare -m sh -c 'umount -l /proc; exec "$@"' - "$LUCTL" cancel vm 2>/tmp/err || got=$?
is "$got $(cat /tmp/err)" "1 vfio-luctl: cancel: /proc: it is not mounted: No such file or directory"
is "$(states vm)" "$a preserved"

# A directory for sockets that is not ours alone is refused
expect 0 cancel vm
for change in 'chmod 755' 'chown nobody'; do
	rm -rf /run/vfio-luctl
	mkdir -m 700 /run/vfio-luctl
	# shellcheck disable=SC2086 # words
	$change /run/vfio-luctl
	expect 4 preserve vm "$a"
	says "not ours alone"
	is_free "$a"
	rm -rf /run/vfio-luctl
done
ln -s /tmp /run/vfio-luctl
expect 1 preserve vm "$a"
is_free "$a"
rm /run/vfio-luctl
expect 0 preserve vm "$a"
expect 0 cancel vm
