/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of output per device or memfd of a session, and its columns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "keeper_wire.h"
#include "report.h"
#include "moments.h"

/* An absent text is "" or NULL. */
struct row {
	struct moments moments; /* first, for their columns */
	char session[SESSION_NAME_SIZE];
	struct manifest_entry entry; /* a device, or a memfd */
	const char *state;
	bool changed;
	const char *earlier_override; /* of a device that was bound by us */
};

struct row_list {
	struct row *rows;
	size_t count;
};

/*
 * The columns of preserve, cancel and recover; those of finish and of retrieve.  Where none are
 * chosen, a table with a memfd in it also has those that tell about that.
 */
extern const struct column device_columns[];
extern const struct column finish_columns[];
extern const struct column retrieve_columns[];

/* A row at the end, of a copy of @entry; @state stays the caller's.  0 or -ENOMEM, @err filled. */
int rows_add(struct row_list *list, const char *session, const struct manifest_entry *entry,
	     const char *state, bool changed, struct error *err);

/*
 * A row per device and memfd of @info.  @state and @changed are theirs; without @state
 * each has the one the keeper told.  Returns 0 or a negative errno, @err filled.
 */
int rows_add_info(struct row_list *list, const struct keeper_info *info,
		  const char *state, bool changed, struct error *err);

/* What the keeper of @info tells of when, to the rows of what it tells of. */
void rows_add_moments(struct row_list *list, const struct keeper_info *info);

/*
 * See whether the kernel has the device of @row in a live update, and open it in the
 * ordinary way, which touches nothing: STATUS_BUSY when it is locked.  One that VFIO does not have any more gets the state "unbound", a
 * memfd is passed over.
 */
int row_prove_free(int rootfd, struct row *row, struct error *err);

/* Print @list and return what report_print() returns. */
int rows_print(const struct row_list *list, const struct report *report, struct error *err);

void rows_free(struct row_list *list);

#define cleanup_rows __attribute__((cleanup(rows_free)))
