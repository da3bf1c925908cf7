# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two devices on one bus, of which the first is preserved. All the time, the second one's user
# resets the bus by way of it, as he may: but not while the first one is frozen. It is for as
# long as the reset of the third device takes, until the fourth refuses to be.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
a=${DEVICE[0]} sibling=${DEVICE[1]} c=${DEVICE[2]} d=${DEVICE[3]}

bind_all
next-kernel --load
"$PROBE" create:vm "open:$(cdev "$a")" bind preserve:1 edu:5 \
	"open:$(cdev "$c")" bind preserve:2 "open:$(cdev "$d")" bind preserve:3 intx \
	"open:$(cdev "$sibling")" bind hot-reset hot-resets "run:next-kernel --jump" polled hot-reset config end >/tmp/resets
cat /tmp/resets
is "$(grep -c ' ok' /tmp/resets)" "$(wc -l </tmp/resets)"
grep -q "^run ok 255" /tmp/resets
is "$(sed -n 's/^polled ok //p' /tmp/resets | tr ' ' '\n' | sort | tr '\n' ' ')" "hot-reset:EBUSY hot-reset:ok "
dmesg | grep "$d: live update impossible: interrupts are enabled"
for address in "${DEVICE[@]}"; do
	is_free "$address"
done
