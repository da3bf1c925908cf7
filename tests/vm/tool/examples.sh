# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the documents that are given, as they stand there (see tests/examples). They are written
# for three devices at these addresses: edu, igb and virtio-rng; before the kexec, the last is not bound to
# vfio-pci.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
is "$DEVICES" "0000:01:00.0 0000:02:00.0 0000:03:00.0"
modprobe vfio-pci

# The images that the examples name are in the lab at other places
examples() {
	tests/examples --replace "/boot/vmlinuz=$IMAGE" --replace "/boot/initrd.img=$INITRD" "$@"
}

if ((BOOT == 1)); then
	bind_one "${DEVICE[0]}"
	bind_one "${DEVICE[1]}"
	examples boot1 "$@"
	echo "the last example before the kexec has not jumped"
	exit 1
fi

bind_all
examples boot2 "$@"
until_true finished vm1
! pgrep -x qemu-system-x86 >/tmp/qemu || kill "$(</tmp/qemu)"
until_true is_free "${DEVICE[0]}"
if tests/examples --list "$@" | grep -q ' vmm$'; then
	hold /tmp/held "open:$(cdev "${DEVICE[0]}")" bind fill:pc.ram,64
	examples --replace "4711=$(pgrep -x probe)" vmm "$@"
fi
