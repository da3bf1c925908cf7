# SPDX-License-Identifier: GPL-2.0-or-later
# preserve killed at its system calls while it fills the session that systemd made, or has its
# unit started: what is not preserved is free, at once and without a cancel.
source "$(dirname "${BASH_SOURCE[0]}")/unit.bash"
a=${DEVICE[0]}
LUCTL=$(realpath "$LUCTL")
declare -ri KILL=9

# settled SESSION: preserved, or free with nothing in any session and no unit that has one
settled() {
	[ "$(states "$1" 2>/dev/null)" = "$a preserved" ] || {
		! grep -q '^outgoing file ' /sys/kernel/debug/liveupdate/sessions &&
			is "$(cat "/sys/bus/pci/devices/$a/liveupdate")" none && is_free "$a"
	}
}

bind_all
install_unit
printf '[Service]\nLUOSession=given\n' | put etc/systemd/system/vfio-luctl@given.service.d/luo.conf
grep '^outgoing' /sys/kernel/debug/liveupdate/sessions || :

# A unit takes its time to start: not at every one of them, here
for session in given vm; do
	[ $session = given ] && step=2 || step=6
	n=1 told='' kept=0 points=0
	while [[ $told != ended ]]; do
		# Once with a keeper that waits anyway, once with one that is started for this
		[ $session = vm ] || systemctl start "vfio-luctl@$session"
		"$PWD/build/tests/killat" $KILL "$n" client "$LUCTL" preserve $session "$a" >/tmp/told 2>&1 || :
		told=$(tail -n 1 /tmp/told)
		[[ $told == ended || $told == "sent at "* ]]
		until_true settled $session
		if [ "$(states $session 2>/dev/null)" = "$a preserved" ]; then
			((++kept))
			"$LUCTL" cancel $session >/dev/null
			until_true active $session inactive
		fi
		n=$((n + step)) points=$((points + 1))
	done
	echo "$session: killed at $points system calls, $kept times after the act: the device was free else"
	((points > 10 && kept > 0))
done
