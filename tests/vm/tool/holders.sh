# SPDX-License-Identifier: GPL-2.0-or-later
# Who holds what, who dies, who comes at the same time; no kexec that succeeds.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}
bind_all
rounds=15
! debugging || rounds=3

# /dev/liveupdate in the hands of another process
exec 9<>/dev/liveupdate
expect 5 preserve --timeout 0 vm "$a"
says "in use"
says "pid $$"
is_free "$a"
(sleep 1; exec 9>&-) & # a child keeps it a second longer
exec 9>&-
expect 0 preserve --timeout 5 vm "$a"
expect 0 cancel vm

# A device in use
sleep 1000 | "$PROBE" "open:$(cdev "$a")" bind touch:/tmp/bound wait >/dev/null &
until_true test -e /tmp/bound
expect 5 preserve vm "$b" "$a"
says "$a"
says "in use by probe"
says "preserve SESSION --pid $(pgrep -x probe) $a"
says "nothing was preserved, and each device is as before"
is_free "$b"
expect 0 status -n
is "$out" ""
kill "$(pgrep -x probe)"
until_true is_free "$a"

# Cancelled, but a process that nobody knew of has the session, too: not free is not said to be
expect 0 preserve vm "$a"
keeper=$("$LUCTL" status -n -o holder vm | tr -d ' ')
session=$(find "/proc/$keeper/fd" -lname 'anon_inode:?luo_session? vm' -printf '%f\n')
python3 - "$keeper" "$session" <<'END' &
import ctypes, os, sys, time
keeper = os.pidfd_open(int(sys.argv[1]))
assert ctypes.CDLL(None).syscall(438, keeper, int(sys.argv[2]), 0) >= 0  # pidfd_getfd
open("/tmp/taken", "w").close()
time.sleep(1000)
END
thief=$!
until_true test -e /tmp/taken
expect 5 cancel vm
says "$a: its keeper has let go of the session, but the device is in a live update (outgoing)"
is "$("$LUCTL" status -n -o session,holder,state vm | tr -s ' ' | sed 's/ $//')" "vm $thief preserved"
kill -KILL $thief
until_true is_free "$a"
is "$(cat "/sys/bus/pci/devices/$a/liveupdate")" none

# The keeper ignores what is sent by habit; when it is killed, all is as before.
expect 0 preserve vm "$a" "$b"
keeper=$("$LUCTL" status -n -o holder vm | head -n1 | tr -d ' ')
is "$(cat "/proc/$keeper/comm")" vfio-luctl-keep
is "$(tr '\0' ' ' <"/proc/$keeper/cmdline" | sed 's/ *$//')" "@vfio-luctl: keeper vm"
is "$(cat "/proc/$keeper/oom_score_adj")" -1000
is "$(readlink "/proc/$keeper/cwd")" /
is "$(readlink "/proc/$keeper"/fd/[012] | sort -u)" /dev/null
is "$(find "/proc/$keeper/fd" -lname '/dev/vfio*' | wc -l)" 0
kill -HUP "$keeper"; kill -INT "$keeper"; kill -TERM "$keeper"; kill -QUIT "$keeper"; kill -PIPE "$keeper"; kill -USR1 "$keeper"
sleep 0.3
is "$(states vm)" "$a preserved $b preserved"
switches=$(grep voluntary "/proc/$keeper/status")
sleep 2
is "$(grep voluntary "/proc/$keeper/status")" "$switches"
# A client that says nothing costs a bounded time.
"$PROBE" connect:/run/vfio-luctl/vm.sock sleep:20 &
silent=$!
sleep 1
is "$(states vm)" "$a preserved $b preserved"
kill $silent
kill -KILL "$keeper"
until_true is_free "$a"
is_free "$b"
expect 0 status
shows stale
expect 6 cancel vm
says "has died"
expect 0 status -n
is "$out" ""
expect 0 preserve vm "$a"

# An interrupt still enabled: the kernel refuses to jump, and all can be undone.
expect 0 cancel vm
for ((i = 0; i < rounds; i++)); do
	"$LUCTL" preserve --json vm "$a" >/tmp/one 2>&1 & one=$!
	"$LUCTL" preserve --json vm "$a" >/tmp/two 2>&1 & two=$!
	got1=0 got2=0
	wait $one || got1=$?
	wait $two || got2=$?
	echo "at once: $got1 $got2 $(cat /tmp/one /tmp/two | tr '\n' ' ')"
	((got1 == 0 || got2 == 0))
	is "$(states vm)" "$a preserved"
	is "$(pgrep -c vfio-luctl-keep)" 1
	expect 0 cancel vm
done
is_free "$a"

# A keeper of another version: said, and let alone
python3 - <<'END' &
import os, socket
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind("/run/vfio-luctl/old.sock")
listener.listen()
while True:
    client = listener.accept()[0]
    if b"exit" in client.recv(65536):
        break
    client.send(b'{"ok":true,"session":"old","protocol":1,"pid":%d,"total":0,"entries":[]}' % os.getpid())
END
old=$!
until_true test -e /run/vfio-luctl/old.sock
expect 0 status
shows other-version
is "$("$LUCTL" status -n -o holder old | tr -d ' ')" "$old"
for verb in cancel finish retrieve; do
	expect 4 "$verb" old
	says "another version of vfio-luctl: it speaks protocol 1, not 2"
	says "/proc/$old/exe VERB old"
done
expect 4 preserve old "$a"
expect 0 preserve vm "$a"
expect 0 cancel vm
kill $old
expect 6 cancel old

# Rounds leave nothing behind
for ((i = 0; i < 2 * rounds; i++)); do
	"$LUCTL" preserve vm "$a" "$b" >/dev/null
	"$LUCTL" cancel vm >/dev/null
done
is_free "$a"
is "$(pgrep -c vfio-luctl-keep || :)" 0
for d in "${DEVICE[@]}"; do echo "$d" >"/sys/bus/pci/devices/$d/driver/unbind"; done
! modular || modprobe -r vfio-pci
