// SPDX-License-Identifier: GPL-2.0-or-later
/* cancel: end an outgoing session, and prove that its devices are free again. */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "keeper.h"
#include "keeper_client.h"
#include "sysfs.h"
#include "unit.h"
#include "commands.h"
#include "rows.h"
#include "session_args.h"

/* What a dead keeper left is cleared away; what it held can no longer be told. */
static void clear_stale(const char *session)
{
	cleanup_slot struct keeper_slot slot = KEEPER_SLOT_INIT;
	struct error ignored = { .status = STATUS_OK };

	keeper_reserve(session, &slot, &ignored);
}

static int cancel_session(const struct session_args *args, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	cleanup_rows struct row_list list = { 0 };
	struct keeper_info info;
	size_t i;
	int rc;

	rc = rootfd < 0 ? rootfd : unit_reach(rootfd, args->session, &info, err);
	if (rc == -ECONNREFUSED && !args->dry_run)
		clear_stale(args->session);
	if (rc < 0)
		return rc;
	rc = rows_add_info(&list, &info, args->dry_run ? NULL : "free", !args->dry_run, err);
	if (rc == 0 && args->dry_run && info.direction == KEEPER_INCOMING)
		rc = error_set(err, STATUS_REFUSED, 0, args->session,
			       "the session came from the previous kernel and cannot be cancelled");
	keeper_info_free(&info);
	if (rc == 0 && !args->dry_run)
		rc = keeper_cancel(rootfd, args->session, err);
	for (i = 0; rc == 0 && !args->dry_run && i < list.count; i++)
		rc = row_prove_free(rootfd, &list.rows[i], err);
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int run_cancel(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = { .report = { .array = "devices", .columns = device_columns } };
	int rc = session_args_parse(&cmd_cancel, globals, argc, argv, &args, err);

	if (rc == 0)
		rc = cancel_session(&args, err);
	free(args.selected);
	return rc;
}

const struct command cmd_cancel = {
	.name = "cancel",
	.args = "SESSION",
	.summary = "End an outgoing session and free its devices",
	.page = "vfio-luctl-preserve",
	.sessions = SESSIONS_OUTGOING,
	.run = run_cancel,
};
