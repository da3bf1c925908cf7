# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that retrieve can do with what it has got, and every peer and command that goes wrong.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]} d=${DEVICE[3]}
SOCKET=/tmp/peer

# peer MODE [COMMAND...]: listens, and takes one connection: takes what is sent and runs
# COMMAND with it ("{0}" is the first), closes without reading, or never reads.
peer() {
	rm -f $SOCKET /tmp/listens
	python3 - "$@" <<-'EOF' >/tmp/peer.out 2>&1 &
	import os, socket, subprocess, sys, time
	server = socket.socket(socket.AF_UNIX)
	server.bind("/tmp/peer")
	server.listen(1)
	open("/tmp/listens", "w").close()
	client = server.accept()[0]
	if sys.argv[1] == "close":
	    time.sleep(0.3)
	elif sys.argv[1] == "silent":
	    time.sleep(1000)
	else:
	    line, fds, flags, address = socket.recv_fds(client, 65536, 253)
	    with open("/tmp/line", "wb") as out:
	        out.write(line)
	    client.close()
	    words = [word.format(*fds) for word in sys.argv[2:]]
	    sys.exit(subprocess.call(words, pass_fds=fds, stdin=open("/tmp/fifo")) if words else 0)
	EOF
	peer=$!
	until_true test -e /tmp/listens
}

if ((BOOT == 1)); then
	bind_all
	python3 - <<-'EOF' &
	import os, time
	for name, size in ("ram", 5000000), ("other", 4096):
	    fd = os.memfd_create(name)
	    os.write(fd, os.urandom(size))
	open("/tmp/made", "w").close()
	time.sleep(1000)
	EOF
	holder=$!
	until_true test -e /tmp/made
	read -r ram other <<<"$(cd /proc/$holder/fd && for fd in *; do
		case $(readlink "$fd") in */memfd:ram*) ram=$fd ;; */memfd:other*) other=$fd ;; esac
	done; echo "$ram $other")"
	sha256sum <"/proc/$holder/fd/$ram" >/share/ram.sum
	echo "a note" >/tmp/note.txt
	memory=(--memfd "$holder:$ram=ram" --memfd="/proc/$holder/fd/$other=other" --attach /tmp/note.txt --attach /tmp/note.txt=copy)
	expect 2 preserve vm "$a" --memfd "$holder:$ram=ram" --memfd "/proc/$holder/fd/$ram=again"
	says "the same memfd is given twice"
	expect 2 preserve vm "$a" --memfd "$holder:$ram=x" --attach /tmp/note.txt=x
	expect 0 preserve --dry-run vm "$a" "$b" "${memory[@]}"
	is_free "$a"
	expect 0 preserve vm "$a" "$b" "${memory[@]}"
	expect 0 preserve vm "$a" "$b" "${memory[@]}"
	expect 5 preserve vm "$a" "$b" --memfd "$holder:$ram=ram"
	expect 0 cancel vm
	# What the process is free to do with its memory again, it may do meanwhile: the jump counts
	expect 0 preserve vm "$a" "$b" "${memory[@]}"
	is "$("$LUCTL" status --json vm | jq -c '[.sessions[] | select(.size) | [.name, .size]]')" \
		'[["ram",5000000],["other",4096],["note.txt",7],["copy",7]]'
	expect 0 preserve sent "$c"
	expect 0 preserve "done" "$d"
	expect 0 preserve notes --attach /tmp/note.txt
	next-kernel
	exit 1
fi

mkfifo /tmp/fifo
sleep 1000 >/tmp/fifo &
bind_all

# Nothing is retrieved for a command that cannot be run, or a word that means nothing
expect 1 retrieve vm -- nosuchcommand
expect 2 retrieve vm -- cat "{$a}" '{nosuch}'
expect 2 retrieve vm -- cat '{memfd-9}'
expect 2 retrieve vm -- cat '{pci-0000-01-00.0}'
expect 1 retrieve vm --send $SOCKET
says "cannot connect"
(ulimit -n 30; expect 4 retrieve vm -- cat "{$a}"; says "descriptors are needed")
(ulimit -n 100; expect 4 retrieve vm --fd-base 90 -- cat "{$a}")
is "$("$LUCTL" status -n -o state vm | sort | uniq -c | tr -s " ")" " 6 arrived"

