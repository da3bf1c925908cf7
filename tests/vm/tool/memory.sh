# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of every size comes back by its name, byte for byte.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]}
SIZES=(1 4096 4097 1048576 268435456 1073741824)

# A process with a memfd of each size; no two pages of all have the same content. The
# last MiB of the largest is a hole.
if ((BOOT == 1)); then
	bind_all
	python3 - "${SIZES[@]}" <<-'EOF' &
	import os, struct, sys, time
	for number, size in enumerate(map(int, sys.argv[1:])):
	    fd = os.memfd_create("m%d" % number)
	    block = bytearray(os.urandom(1 << 20))
	    for start in range(0, size, len(block)):
	        for page in range(0, len(block), 4096):
	            struct.pack_into("QQ", block, page, number, start + page)
	        if start + len(block) < 1 << 30:
	            os.write(fd, block[:size - start])
	    os.ftruncate(fd, size)
	open("/tmp/made", "w").close()
	time.sleep(1000)
	EOF
	holder=$!
	until_true test -e /tmp/made || until_true test -e /tmp/made || until_true test -e /tmp/made
	memory=()
	for number in "${!SIZES[@]}"; do
		fd=$(cd "/proc/$holder/fd" && for fd in *; do [[ $(readlink "$fd") != "/memfd:m$number "* ]] || echo "$fd"; done)
		memory+=(--memfd "$holder:$fd=ram$number")
		cksum <"/proc/$holder/fd/$fd"
	done >/share/sums
	expect 0 preserve vm "$a" "${memory[@]}"
	kill $holder
	next-kernel
	exit 1
fi

bind_all
# shellcheck disable=SC2016 # for that shell
expect 0 retrieve vm -- sh -c 'for fd; do cksum <"/proc/self/fd/$fd"; done' sh '{ram0}' '{ram1}' '{ram2}' '{ram3}' '{ram4}' '{ram5}'
is "$out" "$(cat /share/sums)"
is "$(awk '{ print $2 }' /share/sums | xargs)" "${SIZES[*]}"
expect 5 finish vm
says "ram5"
# A new user of all of it, by names
"$LUCTL" retrieve vm --finish -- "$PROBE" "fd:{$a}" bind touch:/tmp/bound wait < <(sleep 1000) >/dev/null &
until_true test -e /tmp/bound
until_true finished vm
kill "$(pgrep -x probe)"
until_true is_free "$a"
