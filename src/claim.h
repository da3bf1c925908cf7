/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices opened and bound, or taken from a process that has them so, and put
 * into a new session: all, or none.
 *
 * Nothing here has to be undone step by step.  Closing the descriptors is the
 * undoing: of a session it cancels, of a device it unbinds.
 */
#pragma once

#include <stddef.h>

#include "manifest.h"

struct device_list;
struct error;
struct process;
struct process_files;

/* A memfd, and what the manifest says of it. */
struct claim_memfd {
	int fd;
	struct manifest_entry entry;
};

/* One descriptor per device, in their order, as far as they have been got. */
struct claim {
	int *fds;
	size_t count;
	struct claim_memfd *memfds;
	size_t memfd_count;
	bool quieted; /* of a device in it, interrupts were disabled */
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

/* A new iommufd, the caller's.  STATUS_UNSUPPORTED (-ENOENT): the kernel has none. */
int claim_open_iommufd(struct error *err);

/*
 * Bind all to one new iommufd.  -EBUSY or -EINVAL, STATUS_BUSY: somebody uses
 * the device, named when it can be seen; STATUS_UNSUPPORTED: no iommufd.
 */
int claim_bind(const struct device_list *devices, const struct claim *claim,
	       int rootfd, struct error *err);

/*
 * Instead of both: take from @process, whose @files have been found, the file
 * of each device that it has bound to an iommufd.  Nothing is changed by that.
 * STATUS_NOT_FOUND: it does not have the device; STATUS_REFUSED: it has it through
 * its group, or not bound; and what process_take_device() gives.
 */
int claim_take(const struct device_list *devices, const struct process *process,
	       const struct process_files *files, struct claim *claim, struct error *err);

/*
 * Take its memfds too, each once, but for those that @claim has already, with tokens
 * in the order of the descriptors.
 * STATUS_NOT_FOUND (-ENOENT): it has none.
 */
int claim_take_memfds(const struct process *process, const struct process_files *files,
		      struct claim *claim, struct error *err);

/*
 * Take one memfd, and give it a name.  @text is "FILE=NAME" or "PID:FD=NAME", and
 * FILE leads to a memfd (/proc/PID/fd/FD).  STATUS_USAGE (-EINVAL): NAME is none,
 * see handoff_is_name(), or it or the memfd is given twice; STATUS_NOT_FOUND;
 * STATUS_REFUSED: it is no memfd; and what process_take_number() gives.
 */
int claim_add_memfd(struct claim *claim, int rootfd, const char *text, struct error *err);

#define CLAIM_ATTACH_MAX (16 * 1024 * 1024)

/*
 * Make a memfd of the content of a file.  @text is "FILE" or "FILE=NAME"; without
 * NAME it gets the last part of the path.  Errors as before; STATUS_REFUSED: it is
 * empty, or has more than CLAIM_ATTACH_MAX bytes.
 */
int claim_attach(struct claim *claim, const char *text, struct error *err);

/*
 * Those of @all that @files has, in whatever way, into @chosen, which the caller
 * frees.  STATUS_NOT_FOUND (-ENODEV) when that is none; @process is for the words.
 */
int claim_find(const struct device_list *all, const struct process *process,
	       const struct process_files *files, struct device_list *chosen, struct error *err);

/*
 * Whether a device that @process uses has its interrupts enabled, with which
 * the kernel refuses to jump (vfio_pci_core_why_not_freeze()).  -EINVAL, STATUS_REFUSED.
 */
int claim_check_interrupts(int rootfd, const struct device_list *devices,
			   const struct process *process, struct error *err);

/*
 * Disable the interrupts of all, through the files in @claim that were taken from
 * @process.  They stay disabled until it enables them again, which it does not know
 * that it must: STATUS_REFUSED when it is not stopped, or when they are enabled again
 * at once.
 */
int claim_disable_interrupts(int rootfd, const struct device_list *devices,
			     const struct process *process, struct claim *claim,
			     struct error *err);

/*
 * Put all and the manifest of them into the session @session_fd.  @manifest is
 * initialised, and gets the entries.
 */
int claim_preserve(const struct device_list *devices, const struct claim *claim,
		   int session_fd, struct manifest *manifest, struct error *err);

/* Close the descriptors of the devices; what is known of memfds is kept. */
void claim_close_devices(struct claim *claim);

/* Close what is open. */
void claim_release(struct claim *claim);

/*
 * After a failure, with the descriptors closed: look whether each of @devices can be opened and
 * has no other part in live updates than it had when it was scanned, and add to the hint of @err
 * that it is so, or which is not; and that interrupts were disabled, if they were.
 */
void claim_verify_free(const struct device_list *devices, const struct claim *claim, int rootfd,
		       struct error *err);
