# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kexec that a device cannot follow: it fails, the log names the device and
# the reason, and all devices go on without being closed, also the one that was
# frozen already.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}

bind_all
next-kernel --load
# shellcheck disable=SC2016
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 edu:5 \
	"open:$(cdev "$b")" bind preserve:2 intx \
	"run:next-kernel --jump" \
	config irq-off close end >/tmp/first || :
cat /tmp/first
is "$(grep -c ' ok' /tmp/first)" "$(wc -l </tmp/first)"
grep -q "^run ok [1-9]" /tmp/first
dmesg | grep "$b: live update impossible: interrupts are enabled"
dmesg | grep "Freeze failed for token\[0x2\] handler\[vfio-pci-v1\] err\[-\(22\|EINVAL\)\]"

# The first device is frozen and reset before the second one, in another session,
# refuses. The same file of it works on.
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 edu:4 \
	"run:$PROBE create:two open:$(cdev "$b") bind preserve:2 intx 'run:next-kernel --jump'" \
	edu:6 config command end edu:7 >/tmp/second || :
cat /tmp/second
grep -q "^edu ok 010000ed 720" /tmp/second
grep -q "^edu ok 010000ed 5040" /tmp/second
is_free "$a"
is_free "$b"
is "$(cat /sys/bus/pci/devices/"$a"/liveupdate)" none

# While it is frozen its user gets EIO and SIGBUS, and nothing else; afterwards
# the same mapping works again. A read of the configuration that was under way
# already may still reach the device in its reset.
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 poll \
	"run:$PROBE create:two open:$(cdev "$b") bind preserve:2 intx 'run:next-kernel --jump'" \
	polled edu:6 end >/tmp/polled
cat /tmp/polled
polled=$(sed -n 's/^polled ok //p' /tmp/polled)
for outcome in $polled; do
	case $outcome in
	bar:010000ed | bar:SIGBUS | config:1234:11e8 | config:EIO | config:ffff:ffff) ;;
	*) is "$outcome" "an outcome that is allowed" ;;
	esac
done
for outcome in bar:010000ed bar:SIGBUS config:1234:11e8 config:EIO; do
	[[ " $polled " == *" $outcome "* ]] || is "$polled" "one with $outcome"
done
grep -q "^edu ok 010000ed 720" /tmp/polled
is_free "$a"

# Somebody unbinds its driver, and holds its lock while waiting for the user: the kexec fails, and
# nothing was done to the device before that was known. The same page is still mapped, so reading
# it takes no fault.
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 edu:5 page page command \
	"run:echo $a >/sys/bus/pci/drivers/vfio-pci/unbind &
	until dmesg | grep -q '$a: No device request channel registered'; do sleep 0.1; done
	next-kernel --jump" page command edu:6 close end >/tmp/pending
cat /tmp/pending
is "$(tr '\n' ' ' </tmp/pending)" "create ok open ok bind ok preserve ok edu ok 010000ed 120 page ok 010000ed 1 page ok 010000ed 0 \
command ok 0006 run ok 255 page ok 010000ed 0 command ok 0006 edu ok 010000ed 720 close ok end ok "
dmesg | grep "$a: live update impossible: device is locked"
dmesg | grep "Freeze failed for token\[0x1\] handler\[vfio-pci-v1\] err\[-\(11\|EAGAIN\)\]"
until_true test ! -e "/sys/bus/pci/devices/$a/driver"
bind_one "$a"
until_true is_free "$a"

# Not in D0: the same, and it is usable again
"$PROBE" create:vm "open:$(cdev "$b")" bind preserve:1 d3 "run:next-kernel --jump" d0 config end >/tmp/asleep
cat /tmp/asleep
is "$(tr '\n' ' ' </tmp/asleep)" "create ok open ok bind ok preserve ok d3 ok 3 run ok 255 d0 ok 0 config ok 8086:10c9 end ok "
dmesg | grep "$b: live update impossible: not in power state D0"

# A physical function that got virtual functions after it was preserved, or has them
# before; and a virtual function itself
physical=/sys/bus/pci/devices/$b
echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
echo "$b" >"$physical/driver/unbind"
bind_one "$b"
until_true test -e "$(cdev "$b")"
"$PROBE" create:vm "open:$(cdev "$b")" bind preserve:1 \
	"run:echo 2 >$physical/sriov_numvfs" "run:next-kernel --jump" config \
	"open:$(cdev "$b")" end >/tmp/virtual
cat /tmp/virtual
is "$(tr '\n' ' ' </tmp/virtual)" "create ok open ok bind ok preserve ok run ok 0 run ok 255 config ok 8086:10c9 open ok end ok "
dmesg | grep "$b: live update impossible: has virtual functions"
is "$("$PROBE" create:vm "open:$(cdev "$b")" bind preserve:1 | tail -n 1)" "preserve EINVAL"
is "$(cat "$physical/liveupdate")" none
vf=$(basename "$(readlink "$physical/virtfn0")")
bind_one "$vf"
until_true test -e "$(cdev "$vf")"
is "$("$PROBE" "open:$(cdev "$b")" bind token create:vm "open:$(cdev "$vf")" bind-vf config preserve:1 |
	tail -n 3 | tr '\n' ' ')" "bind-vf ok config ok 8086:10ca preserve ENOENT "
echo 0 >"$physical/sriov_numvfs"

# Without an image there is nothing to jump into, and nothing is frozen
kexec -s -u
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 edu:3 "run:next-kernel --jump" edu:5
