/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns that tell when something happened to a device of a session, for all tables
 * whose records begin with a struct moments.
 */
#pragma once

#include "keeper_wire.h"
#include "report.h"

/* See moment.h; MOMENT_UNKNOWN is absent. */
struct moments {
	int64_t preserved, jumped, booted; /* of the session */
	int64_t retrieved, bound;          /* of the device or memfd */
	int64_t finished;                  /* of the session, where it was finished just now */
};

/* What the keeper of @info tells; of @entry, which can be NULL. */
struct moments moments_of(const struct keeper_info *info, const struct keeper_entry *entry);

/* The clock that all are of: a note for the report. */
extern const struct report_note moments_clock[];
#define MOMENTS_CLOCK { .key = "clock", .text = "realtime", .json_only = true }

/* What these columns cost: asking the keeper once more. */
#define NEED_MOMENTS 1u
#define MOMENT_COLUMN(key, heading, getter, help) \
	{ key, heading, COLUMN_STRING, COLUMN_NEEDS(NEED_MOMENTS), getter, help }

#define MOMENT_COLUMNS                                                                                             \
	MOMENT_COLUMN("preserved", "PRESERVED", moments_get_preserved, "when it was preserved"),                   \
	MOMENT_COLUMN("jumped", "JUMPED", moments_get_jumped, "when vfio-luctl kexec ordered the jump"),           \
	MOMENT_COLUMN("booted", "BOOTED", moments_get_booted, "when this kernel began, after the jump"),           \
	MOMENT_COLUMN("retrieved", "RETRIEVED", moments_get_retrieved, "when the keeper retrieved it"),            \
	MOMENT_COLUMN("bound", "BOUND", moments_get_bound, "when the keeper first saw it bound"),                  \
	{ "blackout", "BLACKOUT", COLUMN_NUMBER, COLUMN_NEEDS(NEED_MOMENTS), moments_get_blackout,                 \
	  "seconds from jumped to bound, to within one" }

#define MOMENT_FINISHED MOMENT_COLUMN("finished", "FINISHED", moments_get_finished, "when its session was finished")

void moments_get_preserved(const void *record, struct column_value *value);
void moments_get_jumped(const void *record, struct column_value *value);
void moments_get_booted(const void *record, struct column_value *value);
void moments_get_retrieved(const void *record, struct column_value *value);
void moments_get_bound(const void *record, struct column_value *value);
void moments_get_blackout(const void *record, struct column_value *value);
void moments_get_finished(const void *record, struct column_value *value);
