# SPDX-License-Identifier: GPL-2.0-or-later
# The unit that the tool ships: preserve and retrieve use it, systemd carries its session through
# `systemctl kexec`, and neither a crash nor a stop loses anything.
source "$(dirname "${BASH_SOURCE[0]}")/unit.bash"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}

case $BOOT in
1)
	bind_all
	# Without the unit, the keeper is one of the tool's own, and check says what systemd does to it
	expect 0 preserve own "$b"
	expect 4 check
	shows init-kills
	expect 0 cancel own
	install_unit
	is "$(systemd-analyze verify --man=no vfio-luctl@vm.service 2>&1)" ""
	expect 0 preserve --dry-run vm "$a"
	active vm inactive
	expect 0 preserve vm "$a"
	active vm active
	is "$(kept vfio-luctl@vm)" "manifest session"
	is "$(states vm)" "$a preserved"
	is "$(main_pid vm)" "$("$LUCTL" status -n -o holder vm | sort -u | tr -d ' ' | grep -v '^1$')"
	systemctl status --no-pager vfio-luctl@vm | grep -F 'Holds 1 files for the next kernel'

	# Cancelled, it ends and nothing is kept
	expect 0 cancel vm
	until_true active vm inactive
	is "$(kept vfio-luctl@vm)" ""
	is_free "$a"
	# What cannot be preserved leaves no unit behind
	sleep 1000 | "$PROBE" "open:$(cdev "$a")" bind touch:/tmp/bound wait >/dev/null &
	until_true test -e /tmp/bound
	expect 5 preserve vm "$a"
	until_true active vm inactive
	kill "$(pgrep -x probe)"
	until_true is_free "$a"

	# Killed, restarted, stopped and started; the order of what is kept changes with each reload
	expect 0 preserve vm "$a"
	systemctl daemon-reload
	kill -KILL "$(main_pid vm)"
	until_true have vm "$a preserved"
	expect 5 preserve other "$a"
	systemctl daemon-reload
	systemctl restart vfio-luctl@vm
	is "$(states vm)" "$a preserved"
	systemctl stop vfio-luctl@vm
	expect 5 preserve other "$a"
	systemctl start vfio-luctl@vm
	is "$(states vm)" "$a preserved"
	is "$(kept vfio-luctl@vm)" "manifest session"
	is "$("$LUCTL" status -n -o stored vm | tr -d ' ')" yes
	systemctl stop vfio-luctl@vm
	expect 0 cancel vm
	until_true active vm inactive
	is_free "$a"
	expect 0 preserve vm "$a"

	# What a reload has emptied is no reason to end at a signal; it is filled again where that can be
	printf '[Service]\nFileDescriptorStoreMax=0\n' | put etc/systemd/system/vfio-luctl@vm.service.d/store.conf
	is "$(kept vfio-luctl@vm)" ""
	kill -TERM "$(main_pid vm)"
	sleep 0.5
	is "$(states vm)" "$a preserved"
	rm /etc/systemd/system/vfio-luctl@vm.service.d/store.conf /share/system/etc/systemd/system/vfio-luctl@vm.service.d/store.conf
	systemctl daemon-reload
	kill -TERM "$(main_pid vm)"
	until_true active vm inactive
	is "$(kept vfio-luctl@vm)" session
	systemctl start vfio-luctl@vm
	have vm "- no-manifest $a preserved"
	expect 0 cancel vm
	until_true active vm inactive
	expect 0 preserve vm "$a"

	# A unit with devices of its own
	mkdir -p /etc/systemd/system
	printf '[Service]\nEnvironment="DEVICES=%s"\n' "$b" | put etc/systemd/system/vfio-luctl@own.service.d/devices.conf
	systemctl start vfio-luctl@own
	is "$(states own)" "$b preserved"
	printf '[Service]\nEnvironment="DEVICES=%s"\n' 0000:77:00.0 | put etc/systemd/system/vfio-luctl@bad.service.d/devices.conf
	if systemctl start vfio-luctl@bad; then exit 1; fi
	journalctl --no-pager -u vfio-luctl@bad | grep -F '0000:77:00.0: not among the VFIO devices'
	# One that keeps nothing is no place for a session
	printf '[Service]\nFileDescriptorStoreMax=0\n' | put etc/systemd/system/vfio-luctl@small.service.d/store.conf
	expect 0 cancel vm
	expect 4 preserve small "$a"
	says "does not keep the session"
	is_free "$a"
	until_true active small inactive
	# A session that systemd makes, whatever its name in the kernel
	printf '[Service]\nLUOSession=given\n' | put etc/systemd/system/vfio-luctl@given.service.d/luo.conf
	systemctl start vfio-luctl@given
	is "$("$LUCTL" status -n -o state given | tr -d ' ')" waiting
	is "$(kept vfio-luctl@given)" given
	sleep 1000 | "$PROBE" "open:$(cdev "$c")" bind touch:/tmp/bound2 wait >/dev/null &
	until_true test -e /tmp/bound2
	expect 5 preserve given "$c"
	kill "$(pgrep -x probe)"
	until_true is_free "$c"
	expect 0 preserve given "$c"
	is "$(kept vfio-luctl@given)" "given manifest"
	is "$(states given)" "$c preserved"
	kill -KILL "$(main_pid given)"
	until_true have given "$c preserved"
	systemctl stop vfio-luctl@given
	is "$("$LUCTL" status -n -o unit,carried | tr -s ' ' | sort -u | tr '\n' ' ')" "vfio-luctl@given.service yes vfio-luctl@own.service yes "
	expect 0 cancel given
	until_true active given inactive
	is_free "$c"
	expect 6 cancel given
	systemctl start vfio-luctl@given
	systemctl stop vfio-luctl@given
	expect 6 finish given
	says "no keeper holds this session"
	until_true active given inactive
	expect 0 preserve given "$c"
	is "$("$LUCTL" status -n -o session | tr -d ' ' | sort -u | tr '\n' ' ')" "given own "
	grep -E '^outgoing session vfio-luctl@g[^ ]*-[0-9a-f]{24} ' /sys/kernel/debug/liveupdate/sessions
	# One that keeps the session only: it goes along, and is known again in the next kernel
	printf '[Service]\nFileDescriptorStoreMax=1\n' | put etc/systemd/system/vfio-luctl@tight.service.d/store.conf
	expect 0 preserve tight "$a"
	is "$(kept vfio-luctl@tight)" session
	kill -KILL "$(main_pid tight)"
	until_true have tight "- no-manifest $a preserved"
	expect 0 cancel tight
	is_free "$a"
	expect 0 preserve tight "$a"
	systemctl restart vfio-luctl@tight
	# In the next kernel, this one's unit will keep nothing
	mkdir -p /share/system/etc/systemd/system/vfio-luctl@own.service.d
	printf '[Service]\nFileDescriptorStoreMax=0\n' >/share/system/etc/systemd/system/vfio-luctl@own.service.d/store.conf
	expect 0 check
	next-kernel
	;;
