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

# Without an image there is nothing to jump into, and nothing is frozen
kexec -s -u
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 edu:3 "run:next-kernel --jump" edu:5
