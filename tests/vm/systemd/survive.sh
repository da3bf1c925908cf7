# SPDX-License-Identifier: GPL-2.0-or-later
# A keeper that systemd does not know a session of: with SurviveFinalKillSignal= it is there when
# the kernel jumps, which is the remedy for versions that have no store to carry.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}

bind_all
case $BOOT in
1)
	systemd-run --unit=survivor --service-type=forking --property=KillMode=none \
		--property=SurviveFinalKillSignal=yes --property=DefaultDependencies=no \
		"$PWD/vfio-luctl" preserve vm "$a"
	# It heeds no SIGTERM, for which systemd waits
	systemd-run --unit=victim --service-type=forking --property=TimeoutStopSec=5 "$PWD/vfio-luctl" preserve lost "$b"
	is "$(states vm)" "$a preserved"
	is "$(states lost)" "$b preserved"
	expect 4 check
	shows init-kills
	next-kernel
	;;
2)
	is "$("$LUCTL" list -n -o device,liveupdate | tr -s ' ' | sed 's/ $//' | paste -sd ' ')" "$a incoming $b none"
	is_locked "$a"
	is_free "$b"
	expect 6 retrieve lost
	expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5
	expect 0 finish vm
	is_free "$a"
	exit 0
	;;
esac
exit 1
