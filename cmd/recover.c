// SPDX-License-Identifier: GPL-2.0-or-later
/* recover: end the live update of a session that nobody will use, and get usable devices back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "cleanup.h"
#include "error.h"
#include "keeper_client.h"
#include "sysfs.h"
#include "vfio.h"
#include "commands.h"
#include "obtain.h"
#include "rows.h"
#include "session_args.h"

/*
 * The kernel finishes only what is bound: by us, where it is by nobody; the keeper may take for
 * bound what is gone.  That is marked so, and keeps none of the others from being bound.
 */
static int bind_device(struct keeper_entry *entry, int fd, int iommufd, struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	int rc = vfio_check_bound(fd) == 1 ? 0 : vfio_bind(fd, iommufd);

	/* Or by somebody else in this moment. */
	if (rc == 0 || vfio_check_bound(fd) == 1)
		return 0;
	if (rc != -ENODEV)
		return error_set(err, STATUS_FAILED, -rc, pci_addr_format(entry->of.address, address),
				 "cannot bind the device to an iommufd");
	entry->state = ENTRY_GONE;
	return 0;
}

static int bind_devices(const struct request *request, struct error *err)
{
	cleanup_close int iommufd = claim_open_iommufd(err);
	size_t i;
	int rc = 0;

	if (iommufd < 0)
		return iommufd;
	for (i = 0; rc == 0 && i < request->device_count; i++)
		rc = bind_device(&request->entries[i], request->handoff.fds[i].fd, iommufd, err);
	return rc;
}

static bool is_gone(const struct keeper_entry *entry)
{
	return entry->state == ENTRY_GONE;
}

/* Not every kernel finishes a session without a device that was retrieved, and is gone since. */
static void say_gone(const struct request *request, const char *session, struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	size_t i;

	for (i = 0; i < request->device_count; i++) {
		if (!is_gone(&request->entries[i]))
			continue;
		error_wrap(err, "%s is unplugged or does not answer, the others are bound",
			   pci_addr_format(request->entries[i].of.address, address));
		error_hint(err, "the session is held as before: see to that device, then 'vfio-luctl recover %s' again",
			   session);
		return;
	}
}

static int add_rows(struct row_list *list, const struct session_args *args,
		    const struct request *request, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < request->count; i++)
		rc = rows_add(list, args->session, &request->entries[i].of,
			      args->dry_run ? "planned" : is_gone(&request->entries[i]) ? "gone" : "free",
			      !args->dry_run, err);
	return rc;
}

/* Everything that is needed is there: bind and finish. */
static int finish_all(const struct session_args *args, struct ready *ready, struct request *request,
		      struct error *err)
{
	int rc = bind_devices(request, err);

	if (rc == 0)
		rc = keeper_finish(ready->rootfd, args->session, args->drop_memfds, err);
	if (rc == -EBUSY)
		say_gone(request, args->session, err);
	if (rc == 0)
		rebind_forget(args->session);
	return rc;
}

static int recover(const struct session_args *args, int rootfd, struct row_list *list, struct error *err)
{
	__attribute__((cleanup(request_free))) struct request request = { 0 };
	__attribute__((cleanup(ready_end))) struct ready ready = { .rebind = REBIND_INIT };
	int rc = ready_begin(&ready, rootfd, args, err);

	if (rc == 0)
		rc = ready_host(&ready, err);
	if (rc == 0)
		rc = obtain_devices(&ready, NULL, &request, err);
	if (rc == 0 && !args->dry_run)
		rc = finish_all(args, &ready, &request, err);
	return rc < 0 ? rc : add_rows(list, args, &request, err);
}

/* Free is what can be opened once all our own descriptors are closed. */
static int recover_session(const struct session_args *args, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	cleanup_rows struct row_list list = { 0 };
	size_t i;
	int rc = rootfd < 0 ? rootfd : recover(args, rootfd, &list, err);

	for (i = 0; rc == 0 && !args->dry_run && i < list.count; i++)
		if (strcmp(list.rows[i].state, "gone"))
			rc = row_prove_free(rootfd, &list.rows[i], err);
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int run_recover(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = {
		.takes = TAKES_BIND | TAKES_DROP, .bind = true, .recover = true,
		.report = { .array = "devices", .columns = device_columns },
	};
	int rc = session_args_parse(&cmd_recover, globals, argc, argv, &args, err);

	if (rc == 0)
		rc = recover_session(&args, err);
	free(args.selected);
	return rc;
}

const struct command cmd_recover = {
	.name = "recover",
	.args = "SESSION",
	.summary = "Make ordinary devices of those in a session nobody will use",
	.page = "vfio-luctl-retrieve",
	.sessions = SESSIONS_INCOMING,
	.run = run_recover,
};
