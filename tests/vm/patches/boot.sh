# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel can do after any patch of the series: vfio-pci takes a device, a program
# uses it, and the modules go.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"

bind_all
"$PROBE" "open:$(cdev "${DEVICE[0]}")" bind config edu:5
modprobe -r vfio-pci
