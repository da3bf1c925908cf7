# SPDX-License-Identifier: GPL-2.0-or-later
# capabilities.sh [all]: the table in the section CAPABILITIES of vfio-luctl(8), both ways: with those
# that it lists and no other, user 0 gets what he gets with all; without one of them, what stands
# below. With "all", every other one is taken away too, and that changes nothing.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}

# The verb, what it has not, its status, and what it tells (a pattern)
WITHOUT='
list:SYS_PTRACE:0 A - B - C -*
list:DAC_READ_SEARCH:0 A - B - C -*
check:SYS_PTRACE:0 *hidden processes of other users could not be looked at*CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH*
check:DAC_READ_SEARCH:0 *hidden processes of other users could not be looked at*CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH*
status:SYS_PTRACE:0 *descriptors of other users'"'"' processes (root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can see more)*
status:DAC_READ_SEARCH:0 *descriptors of other users'"'"' processes (root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can see more)*
monitor:NET_ADMIN:0 SO_RCVBUFFORCE -1 EPERM*
wait:NET_ADMIN:0 SO_RCVBUFFORCE -1 EPERM*
preserve --pid:SYS_PTRACE:1 vfio-luctl: preserve: process #*: we may not look at its files: Permission denied*CAP_SYS_PTRACE*
preserve --pid:DAC_READ_SEARCH:1 vfio-luctl: preserve: process #*: we may not look at its files: Permission denied*CAP_SYS_PTRACE*
preserve --memfd:SYS_PTRACE:1 vfio-luctl: preserve: process #*: we may not take descriptor # of it: Operation not permitted*CAP_SYS_PTRACE*
preserve --attach:DAC_READ_SEARCH:1 vfio-luctl: preserve: /tmp/secret: cannot open it: Permission denied*
kexec:SYS_BOOT:1 vfio-luctl: kexec: /run/vm/channel/bzImage: cannot load the kernel: Operation not permitted*CAP_SYS_BOOT*
kexec:SYS_PTRACE:4 vfio-luctl: kexec: [BC]: device-use-hidden: *CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH*
kexec:DAC_READ_SEARCH:4 vfio-luctl: kexec: [BC]: device-use-hidden: *CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH*
kexec:SYSLOG:1 *vfio-luctl: kexec: the kernel does not jump: Invalid argument*
keeper:SYS_RESOURCE:0 *oom 0 locked yes *
keeper:IPC_LOCK:0 *oom -1000 locked no *
finish:SYS_PTRACE:5 *vfio-luctl: finish: M: memfd 1 (ram) is in use by nobody*CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH*
finish:DAC_READ_SEARCH:5 *vfio-luctl: finish: M: memfd 1 (ram) is in use by nobody*CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH*
retrieve --send:DAC_OVERRIDE:1 vfio-luctl: retrieve: /tmp/peer: cannot connect: Permission denied*
'

# rows: of the man page, "VERB:CAPABILITY" in each line
rows() {
	sed -n '/^\.Sh CAPABILITIES/,/^\.El/p' man/vfio-luctl.8 | awk '
		sub(/^\.It /, "") {
			gsub(/Cm /, "")
			gsub(/Fl -/, "--")
			n = split($0, verbs, / , /)
		}
		sub(/^\.Dv /, "") {
			m = split($0, capabilities, / /)
			for (i = 1; i <= n; i++)
				for (j = 1; j <= m; j++)
					print verbs[i] ":" capabilities[j]
		}' | sed 's/:CAP_/:/'
}

# as CAPABILITIES WORD...: of user 0 who has no other
as() {
	setpriv --inh-caps=-all --bounding-set="$1" "${@:2}"
}

# set_of CAPABILITY...: into $set, as setpriv has them
set_of() {
	local word
	set=-all
	for word; do
		set+=,+${word,,}
	done
}

# with CAPABILITIES FUNCTION: into $result what came of it, but for what differs each time
with() {
	local status=0
	"$2" "$1" >/tmp/out 2>&1 </dev/null || status=$?
	result="$status $(sed -E "s/$a/A/g; s/$b/B/g; s/$c/C/g; s/\bm[0-9]+\b/M/g; s/\b20[0-9-]+T[^ ]*//g
		s/(process|pid|descriptor) [0-9]+/\1 #/g" /tmp/out | tr -s ' \n' ' ')"
}

