/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding devices to vfio-pci so that they can be retrieved, and undoing
 * exactly that.
 *
 * What a device's driver_override was is written to
 * /run/vfio-luctl/SESSION.rebind before it is changed, a line "ADDRESS
 * OVERRIDE" each.  A second run so knows it even when the first was killed.
 * Only a device without driver is bound: one that has another driver is its.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "pci_addr.h"
#include "session.h"

struct error;

struct rebind_entry {
	struct pci_addr address;
	char override[256]; /* as sysfs shows it: "(null)" is none */
	bool ours;          /* changed by this run */
	bool bound;         /* and bound by it */
};

/* The record of a session; its file is locked while it is open. */
struct rebind {
	int rootfd; /* the caller's */
	int fd;     /* -1: not open */
	char session[SESSION_NAME_SIZE];
	struct rebind_entry *entries;
	size_t count;
};

#define REBIND_INIT { .fd = -1 }
#define cleanup_rebind __attribute__((cleanup(rebind_close)))

/*
 * Open the record of @session, made when it is not there.  -EBUSY, STATUS_BUSY:
 * another process has it.  The caller ends it with rebind_close().
 */
int rebind_open(struct rebind *rebind, int rootfd, const char *session, struct error *err);

/*
 * Bind the device at @addr, which has no driver, to vfio-pci: set its
 * driver_override, have it probed, look.  On failure what was changed stays to
 * be undone.
 */
int rebind_device(struct rebind *rebind, struct pci_addr addr, struct error *err);

/* What this run did to the device at @addr, or NULL. */
const struct rebind_entry *rebind_find(const struct rebind *rebind, struct pci_addr addr);

/*
 * Undo what this run did to the device of @entry: unbind it, give its
 * driver_override back, forget it.  The device must be open nowhere, or this
 * waits until it is closed.  Returns 0 or a negative errno; fills no error.
 */
int rebind_undo(struct rebind *rebind, const struct rebind_entry *entry);

void rebind_close(struct rebind *rebind);

/* The session has ended: forget what was done for it. */
void rebind_forget(const char *session);
