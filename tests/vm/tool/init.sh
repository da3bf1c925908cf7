# SPDX-License-Identifier: GPL-2.0-or-later
# What other init systems do to processes before a reboot, done to a keeper: in a PID namespace,
# where everybody but this script can be meant.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]}

# inside: the part of this script in the namespace
if [ "${1:-}" = inside ]; then
	preserved() {
		is "$(states vm)" "$a preserved"
	}
	expect 0 preserve vm "$a"
	keeper=$("$LUCTL" status -n -o holder vm | tr -d ' ')
	# runit, s6, busybox init: TERM and HUP for all, and KILL a little later
	kill -s HUP -- -1
	kill -s TERM -- -1
	sleep 1
	preserved
	is "$("$LUCTL" status -n -o holder vm | tr -d ' ')" "$keeper"
	# sysvinit, OpenRC: killall5, which spares what it is told to
	killall5 -15 || :
	sleep 1
	preserved
	killall5 -9 -o "$keeper" || :
	sleep 1
	preserved
	expect 0 status vm
	shows "$keeper"
	case $2 in
	killall5) killall5 -9 || : ;;
	kill) kill -s KILL -- -1 ;;
	esac
	exit 0
fi

bind_all
for last in killall5 kill; do
	unshare --pid --fork --mount-proc bash "$PWD/tests/vm/tool/init.sh" inside $last
	until_true is_free "$a"
	is "$(cat "/sys/bus/pci/devices/$a/liveupdate")" none
	expect 0 status
	shows stale
	expect 8 status --exit-code
	expect 6 cancel vm
	says "has died"
	expect 0 status --exit-code
done

# Where systemd is not process 1, kexec jumps at once: nobody stops or kills anything
expect 0 preserve vm "$a"
"$LUCTL" check --json | jq -r '.findings[].id' | grep -x init-direct
expect 0 cancel vm