# check_verb VERB FUNCTION: FUNCTION CAPABILITIES does it and takes it back
check_verb() {
	local caps cap usual want set
	mapfile -t caps < <(rows | sed -n "s/^$1://p")
	with +all "$2"
	usual=$result
	echo "$1: $usual"
	set_of "${caps[@]}"
	with "$set" "$2"
	echo "    with ${caps[*]:-none}: $result"
	is "$result" "$usual"
	for cap in "${caps[@]}"; do
		# shellcheck disable=SC2046 # words
		set_of $(printf '%s\n' "${caps[@]}" | sed "/^$cap\$/d")
		with "$set" "$2"
		echo "    without $cap: $result"
		want=$(sed -n "s/^$1:$cap://p" <<<"$WITHOUT")
		# shellcheck disable=SC2053 # a pattern
		[[ $result == $want && $result != "$usual" ]] || { echo "that is not: $want"; return 1; }
	done
	[ -z "$all" ] || for cap in $(setpriv --list-caps | tr '[:lower:]' '[:upper:]' | sort -u); do
		[[ " ${caps[*]} " != *" $cap "* ]] || continue
		with "+all,-${cap,,}" "$2"
		is "$result" "$usual"
	done
	echo "$1" >>/share/checked
}

list_() {
	as "$1" "$LUCTL" list -n -o device,pids
}

check_() {
	as "$1" "$LUCTL" check "$b"
}

status_() {
	as "$1" "$LUCTL" status
}

# The buffer for events: what is too many for it is told as lost
buffer() {
	as "$1" strace -qq -f -e trace=setsockopt -o /tmp/calls "${@:2}" >/dev/null
	grep SO_RCVBUFFORCE /tmp/calls | sed 's/.*= \(-1 E[A-Z]*\|0\).*/SO_RCVBUFFORCE \1/'
}

monitor_() {
	buffer "$1" timeout -s TERM 2 "$LUCTL" monitor "$a"
}

wait_() {
	buffer "$1" "$LUCTL" wait "$a" --for bound --timeout 5
}

# preserve CAPABILITIES WORD...: and cancel
preserve() {
	local status=0
	as "$1" "$LUCTL" preserve vm "${@:2}" || status=$?
	[ ! -e /run/vfio-luctl/vm.sock ] || as -all "$LUCTL" cancel vm >/dev/null
	return $status
}

preserve_() {
	preserve "$1" "$a" "$b" --attach /etc/hostname
}

pid_() {
	preserve "$1" --pid "$vmm" --memfd
}

memfd_() {
	preserve "$1" --memfd "$vmm:$ram=ram"
}

attach_() {
	preserve "$1" --attach /tmp/secret
}

# Its memory is locked whatever the limit, and it is the last that is killed
keeper_() {
	local keeper
	(
		ulimit -l 0
		as "$1" "$LUCTL" preserve vm "$a"
	)
	keeper=$("$LUCTL" status -n -o holder vm | head -n1 | tr -d ' ')
	echo "oom $(<"/proc/$keeper/oom_score_adj") locked $(grep -q '^VmLck:.*[1-9]' "/proc/$keeper/status" && echo yes || echo no)"
	as -all "$LUCTL" cancel vm
}

# The kernel refuses to jump, and says why
kexec_() {
	as "$1" "$LUCTL" kexec --force device-interrupts "${NEXT[@]}"
}

# Once retrieved a session can be had again, when its keeper is gone
send_() {
	local status=0
	as "$1" "$LUCTL" retrieve sent --send /tmp/peer || status=$?
	pkill -KILL -x vfio-luctl-keep || :
	until_true grep -q "^incoming session sent unclaimed" /sys/kernel/debug/liveupdate/sessions
	return $status
}

# The keeper looks for who has the memory open, with what retrieve has left it
finish_() {
	session=m$((++sessions))
	as "$1" "$LUCTL" retrieve $session --send /tmp/open
	as "$1" "$LUCTL" finish $session
}

# user WORD...: of somebody who is not root
user() {
	setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all "$@"
}

# user_with CAPABILITIES WORD...: of another
user_with() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="$1" --ambient-caps="$1" "${@:2}"
}

