// SPDX-License-Identifier: GPL-2.0-or-later
/* retrieve: get devices back from the previous kernel and hand them to a command. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "handoff.h"
#include "keeper.h"
#include "keeper_check.h"
#include "keeper_client.h"
#include "sysfs.h"
#include "unit.h"
#include "commands.h"
#include "ready.h"
#include "rows.h"
#include "session_args.h"

/*
 * Every error of the request is found here, before the first device is
 * retrieved; and before it is bound, when it is none of the device itself.
 */
static int check_request(struct ready *ready, char *const *command, const struct request *request,
			 struct error *err)
{
	size_t i;
	int rc = 0;

	if (command)
		rc = handoff_check_devices(command, request->devices, request->count, err);
	if (rc == 0) /* once received, once out of the way of the final numbers */
		rc = keeper_check_room(2 * request->count, err);
	if (rc == 0)
		rc = ready_devices(ready, request, err);
	for (i = 0; rc == 0 && i < request->device_count; i++)
		rc = ready_check(ready, &request->entries[i], err);
	return rc;
}

static int fetch(int rootfd, const char *session, struct request *request, struct error *err)
{
	size_t i;

	for (i = 0; i < request->count; i++) {
		int fd = keeper_retrieve(rootfd, session, request->entries[i].of.token, err);

		if (fd < 0)
			return fd;
		request->devices[i].fd = fd;
	}
	return 0;
}

/* What a dry run knows of a session that nobody has retrieved: what the words say. */
static void guess_info(const struct session_args *args, struct keeper_info *info)
{
	memset(info, 0, sizeof(*info));
	info->direction = KEEPER_INCOMING;
	snprintf(info->session, sizeof(info->session), "%s", args->session);
	snprintf(info->manifest_error, sizeof(info->manifest_error),
		 "what the session holds is known only once it is retrieved");
}

static int say_nothing_came(const char *session, struct error *err)
{
	return error_set(err, STATUS_NOT_FOUND, ENOENT, session,
			 "the previous kernel handed over no session of this name");
}

/* systemd's copy of the session is handed to its unit only. */
static int start_unit(int rootfd, const char *session, struct keeper_info *info, struct error *err)
{
	struct error ignored;
	int rc = unit_start(session, err);

	if (rc == 0)
		rc = keeper_info(rootfd, session, info, err);
	if (rc < 0 || !info->waiting)
		return rc;
	keeper_info_free(info);
	keeper_dismiss(rootfd, session, &ignored);
	return say_nothing_came(session, err);
}

/* A new keeper, or the one that somebody else started at the same time. */
static int start_keeper(int rootfd, const struct session_args *args, struct keeper_info *info,
			struct error *err)
{
	cleanup_slot struct keeper_slot slot = KEEPER_SLOT_INIT;
	int rc;

	if (unit_available(rootfd))
		return start_unit(rootfd, args->session, info, err);
	rc = keeper_reserve(args->session, &slot, err);
	if (rc == 0)
		rc = keeper_start_incoming(&slot, args->timeout, err);
	return rc < 0 && rc != -EEXIST ? rc : keeper_info(rootfd, args->session, info, err);
}

/* Have a keeper that holds the session, and ask it what that is. */
static int reach_keeper(int rootfd, const struct session_args *args, struct keeper_info *info,
			struct error *err)
{
	int rc = keeper_info(rootfd, args->session, info, err);

	if ((rc == -ENOENT || rc == -ECONNREFUSED) && args->dry_run) {
		guess_info(args, info);
		return 0;
	}
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		rc = start_keeper(rootfd, args, info, err);
	if (rc < 0 || info->direction == KEEPER_INCOMING)
		return rc;
	keeper_info_free(info);
	if (info->waiting)
		return say_nothing_came(args->session, err);
	return error_set(err, STATUS_REFUSED, 0, args->session,
			 "the session is outgoing: there was no kexec yet");
}

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

	for (i = 0; i < request->count; i++) {
		const struct keeper_entry *entry = &request->entries[i];
		const struct rebind_entry *bound = rebind_find(&ready->rebind, entry->of.address);
		struct row *row = rows_append(&list, err);

		if (!row)
			return -ENOMEM;
		row->earlier_override = bound ? bound->override : NULL;
		snprintf(row->session, sizeof(row->session), "%s", args->session);
		row->has_entry = true;
		row->entry = entry->of;
		row->state = state_after(args, entry);
		row->changed = !args->dry_run && entry->state == ENTRY_ARRIVED;
	}
	return rows_print(&list, &args->report, err);
}

/* From the session to descriptors; what was bound for that is unbound when it fails. */
static int get_devices(struct ready *ready, char *const *command, struct request *request,
		       struct error *err)
{
	const struct session_args *args = ready->args;
	struct keeper_info info;
	int rc = reach_keeper(ready->rootfd, args, &info, err);

	if (rc < 0)
		return rc;
	rc = request_choose(request, ready->rootfd, args, &info, err);
	keeper_info_free(&info);
	if (rc == 0)
		rc = check_request(ready, command, request, err);
	if (rc == 0 && !args->dry_run)
		rc = fetch(ready->rootfd, args->session, request, err);
	if (rc < 0)
		ready_undo(ready, request, err);
	return rc;
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
		rc = get_devices(&ready, command, &request, err);
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
