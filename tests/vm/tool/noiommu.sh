# SPDX-License-Identifier: GPL-2.0-or-later
# A machine without IOMMU: what it takes is CAP_SYS_RAWIO, and no other capability.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]}

# without STATUS PATTERN WORD...: with all capabilities but that one it is refused
without() {
	local got=0
	setpriv --inh-caps=-all --bounding-set=-sys_rawio "$LUCTL" "${@:3}" >/tmp/out 2>/tmp/err || got=$?
	err=$(</tmp/err)
	echo "$got $err"
	is "$got" "$1"
	says "$2"
}

with_it() {
	setpriv --inh-caps=-all --bounding-set=-all,+sys_rawio "$LUCTL" "$@"
}

bind_all
if ((BOOT == 1)); then
	without 1 "$a: cannot open *Operation not permitted*CAP_SYS_RAWIO" preserve vm "$a"
	is "$("$LUCTL" status -n)" ""
	with_it preserve vm "$a"
	with_it cancel vm
	with_it preserve vm "$a"
	next-kernel
	exit 1
fi
without 4 "$a: a device without IOMMU needs CAP_SYS_RAWIO" retrieve vm
is "$(states vm)" "$a arrived"
expect 5 finish vm
kill -KILL "$("$LUCTL" status -n -o holder vm | tr -d ' ')"
with_it retrieve vm -- "$PROBE" "fd:{$a}" bind edu:5
with_it finish vm
finished vm
