// SPDX-License-Identifier: GPL-2.0-or-later
/* status: every session that can be seen, who holds it, and what is left to do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "debugfs.h"
#include "error.h"
#include "keeper_client.h"
#include "procfs.h"
#include "sysfs.h"
#include "token.h"
#include "commands.h"
#include "common.h"
#include "rows.h"

struct status_args {
	struct table_options table;
	const char *session; /* NULL: all */
};

static error_t parse_status(int key, char *arg, struct argp_state *state)
{
	struct status_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		return 0;
	case ARGP_KEY_ARG:
		if (args->session) {
			argp_error(state, "too many arguments: '%s'", arg);
			return EINVAL;
		}
		args->session = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A session without a device to show still is a line. */
static int add_session(struct row_list *list, const char *session, const char *direction,
		       pid_t pid, const char *state, struct error *err)
{
	struct row *row = rows_append(list, err);

	if (!row)
		return -ENOMEM;
	snprintf(row->session, sizeof(row->session), "%s", session);
	row->direction = direction;
	row->holder = pid;
	row->state = state;
	return 0;
}

/* A keeper that ended just now is none; one that died is shown as stale. */
static int add_keeper(int rootfd, const char *session, struct row_list *list, struct error *err)
{
	size_t first = list->count;
	struct keeper_info info;
	int rc = keeper_info(rootfd, session, &info, err);

	if (rc == -ENOENT)
		return 0;
	if (rc == -ECONNREFUSED)
		rc = add_session(list, session, NULL, 0, "stale", err);
	else if (rc < 0)
		return rc;
	else if (info.count == 0)
		rc = add_session(list, session, keeper_direction_name(info.direction), info.pid,
				 info.manifest_error[0] ? "no-manifest" : "empty", err);
	else
		rc = rows_add_info(list, &info, NULL, false, err);
	for (; rc == 0 && first < list->count; first++) {
		list->rows[first].source = "keeper";
		if (list->rows[first].holder)
			procfs_comm(rootfd, list->rows[first].holder, list->rows[first].command);
	}
	keeper_info_free(&info);
	return rc;
}

static int add_keepers(int rootfd, const char *only, struct row_list *list, struct error *err)
{
	struct keeper_names names;
	int rc = keeper_list(rootfd, &names, err);
	size_t i;

	for (i = 0; rc == 0 && i < names.count; i++)
		if (!only || !strcmp(only, names.names[i]))
			rc = add_keeper(rootfd, names.names[i], list, err);
	keeper_names_free(&names);
	return rc;
}

struct proc_scan {
	int rootfd;
	const char *only;
	struct row_list *list;
	struct error *err;
	bool unclaimed; /* the session whose lines are being read */
};

/* Once per session and process, however many descriptors of it there are. */
static bool is_known(const struct row_list *list, const char *session, pid_t pid)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->rows[i].holder == pid && !strcmp(list->rows[i].session, session))
			return true;
	return false;
}

static int add_foreign(void *data, pid_t pid, const char *link)
{
	const char *session = procfs_session_name(link);
	struct proc_scan *scan = data;
	struct row *row;

	if (!session || (scan->only && strcmp(session, scan->only)) ||
	    is_known(scan->list, session, pid))
		return 0;
	if (add_session(scan->list, session, NULL, pid, "held", scan->err) < 0)
		return -ENOMEM;
	row = &scan->list->rows[scan->list->count - 1];
	row->source = "proc";
	procfs_comm(scan->rootfd, pid, row->command);
	return 0;
}

/*
 * What the kernel lists and nobody holds: without its list, a session that
 * arrived and was not claimed cannot be seen at all.
 */
static int add_unclaimed(void *data, const struct debugfs_line *line)
{
	struct proc_scan *scan = data;
	struct row *row;

	if (scan->only && strcmp(line->session, scan->only))
		return 0;
	if (!line->is_file)
		scan->unclaimed = !strcmp(line->state, "unclaimed");
	if (!scan->unclaimed || (line->is_file && line->token == TOKEN_MANIFEST))
		return 0;
	row = scan->list->count ? &scan->list->rows[scan->list->count - 1] : NULL;
	/* The line of the session itself becomes that of its first file. */
	if (!line->is_file || row->has_token) {
		if (add_session(scan->list, line->session, "incoming", 0, "unclaimed", scan->err) < 0)
			return -ENOMEM;
		row = &scan->list->rows[scan->list->count - 1];
		row->source = "kernel";
	}
	if (line->is_file) {
		row->has_token = true;
		row->device = (struct manifest_entry){ .token = line->token, .vendor = -1, .device = -1 };
		row->has_device = token_to_pci(line->token, &row->device.address);
	}
	return 0;
}

static int show_status(const struct status_args *args, const struct report *report,
		       const char *sysroot, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(sysroot, err);
	cleanup_rows struct row_list list = { 0 };
	struct proc_scan scan = { rootfd, args->session, &list, err, false };
	int rc;

	rc = rootfd < 0 ? rootfd : add_keepers(rootfd, args->session, &list, err);
	if (rc == 0 && procfs_each_fd(rootfd, add_foreign, &scan) == -ENOMEM)
		rc = -ENOMEM;
	if (rc == 0 && debugfs_each_line(rootfd, add_unclaimed, &scan) == -ENOMEM)
		rc = -ENOMEM;
	if (rc < 0)
		return rc;
	if (args->session && list.count == 0)
		return error_set(err, STATUS_NOT_FOUND, 0, args->session,
				 "there is no session of this name to be seen");
	return rows_print(&list, report, err);
}

static int run_status(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { NULL, parse_status, NULL, NULL, children, NULL, NULL };
	struct report report = { .array = "sessions", .columns = status_columns };
	cleanup_free const char **selected = NULL;
	struct status_args args = { 0 };
	int rc;

	rc = common_parse(&cmd_status, &argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args.table, globals, &report, &selected, err);
	return rc ? rc : show_status(&args, &report, globals->sysroot, err);
}

const struct command cmd_status = {
	.name = "status",
	.args = "[SESSION]",
	.summary = "Show the sessions, their holders and their devices",
	.run = run_status,
};
