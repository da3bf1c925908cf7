// SPDX-License-Identifier: GPL-2.0-or-later
/* finish: end the live update of a retrieved session. */
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "keeper_client.h"
#include "rebind.h"
#include "sysfs.h"
#include "unit.h"
#include "commands.h"
#include "rows.h"
#include "session_args.h"

/* What the keeper would refuse: told without asking it for the act. */
static int check_ready(const struct keeper_info *info, struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	size_t i;

	if (info->direction != KEEPER_INCOMING)
		return error_set(err, STATUS_REFUSED, 0, info->session,
				 "the session is outgoing: there is nothing to finish before the kexec");
	for (i = 0; i < info->count; i++)
		if (info->entries[i].state != ENTRY_BOUND && info->entries[i].state != ENTRY_GONE)
			return error_set(err, STATUS_BUSY, 0,
					 pci_addr_format(info->entries[i].of.address, address),
					 "it is %s, not bound", entry_state_name(info->entries[i].state));
	return 0;
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
	if (rc == 0 && args->dry_run)
		rc = check_ready(&info, err);
	keeper_info_free(&info);
	if (rc == 0 && !args->dry_run)
		rc = keeper_finish(rootfd, args->session, err);
	if (rc == 0 && !args->dry_run)
		rebind_forget(args->session);
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int run_finish(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = { .report = { .array = "devices", .columns = device_columns } };
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
	.run = run_finish,
};
