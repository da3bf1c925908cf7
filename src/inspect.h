/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a device decides about its live update.  Nothing is opened or changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "survey.h"

struct error;

/* An absent text is "". */
struct inspected {
	const struct facts *facts; /* the inspector's: its obstacles, interrupts, users and resets */
	bool gone;               /* in a session, but not on the bus */
	int group_code;          /* errno: why the devices of its group could not be listed */
	bool asked_for;          /* named by the user, or all were meant: it shall be preserved */
	char mates[256];         /* others of its IOMMU group that do not go along, bridges aside */
	char native_mates[256];  /* of those, the ones that a native driver has: "ADDRESS (igb)" */
	char power[16];          /* "D0", "D3hot" */
	bool outgoing;           /* in a session for the next kernel */
	bool incoming;           /* from the previous one, and not finished */
	char session[160];
	char natives[256];       /* modules that could take it in the next kernel */
};

struct inspector {
	int rootfd;
	const struct survey *survey;
	const char *release;             /* of the next kernel; "": not known */
	const struct device_list *going; /* the devices that go along, or shall */
	const struct device_list *devices; /* those to be inspected */
	struct facts *facts;             /* of each */
};

/*
 * Start inspecting the host below @rootfd: finds out all the facts of the
 * devices.  All pointers stay the caller's.  Returns 0, or what facts_gather() does with
 * @err filled; the caller ends it with inspect_end() in any case.
 */
int inspect_begin(struct inspector *inspector, struct error *err);
void inspect_end(struct inspector *inspector);

/* Inspect the device at @index of the list; what cannot be read is absent. */
void inspect_device(const struct inspector *inspector, size_t index, struct inspected *inspected);
