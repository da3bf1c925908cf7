/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices opened, bound and put into a new session: all, or none.
 *
 * Nothing here has to be undone step by step.  Closing the descriptors is the
 * undoing: of a session it cancels, of a device it unbinds.
 */
#pragma once

#include <stddef.h>

struct device_list;
struct error;
struct manifest;

/* One descriptor per device, -1 where there is none (yet). */
struct claim {
	int *fds;
	size_t count;
};

#define cleanup_claim __attribute__((cleanup(claim_release)))

/*
 * Check that each of @devices may be preserved, as far as its description
 * tells: a PCI device, bound to vfio-pci, with a character device.
 * -EINVAL, STATUS_REFUSED, naming the first that may not.
 */
int claim_check(const struct device_list *devices, struct error *err);

/*
 * Open the cdev of each device; touches none of them.  -EBUSY, STATUS_BUSY:
 * the device came from the previous kernel and its update is not finished.
 */
int claim_open(const struct device_list *devices, struct claim *claim, struct error *err);

/*
 * Bind all to one new iommufd.  -EBUSY or -EINVAL, STATUS_BUSY: somebody uses
 * the device, named when it can be seen; STATUS_UNSUPPORTED: no iommufd.
 */
int claim_bind(const struct device_list *devices, const struct claim *claim,
	       int rootfd, struct error *err);

/*
 * Put all and the manifest of them into the session @session_fd.  @manifest is
 * initialised, and gets the entries.
 */
int claim_preserve(const struct device_list *devices, const struct claim *claim,
		   int session_fd, struct manifest *manifest, struct error *err);

/* Close what is open. */
void claim_release(struct claim *claim);

/* After a failure: add to @err when one of @devices cannot be opened any more. */
void claim_verify_free(const struct device_list *devices, struct error *err);
