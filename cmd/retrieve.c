// SPDX-License-Identifier: GPL-2.0-or-later
/* retrieve: get devices back from the previous kernel and hand them to a command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "handoff.h"
#include "sysfs.h"
#include "commands.h"
#include "obtain.h"
#include "ready.h"
#include "rows.h"
#include "session_args.h"

/* Who asks again gets what there is: a device in use stays bound. */
static const char *state_after(const struct session_args *args, const struct keeper_entry *entry)
{
	if (args->dry_run)
		return "planned";
	if (entry->state == ENTRY_BOUND || entry->state == ENTRY_IN_USE)
		return entry_state_name(entry->state);
	return entry_state_name(ENTRY_RETRIEVED);
}

static int print_request(const struct ready *ready, const struct request *request,
			 struct error *err)
{
	const struct session_args *args = ready->args;
	cleanup_rows struct row_list list = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < request->count; i++) {
		const struct keeper_entry *entry = &request->entries[i];
		const struct rebind_entry *bound = rebind_find(&ready->rebind, entry->of.address);

		rc = rows_add(&list, args->session, &entry->of, state_after(args, entry),
			      !args->dry_run && entry->state == ENTRY_ARRIVED, err);
		if (rc == 0)
			list.rows[i].earlier_override = bound ? bound->override : NULL;
	}
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int retrieve(const struct session_args *args, char *const *command, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	__attribute__((cleanup(request_free))) struct request request = { 0 };
	__attribute__((cleanup(ready_end))) struct ready ready = { .rebind = REBIND_INIT };
	int rc = rootfd < 0 ? rootfd : 0;

	if (rc == 0 && command)
		rc = handoff_check_command(command, err);
	if (rc == 0)
		rc = ready_begin(&ready, rootfd, args, err);
	if (rc == 0)
		rc = ready_host(&ready, err);
	if (rc == 0)
		rc = obtain_devices(&ready, command, &request, err);
	if (rc < 0)
		return rc;
	if (!command || args->dry_run)
		return print_request(&ready, &request, err);
	ready_end(&ready);
	return handoff_exec(command, request.devices, request.count, err);
}

/* Cut "-- COMMAND..." off: argp would mix its words with ours. */
static char **split_command(int *argc, char **argv)
{
	int i;

	for (i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		*argc = i;
		return argv + i + 1;
	}
	return NULL;
}

static int run_retrieve(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = {
		.takes = TAKES_DEVICES | TAKES_BIND,
		.report = { .array = "devices", .columns = retrieve_columns },
	};
	static const char *const with_override[] = {
		"device", "session", "token", "state", "earlier_override", NULL,
	};
	char **command = split_command(&argc, argv);
	int rc = session_args_parse(&cmd_retrieve, globals, argc, argv, &args, err);

	if (args.bind && !args.selected)
		args.report.selected = with_override;
	if (rc == 0 && command && !*command)
		rc = error_set(err, STATUS_USAGE, 0, "--", "no command follows");
	if (rc == 0)
		rc = retrieve(&args, command, err);
	free(args.selected);
	return rc;
}

const struct command cmd_retrieve = {
	.name = "retrieve",
	.args = "SESSION [DEVICE...] [-- COMMAND [ARGUMENT...]]",
	.summary = "Get devices back from the previous kernel",
	.run = run_retrieve,
};
