# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests that the series adds to the kernel's own ones, for each device and
# through a kexec. Nothing may be skipped but what is asked for first.
# shellcheck source=tests/vm/tool/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"
uapi=$KERNEL_DIR/selftests/vfio/vfio_pci_liveupdate_uapi_test
kexec=$KERNEL_DIR/selftests/vfio/vfio_pci_liveupdate_kexec_test

# skips COMMAND...: says so in the way of kselftests
skips() {
	local status=0
	"$@" || status=$?
	is "$status" 4
}

bind_all
if ((BOOT == 1)); then
	skips "$uapi"
	skips "$kexec" -s 1
	mv /dev/liveupdate /dev/elsewhere
	skips "$uapi" "${DEVICE[0]}"
	skips "$kexec" -s 1 "${DEVICE[@]}"
	mv /dev/elsewhere /dev/liveupdate

	for address in "${DEVICE[@]}"; do
		"$uapi" "$address" | tee /tmp/uapi
		is "${PIPESTATUS[0]}" 0
		grep -q 'fail:0 .*skip:0 ' /tmp/uapi
	done
	"$kexec" -s 1 "${DEVICE[@]}"
	next-kernel
	exit 1
fi
"$kexec" -s 2 "${DEVICE[@]}"
is "$(cat /sys/kernel/debug/liveupdate/sessions)" ""
