# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a live update takes for each device, with few in the session (FEW) and with
# all devices of the machine, and how long the enumeration takes in the next
# kernel: bench.sh FEW.  Prints ratios; nothing is asserted about time.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
BENCH=$PWD/build/tests/bench
few=$1 count=${#DEVICE[@]}

# enumeration: seconds that the kernel took to find all devices, in its log
enumeration() {
	dmesg | awk -F '[][]' '/PCI host bridge to bus 0000:00/ { start = $2 }
		/: PCI bridge to / { end = $2 }
		/ACPI: PCI: Interrupt link/ { print end - start; exit }'
}

# hold N: preserve the first N devices in the session of the next kernel
hold() {
	local cdevs=() address
	for address in "${DEVICE[@]:0:$1}"; do
		cdevs+=("$(basename "$(cdev "$address")")")
	done
	sleep 1000 | "$BENCH" preserve bench "${cdevs[@]}" >>/share/results &
	until_true grep -q "^preserve $1 " /share/results
}

ulimit -n 4096
echo "enumeration $BOOT $(enumeration)" >>/share/results
bind_all
case $BOOT in
1) hold "$few"; next-kernel; exit 1 ;;
2) "$BENCH" retrieve bench "$few" >>/share/results; hold "$count"; next-kernel; exit 1 ;;
esac
"$BENCH" retrieve bench "$count" >>/share/results
is "$(cat /sys/bus/pci/devices/*/liveupdate | sort -u)" none
cat /share/results
awk -v few="$few" -v all="$count" '
	$1 == "enumeration" { enumeration[$2] = $3 }
	{ time[$1, $2] = $3 }
	END {
		printf "per device, in a session of %d over one of %d:", all, few
		split("preserve retrieve bind finish", step)
		for (i = 1; i <= 4; i++) printf " %s %.2f", step[i], time[step[i], all] / time[step[i], few]
		printf "\nenumeration of %d devices, over one with none preserved: with %d preserved %.2f, with %d %.2f\n",
			all, few, enumeration[2] / enumeration[1], all, enumeration[3] / enumeration[1]
	}' /share/results
