# SPDX-License-Identifier: GPL-2.0-or-later
# A VMM's device and its memory, preserved from it with the unit: through a crash of the keeper
# and `systemctl kexec`, and the memory is what it was.
source "$(dirname "${BASH_SOURCE[0]}")/unit.bash"
a=${DEVICE[0]} b=${DEVICE[1]}
ram=0x0002000000000001

# content SESSION: what its memory comes to
content() {
	"$LUCTL" retrieve "$1" $ram -- sha256sum /proc/self/fd/3 | cut -d ' ' -f 1
}

case $BOOT in
1)
	bind_all
	install_unit
	printf '[Service]\nLUOSession=given\n' | put etc/systemd/system/vfio-luctl@given.service.d/luo.conf
	# One whose session is of our making, one whose is systemd's
	sleep 1000 | "$PROBE" "open:$(cdev "$a")" bind fill:ram,16 touch:/tmp/one wait >/dev/null &
	until_true test -e /tmp/one
	one=$(pgrep -x probe)
	sleep 1000 | "$PROBE" "open:$(cdev "$b")" bind fill:ram,4 touch:/tmp/two wait >/dev/null &
	until_true test -e /tmp/two
	two=$(pgrep -x probe | grep -vx "$one")
	expect 0 preserve vm --pid "$one" --memfd
	expect 0 preserve given --pid "$two" --memfd
	for session in vm given; do
		kill -KILL "$(main_pid $session)"
		until_true active $session active
	done
	until_true have vm "$a preserved - preserved"
	until_true have given "$b preserved - preserved"
	# It can be written to up to the jump; what counts is what is in it then
	for session in one two; do
		fd=$(find "/proc/${!session}/fd" -lname '/memfd:ram*' | head -n 1)
		echo "the last words of $session" | dd of="$fd" bs=1 seek=5000 conv=notrunc status=none
		sha256sum <"$fd" | cut -d ' ' -f 1 >"/share/$session"
	done
	next-kernel
	;;
2)
	bind_all
	expect 0 retrieve vm
	expect 0 retrieve given
	is "$(states vm)" "$a retrieved - retrieved"
	is "$(content vm)" "$(cat /share/one)"
	is "$(content given)" "$(cat /share/two)"
	for session in vm given; do
		kill -KILL "$(main_pid $session)"
		until_true active $session active
	done
	until_true have vm "$a retrieved - retrieved"
	is "$(content vm)" "$(cat /share/one)"
	is "$(content given)" "$(cat /share/two)"
	expect 0 retrieve vm "$a" -- "$PROBE" "fd:{$a}" bind edu:5
	shows "edu ok 010000ed 120"
	expect 5 finish vm
	says "is in use by nobody"
	expect 0 finish --drop-memfds vm
	expect 0 retrieve given "$b" -- "$PROBE" "fd:{$b}" bind config
	expect 0 finish --drop-memfds given
	is_free "$a"
	is_free "$b"
	all_done
	;;
esac
exit 1