# Numbers, names, environment
# shellcheck disable=SC2016 # for that shell
expect 0 retrieve vm --iommufd -- sh -c 'echo {'"$a"'} {'"${b#0000:}"'} {ram} {other} {note.txt} {copy} {memfd-1} {iommufd} {{}}
	readlink /proc/self/fd/{iommufd}; cat /proc/self/fd/{note.txt}; sha256sum </proc/self/fd/{ram} >/tmp/sum
	env | grep -E "^(VFIO_LUCTL|LISTEN_FD)" | sort; ls /proc/self/fd | wc -l'
mapfile -t lines <<<"$out"
is "${lines[0]}" "3 4 5 6 7 8 5 9 {}"
is "${lines[1]}" "/dev/iommu"
is "${lines[2]}" "a note"
is "$(printf '%s\n' "${lines[@]:3:10}")" "LISTEN_FDNAMES=pci-${a//:/-}:pci-${b//:/-}:ram:other:note.txt:copy:iommufd
LISTEN_FDS=7
VFIO_LUCTL_FD_copy=8
VFIO_LUCTL_FD_iommufd=9
VFIO_LUCTL_FD_note_txt=7
VFIO_LUCTL_FD_other=6
VFIO_LUCTL_FD_pci_${a//[:.]/_}=3
VFIO_LUCTL_FD_pci_${b//[:.]/_}=4
VFIO_LUCTL_FD_ram=5
VFIO_LUCTL_SESSION=vm"
is "$(cat /tmp/sum)" "$(cat /share/ram.sum)"
expect 0 retrieve vm --fd-base 500 "$b" 0x0002000000000001 -- sh -c 'echo {'"$b"'} {ram}; env | grep -E "^(VFIO_LUCTL|LISTEN)" | sort'
is "$out" "500 501
VFIO_LUCTL_FD_pci_${b//[:.]/_}=500
VFIO_LUCTL_FD_ram=501
VFIO_LUCTL_SESSION=vm"
expect 3 retrieve vm -- sh -c 'exit 3'
got=0; "$LUCTL" retrieve vm -- sh -c 'kill -TERM $$' || got=$?
is $got 143

# finish waits, or does not
expect 5 finish vm
expect 7 finish vm --wait=1
says "not finished within 1 s: $a is not bound"
expect 0 finish vm --wait --dry-run

# A command that ends before it has bound anything: its status counts, and the session stays
expect 9 retrieve vm --finish -- sh -c 'exit 9'
until_true grep -q "its user has ended" /tmp/err
grep -q "retrieve: vm: not finished" /tmp/err
expect 5 finish vm
# One that binds: finished without being asked, and the status is still the command's
(got=0
"$LUCTL" retrieve vm --finish -- sh -c '"$0" fd:{'"$a"'} bind fd:{'"$b"'} bind touch:/tmp/bound wait </tmp/fifo; exit 5' "$PROBE" || got=$?
echo $got >/tmp/status) &
until_true test -e /tmp/bound
until_true finished vm
kill "$(pgrep -x probe)"
until_true test -s /tmp/status
is "$(cat /tmp/status)" 5
is_free "$a"
is_free "$b"

# Peers
peer close
expect 1 retrieve sent --send $SOCKET
says "the peer closed the connection before it had taken the descriptors"
peer silent
expect 1 retrieve sent --send $SOCKET
says "has not taken the descriptors within 10 seconds"
kill $peer
peer take
expect 1 retrieve sent --send $SOCKET --qmp
kill $peer 2>/dev/null || :
is "$(states sent)" "$c retrieved"
peer take
expect 0 retrieve sent --send $SOCKET --iommufd
shows retrieved
wait $peer
out=$(cat /tmp/line)
valid send
is "$(jq -c '[.session, [.descriptors[] | [.name, .kind, .address, .token]]]' /tmp/line)" \
	"[\"sent\",[[\"pci-${c//:/-}\",\"vfio-pci\",\"$c\",\"0x0001000000000300\"],[\"iommufd\",\"iommufd\",null,null]]]"
is "$(states sent)" "$c retrieved"
peer take "$PROBE" 'fd:{0}' bind wait
expect 0 retrieve sent --send $SOCKET --finish
shows finished
expect 6 finish sent
kill "$(pgrep -x probe)"
until_true is_free "$c"
# A peer that takes everything, and ends
peer take
expect 1 retrieve "done" --send $SOCKET --finish
says "its user has ended"
expect 0 recover "done"
is_free "$d"

# Notes without a device
expect 6 finish notes
expect 0 retrieve notes -- cat /proc/self/fd/{note.txt}
is "$out" "a note"
expect 5 finish notes
says "note.txt"
expect 0 finish notes --drop-memfds
finished notes
