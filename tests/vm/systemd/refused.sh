# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel refuses to take along, systemd does not: it reboots, and all is lost.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

((BOOT == 1)) || { echo "a kexec in spite of the interrupt" && exit 1; }
unit keeps FileDescriptorStoreMax=4 FileDescriptorStorePreserve=yes
bind_all
does keeps create:vm "open:$(cdev "${DEVICE[0]}")" bind preserve:0x0001000000000100 msi session store:session
next-kernel