# A VMM of that user, with c and memory
begin_vmm() {
	chmod 666 "$(cdev "$c")" /dev/iommu
	sleep 1000 | user "$PROBE" memfd:ram "open:$(cdev "$c")" bind touch:/tmp/held wait >/dev/null &
	until_true test -e /tmp/held
	vmm=$(pgrep -x probe)
	ram=$(find "/proc/$vmm/fd" -lname '/memfd:*' -printf '%f\n' | head -n1)
}

boot_1() {
	local vmm ram i memory=()
	rm -f /share/checked
	bind_all
	begin_vmm
	check_verb list list_
	check_verb check check_
	check_verb status status_
	check_verb monitor monitor_
	check_verb wait wait_
	check_verb preserve preserve_
	check_verb "preserve --pid" pid_
	check_verb "preserve --memfd" memfd_
	echo secret >/tmp/secret
	chown 1000 /tmp/secret
	chmod 600 /tmp/secret
	check_verb "preserve --attach" attach_
	check_verb keeper keeper_

	# Who is not root sees with these what root does; but for what changes something, none is enough
	list_ +all >/tmp/of-root
	user_with -all,+sys_ptrace,+dac_read_search "$LUCTL" list -n -o device,pids >/tmp/of-user
	cmp /tmp/of-root /tmp/of-user
	user_with -all "$LUCTL" list -n -o device,pids >/tmp/of-user
	is "$(grep -c ' -$' /tmp/of-user)" 3
	with -all,+sys_boot,+dac_override user_kexec
	is "$result" "1 vfio-luctl: kexec: it takes root to replace the kernel: Operation not permitted "
	kill "$vmm"
	until_true is_free "$c"

	echo 1 >/proc/sys/kernel/dmesg_restrict
	user sleep 1000 &
	hold /tmp/irq create:irq "open:$(cdev "$a")" bind preserve:0x0001000000000100 msi
	check_verb kexec kexec_
	kexec -s -u
	kill "$(pgrep -x probe)"
	until_true is_free "$a"

	"$LUCTL" preserve sent "$a" >/dev/null
	"$LUCTL" preserve other "$c" >/dev/null
	"$LUCTL" preserve bound "$b" >/dev/null
	for ((i = 0; i < count; i++)); do
		memory+=(memfd:ram)
	done
	"$PROBE" "${memory[@]}" "run:for i in \$(seq $count); do $LUCTL preserve m\$i --memfd \$PPID:\$((i + 2))=ram; done" >/dev/null
	as -all,+sys_boot,+sys_ptrace,+dac_read_search "$LUCTL" kexec "${NEXT[@]}"
	exit 1
}

user_kexec() {
	user_with "$1" "$LUCTL" kexec "${NEXT[@]}"
}

# peers: that user's, who keep what they get; who may connect to the second is root with his rights only
peers() {
	rm -f /tmp/open /tmp/peer
	user python3 - <<-'EOF' || : &
	import os, socket, threading
	def serve(path, mode):
	    server = socket.socket(socket.AF_UNIX)
	    server.bind(path)
	    os.chmod(path, mode)
	    server.listen(8)
	    while True:
	        socket.recv_fds(server.accept()[0], 65536, 253)
	threading.Thread(target=serve, args=("/tmp/open", 0o666)).start()
	serve("/tmp/peer", 0o600)
	EOF
	until_true test -S /tmp/peer -a -S /tmp/open
}

boot_2() {
	modprobe vfio-pci
	as -all "$LUCTL" retrieve bound --bind --iommufd -- "$PROBE" "fd:{$b}" bind
	as -all "$LUCTL" recover bound
	is_free "$b"
	bind_one "$a"
	bind_one "$c"
	as -all "$LUCTL" recover other
	is_free "$c"
	chmod 1777 /tmp
	peers
	check_verb finish finish_
	check_verb "retrieve --send" send_
	pkill -u 1000 python3
	as -all "$LUCTL" recover sent
	until_true is_free "$a"
	rows | cut -d : -f 1 | sort -u | diff - <(sort -u /share/checked | grep -vx preserve)
	diff <(rows | sort) <(sed -nE 's/^([^:]+:[^:]+):.*/\1/p' <<<"$WITHOUT" | sort)
}

all=${1:-}
sessions=0 count=6
[ -z "$all" ] || count=50
"boot_$BOOT"