2)
	is "$(kept vfio-luctl@tight)" session
	bind_all
	is_locked "$a"
	is_locked "$b"
	expect 0 status
	expect 6 retrieve nosuch
	until_true active nosuch inactive
	expect 0 retrieve tight
	is "$(states tight)" "$a retrieved"
	active tight active
	# Nothing is forgotten when the keeper dies between retrieve and finish
	kill -KILL "$(main_pid tight)"
	until_true have tight "$a retrieved"
	systemctl restart vfio-luctl@tight
	is "$(states tight)" "$a retrieved"
	expect 0 retrieve tight -- "$PROBE" "fd:{$a}" bind edu:5
	shows "edu ok 010000ed 120"
	systemctl stop vfio-luctl@tight
	expect 0 finish tight
	until_true active tight inactive
	is "$(kept vfio-luctl@tight)" ""
	is_free "$a"
	is "$(kept vfio-luctl@given)" "given manifest"
	expect 0 retrieve given -- "$PROBE" "fd:{$c}" bind config
	systemctl stop vfio-luctl@given
	expect 0 finish given
	is "$(kept vfio-luctl@given)" ""
	is_free "$c"
	# Its devices were preserved: they are not once more
	systemctl start vfio-luctl@own
	is "$(states own)" "$b arrived"
	is "$(kept vfio-luctl@own)" ""
	is "$("$LUCTL" status -n -o stored own | tr -d ' ')" no
	# Held all the same, so no signal ends it
	kill -TERM "$(main_pid own)"
	sleep 0.5
	is "$(states own)" "$b arrived"
	expect 0 retrieve own -- "$PROBE" "fd:{$b}" bind config
	expect 0 finish own
	is_free "$b"
	all_done
	;;
esac
exit 1
