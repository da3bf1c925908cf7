// SPDX-License-Identifier: GPL-2.0-or-later
/* finish: end the live update of a retrieved session. */
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "keeper_client.h"
#include "keeper_wait.h"
#include "moment.h"
#include "rebind.h"
#include "sysfs.h"
#include "token.h"
#include "unit.h"
#include "commands.h"
#include "rows.h"
#include "session_args.h"

/* What the keeper would refuse: told without asking it for the act. */
static int check_ready(const struct keeper_info *info, bool drop_memfds, struct error *err)
{
	char label[MANIFEST_LABEL_SIZE];
	size_t i;

	if (info->direction != KEEPER_INCOMING)
		return error_set(err, STATUS_REFUSED, 0, info->session,
				 "the session is outgoing: there is nothing to finish before the kexec");
	for (i = 0; i < info->count; i++) {
		const struct keeper_entry *entry = &info->entries[i];
		bool is_memfd = token_memfd(entry->of.token);

		if (!entry_is_done(entry->state) && !(is_memfd && drop_memfds))
			return error_set(err, STATUS_BUSY, 0, manifest_label(&entry->of, label),
					 "it is %s, not %s", entry_state_name(entry->state),
					 is_memfd ? "in use" : "bound");
	}
	return 0;
}

/* A memfd that nobody else has is lost by the finish, which is said. */
static void mark_dropped(const struct keeper_info *info, struct row_list *list)
{
	size_t i;

	for (i = 0; i < info->count; i++)
		if (token_memfd(info->entries[i].of.token) && !entry_is_done(info->entries[i].state))
			list->rows[i].state = "dropped";
}

static int finish(const struct session_args *args, int rootfd, struct error *err)
{
	const struct finish_wait wait = { .seconds = args->wait_seconds, .user = -1 };

	if (args->wait)
		return keeper_finish_wait(rootfd, args->session, args->drop_memfds, &wait, err);
	return keeper_finish(rootfd, args->session, args->drop_memfds, err);
}

static void mark_finished(struct row_list *list)
{
	int64_t now = moment_now();
	size_t i;

	for (i = 0; i < list->count; i++)
		list->rows[i].moments.finished = now;
}

static int finish_session(const struct session_args *args, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	cleanup_rows struct row_list list = { 0 };
	struct keeper_info info;
	int rc;

	rc = rootfd < 0 ? rootfd : unit_reach(rootfd, args->session, &info, err);
	if (rc < 0)
		return rc;
	rc = rows_add_info(&list, &info, args->dry_run ? NULL : "finished", !args->dry_run, err);
	if (rc == 0 && args->dry_run && !args->wait)
		rc = check_ready(&info, args->drop_memfds, err);
	else if (rc == 0 && args->drop_memfds)
		mark_dropped(&info, &list);
	rows_add_moments(&list, &info);
	keeper_info_free(&info);
	if (rc == 0 && !args->dry_run)
		rc = finish(args, rootfd, err);
	if (rc == 0 && !args->dry_run) {
		mark_finished(&list);
		rebind_forget(args->session);
	}
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int run_finish(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = {
		.takes = TAKES_DROP,
		.report = { .array = "devices", .columns = finish_columns, .notes = moments_clock },
	};
	int rc = session_args_parse(&cmd_finish, globals, argc, argv, &args, err);

	if (rc == 0)
		rc = finish_session(&args, err);
	free(args.selected);
	return rc;
}

const struct command cmd_finish = {
	.name = "finish",
	.args = "SESSION",
	.summary = "End the live update of a retrieved session",
	.page = "vfio-luctl-retrieve",
	.sessions = SESSIONS_INCOMING,
	.run = run_finish,
};
