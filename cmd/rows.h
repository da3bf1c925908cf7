/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of output per (session, device), and its columns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "keeper_wire.h"
#include "report.h"

/* An absent text is "" or NULL. */
struct row {
	char session[SESSION_NAME_SIZE];
	bool has_device;
	struct manifest_entry device;
	const char *state;
	bool changed;
	const char *earlier_override; /* of a device that was bound by us */
};

struct row_list {
	struct row *rows;
	size_t count;
};

/* The columns of preserve, cancel and finish; those of retrieve. */
extern const struct column device_columns[];
extern const struct column retrieve_columns[];

/* An empty row at the end, or NULL with @err filled. */
struct row *rows_append(struct row_list *list, struct error *err);

/*
 * A row per device of @info.  @state and @changed are theirs; without @state
 * each has the one the keeper told.  Returns 0 or a negative errno, @err filled.
 */
int rows_add_info(struct row_list *list, const struct keeper_info *info,
		  const char *state, bool changed, struct error *err);

/* Print @list and return what report_print() returns. */
int rows_print(const struct row_list *list, const struct report *report, struct error *err);

void rows_free(struct row_list *list);

#define cleanup_rows __attribute__((cleanup(rows_free)))
