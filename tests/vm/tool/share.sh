# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Our share of a live update: what preserve, retrieve and finish take, over a bare loop of the same
# system calls (tests/vm/share.c), with 1, FEW and all devices of the machine: share.sh FEW.
# Prints ratios; nothing is asserted about time.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
SHARE=$PWD/build/tests/share
few=$1 count=${#DEVICE[@]}
REPEATS=5

# note WAY COUNT: lines "STEP TIME" into the table; the least of each counts
note() {
	sed "s/^/$1 $2 /" >>/share/results
}

# chosen FROM COUNT: devices into $chosen, and $cdevs
chosen() {
	local address
	chosen=("${DEVICE[@]:$1:$2}") cdevs=()
	for address in "${chosen[@]}"; do
		cdevs+=("$(basename "$(cdev "$address")")")
	done
}

# preserve WAY SESSION: the chosen devices; how long goes to standard output
preserve() {
	if [ "$1" = tool ]; then
		"$SHARE" time preserve "$LUCTL" preserve "$2" "${chosen[@]}" | grep '^preserve '
	else
		"$SHARE" time preserve "$SHARE" preserve "$2" "${cdevs[@]}" | tee /tmp/pid | grep '^preserve '
	fi
}

# let_go_of PID: end it, and wait for that, which takes as long as its devices take
let_go_of() {
	kill "$1"
	while grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; do
		sleep 0.1
	done
}

# drop WAY SESSION: that session
drop() {
	if [ "$1" = tool ]; then
		"$LUCTL" cancel "$2" >/dev/null
	else
		let_go_of "$(grep -v preserve /tmp/pid)"
	fi
}

# A verb costs at least that: the program is loaded and its libraries are linked
measure_start() {
	local i
	for ((i = 0; i < REPEATS; i++)); do
		"$SHARE" time start "$LUCTL" --version | grep '^start ' | note tool 0
	done
}

measure_preserve() {
	local n i way
	for n in 1 "$few" "$count"; do
		chosen 0 "$n"
		for ((i = 0; i < REPEATS; i++)); do
			for way in bare tool; do
				preserve "$way" bench | note "$way" "$n"
				drop "$way" bench
			done
		done
	done
}

# measure_retrieve WAY SESSION COUNT: out of it, bound, and finished
measure_retrieve() {
	local command=("$SHARE" retrieve "$2" "$3")
	rm -f /tmp/go /tmp/out
	mkfifo /tmp/go
	[ "$1" = bare ] || command=("$LUCTL" retrieve "$2" -- "$SHARE" bound "$3")
	"$SHARE" start "${command[@]}" </tmp/go >/tmp/out &
	exec 5>/tmp/go
	until_true grep -q '^bind ' /tmp/out
	[ "$1" = bare ] || "$SHARE" time finish "$LUCTL" finish "$2" | grep '^finish ' | note "$1" "$3"
	exec 5>&-
	wait $!
	note "$1" "$3" </tmp/out
}

report() {
	awk -v few="$few" -v all="$count" '
		# Whoever binds does that himself, here and there: the difference is none of ours
		$3 == "bind" { least("bare " $2 " bind", $4); least("tool " $2 " bind", $4); next }
		{ least($1 " " $2 " " $3, $4) }
		function least(key, spent) { if (!(key in time) || spent < time[key]) time[key] = spent }
		function each(way, step, from, to) { return (time[way " " to " " step] - time[way " " from " " step]) / (to - from) }
		END {
			sizes[1] = 1; sizes[2] = few; sizes[3] = all
			printf "%-9s %8s %12s %12s %7s   %s\n", "STEP", "DEVICES", "BARE", "TOOL", "RATIO", "microseconds, all of it"
			for (s = 1; s <= split("preserve retrieve bind finish", step); s++)
				for (i = 1; i <= 3; i++) {
					bare = time["bare " sizes[i] " " step[s]]; tool = time["tool " sizes[i] " " step[s]]
					printf "%-9s %8d %12d %12d %7.2f\n", step[s], sizes[i], bare, tool, tool / bare
					all_bare[i] += bare; all_tool[i] += tool
				}
			for (i = 1; i <= 3; i++)
				printf "%-9s %8d %12d %12d %7.2f\n", "all", sizes[i], all_bare[i], all_tool[i], all_tool[i] / all_bare[i]
			printf "\n%-9s %8s %12s %12s %7s   %s\n", "STEP", "DEVICES", "BARE", "TOOL", "RATIO", "microseconds, each device more"
			for (i = 2; i <= 3; i++) {
				bare = tool = 0
				for (s = 1; s <= 4; s++) {
					b = each("bare", step[s], sizes[i - 1], sizes[i]); t = each("tool", step[s], sizes[i - 1], sizes[i])
					bare += b; tool += t
					printf "%-9s %8s %12.1f %12.1f %7.2f\n", step[s], sizes[i - 1] "-" sizes[i], b, t, t / b
				}
				printf "%-9s %8s %12.1f %12.1f %7.2f\n", "all", sizes[i - 1] "-" sizes[i], bare, tool, tool / bare
			}
			printf "\nOf TOOL, three times: to start the program, which does nothing then: %d\n", time["tool 0 start"]
		}' /share/results
}

((2 * few + 2 <= count)) || { echo "$few: not twice, and two more, of $count devices"; exit 1; }
ulimit -n 4096
bind_all
# Both sessions of all devices do not fit into one machine
case $BOOT in
1)
	measure_start
	measure_preserve
	chosen 0 1; preserve tool tool1 >/dev/null
	chosen 1 1; preserve bare bare1 >/dev/null
	chosen 2 "$few"; preserve tool toolfew >/dev/null
	chosen $((2 + few)) "$few"; preserve bare barefew >/dev/null
	next-kernel
	exit 1
	;;
2)
	for way in tool bare; do
		measure_retrieve $way "${way}1" 1
		measure_retrieve $way "${way}few" "$few"
	done
	chosen 0 "$count"; preserve tool toolall >/dev/null
	next-kernel
	exit 1
	;;
3)
	measure_retrieve tool toolall "$count"
	chosen 0 "$count"; preserve bare bareall >/dev/null
	next-kernel
	exit 1
	;;
esac
measure_retrieve bare bareall "$count"
is "$(cat /sys/bus/pci/devices/*/liveupdate | sort -u)" none
cat /share/results
report
