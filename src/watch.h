/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to VFIO devices and to devices in a live update, as a sequence
 * of records from which a reader can keep the state of each: what is there at
 * the beginning, then every event, and after events were lost whatever has
 * changed meanwhile.
 *
 * Of interest is a device that VFIO has (it is bound to vfio-pci or has a
 * VFIO class device) or that is in a live update; no bridges.  When devices
 * were named, those and no others.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "device.h"

struct error;
struct uevent;

/*
 * One record.  @event is an action of the kernel, or "present" or "absent" for
 * what was found by looking, "ready" when looking has ended, "lost" when events
 * were.  The texts are the state of the device after the event; "" is absent.
 */
struct watch_record {
	struct timespec realtime;  /* when it was read */
	struct timespec monotonic; /* the same moment */
	const char *event;
	const char *source;        /* "kernel", "synthetic" (as struct uevent has it), "scan" */
	const char *subsystem;     /* "pci", "vfio-dev", or NULL */
	bool has_seqnum;
	uint64_t seqnum;
	const char *device;        /* as struct vfio_device has them */
	const char *driver;
	const char *cdev;
	const char *liveupdate;
};

/* Takes a record.  A negative errno, with @err filled, ends what was going on. */
typedef int (*watch_fn)(void *data, const struct watch_record *record, struct error *err);

struct watch {
	int rootfd;
	watch_fn emit;
	void *data;
	const struct pci_addr *named; /* the caller's; NULL and 0: all of interest */
	size_t named_count;

	struct watch_entry *entries;  /* private: what was told so far */
	size_t count;
};

/*
 * Look at all devices and tell what is not as it was told before: at first,
 * everything.  Ends with "ready".  Returns 0 or a negative errno, @err filled.
 */
int watch_scan(struct watch *watch, struct error *err);

/* Tell @event, when it is of interest. */
int watch_event(struct watch *watch, const struct uevent *event, struct error *err);

/* Tell that events were lost, then look: watch_scan(). */
int watch_lost(struct watch *watch, struct error *err);

void watch_free(struct watch *watch);

#define cleanup_watch __attribute__((cleanup(watch_free)))
