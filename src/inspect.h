/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a device decides about its live update.  Nothing is opened or changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "device.h"
#include "procfs.h"
#include "survey.h"

struct error;

/* An absent text is "". */
struct inspected {
	struct vfio_device device;
	bool gone;               /* in a session, but not on the bus */
	bool asked_for;          /* named by the user, or all were meant: it shall be preserved */
	bool is_vf;
	int vfs;                 /* virtual functions enabled on it */
	bool has_reset;          /* the kernel knows how to */
	char mates[256];         /* others of its IOMMU group that do not go along, bridges aside */
	char native_mates[256];  /* of those, the ones that a native driver has: "ADDRESS (igb)" */
	int irqs;                /* interrupts enabled */
	const char *irq_type;    /* "MSI-X", "MSI", "INTx" */
	char power[16];          /* "D0", "D3hot" */
	struct proc_holder user; /* who has it open; pid 0: nobody seen */
	bool outgoing;           /* in a session for the next kernel */
	bool incoming;           /* from the previous one, and not finished */
	char session[160];
	char natives[256];       /* modules that could take it in the next kernel */
};

/* Descriptors of VFIO's character devices, of all processes. */
struct vfio_user {
	char path[64]; /* "devices/vfio7", or a group: "12" */
	pid_t pid;
};

struct inspector {
	int rootfd;
	const struct survey *survey;
	const char *release;             /* of the next kernel; "": not known */
	const struct device_list *going; /* the devices that go along, or shall */
	struct vfio_user *users;
	size_t user_count;
};

/*
 * Start inspecting the host below @rootfd: looks for users once.  All pointers
 * stay the caller's.  Returns 0 or -ENOMEM with @err filled; the caller ends it with
 * inspect_end().
 */
int inspect_begin(struct inspector *inspector, struct error *err);
void inspect_end(struct inspector *inspector);

/* Inspect @device; what cannot be read is absent. */
void inspect_device(const struct inspector *inspector, const struct vfio_device *device,
		    struct inspected *inspected);
