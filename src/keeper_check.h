/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May this device be retrieved now?  The kernel remembers a failed retrieve
 * for ever, so it is asked only when nothing known stands against it: before
 * anything is retrieved by the client, and by the keeper right before the
 * ioctl.
 */
#pragma once

#include <stddef.h>

struct error;
struct manifest_entry;
struct vfio_device;

/*
 * Is what is at the address of @entry the device it was, bound to vfio-pci,
 * with a VFIO character device?  Returns 0; -ENODEV with STATUS_NOT_FOUND when
 * nothing is there; -EINVAL or -EPERM with STATUS_REFUSED and the remedy.
 */
int keeper_check_device(int rootfd, const struct manifest_entry *entry,
			struct error *err);

/*
 * The first part of it: is the device of @entry there, and the one it was?  It
 * goes to @device.  -ENODEV with STATUS_NOT_FOUND, -EINVAL with STATUS_REFUSED.
 */
int keeper_check_identity(int rootfd, const struct manifest_entry *entry,
			  struct vfio_device *device, struct error *err);

/* The second: is @device, which is that of @entry, bound to vfio-pci?  -EINVAL, STATUS_REFUSED. */
int keeper_check_driver(const struct manifest_entry *entry, const struct vfio_device *device,
			struct error *err);

/* Can this process open @count more descriptors?  -EMFILE with STATUS_REFUSED. */
int keeper_check_room(size_t count, struct error *err);
