// SPDX-License-Identifier: GPL-2.0-or-later
/* preserve: put devices into a new session, all or none, and leave a keeper behind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "claim.h"
#include "cleanup.h"
#include "clock.h"
#include "device.h"
#include "error.h"
#include "journal.h"
#include "keeper.h"
#include "keeper_client.h"
#include "manifest.h"
#include "plan.h"
#include "process.h"
#include "sysfs.h"
#include "token.h"
#include "commands.h"
#include "rows.h"
#include "seat.h"
#include "session_args.h"

/* What is to be preserved. */
struct wanted {
	const struct session_args *args;
	int rootfd;
	struct device_list devices;
	struct process process; /* with --pid */
	struct claim claim;     /* before the act, only what was taken from it */
};

static void wanted_free(struct wanted *wanted)
{
	claim_release(&wanted->claim);
	process_close(&wanted->process);
	device_list_free(&wanted->devices);
}

static int add_rows(struct row_list *list, const struct wanted *wanted, const char *state,
		    bool changed, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < wanted->devices.count; i++) {
		const struct vfio_device *device = &wanted->devices.devices[i];
		struct manifest_entry entry = {
			.address = device->address, .token = token_from_pci(device->address),
			.vendor = device->vendor, .device = device->device,
		};

		rc = rows_add(list, wanted->args->session, &entry, state, changed, err);
	}
	for (i = 0; rc == 0 && i < wanted->claim.memfd_count; i++)
		rc = rows_add(list, wanted->args->session, &wanted->claim.memfds[i].entry, state,
			      changed, err);
	return rc;
}

/* All are sorted by token: devices, then memfds. */
static bool same_contents(const struct keeper_info *info, const struct wanted *wanted)
{
	size_t count = wanted->devices.count, i;

	if (info->count != count + wanted->claim.memfd_count)
		return false;
	for (i = 0; i < count; i++)
		if (info->entries[i].of.token != token_from_pci(wanted->devices.devices[i].address))
			return false;
	for (i = 0; i < wanted->claim.memfd_count; i++) {
		const struct manifest_entry *held = &info->entries[count + i].of;
		const struct manifest_entry *memfd = &wanted->claim.memfds[i].entry;

		if (held->token != memfd->token || held->size != memfd->size ||
		    strcmp(held->name, memfd->name))
			return false;
	}
	return true;
}

/* Is what a keeper holds what is wanted? */
static int judge(const struct wanted *wanted, const struct keeper_info *info, struct error *err)
{
	const char *session = wanted->args->session;
	int rc;

	if (info->direction == KEEPER_INCOMING) {
		rc = error_set(err, STATUS_BUSY, 0, session,
			       "a session of this name came from the previous kernel and is not finished");
		error_hint(err, "vfio-luctl finish %s", session);
		return rc;
	}
	if (same_contents(info, wanted))
		return 1;
	rc = error_set(err, STATUS_BUSY, 0, session,
		       "the session exists and holds something else (its keeper is process %d)", info->pid);
	error_hint(err, "vfio-luctl status %s", session);
	return rc;
}

/* 1: a keeper holds exactly this already; 0: nobody has the session. */
static int is_done(const struct wanted *wanted, struct error *err)
{
	struct error told = { .status = STATUS_OK };
	struct keeper_info info;
	int rc = keeper_info(wanted->rootfd, wanted->args->session, &info, &told);

	if (rc == -ENOENT || rc == -ECONNREFUSED || rc == -ECONNRESET)
		return 0;
	if (rc < 0)
		*err = told;
	else if (!info.waiting)
		rc = judge(wanted, &info, err);
	keeper_info_free(&info);
	return rc;
}

/* Does @info have one of @devices? */
static int check_apart(const struct keeper_info *info, const struct device_list *devices,
		       struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	size_t i;
	int rc;

	for (i = 0; i < info->count; i++) {
		if (token_memfd(info->entries[i].of.token) ||
		    !device_find(devices, info->entries[i].of.address))
			continue;
		rc = error_set(err, STATUS_BUSY, 0,
			       pci_addr_format(info->entries[i].of.address, address),
			       "it is in the session %s already", info->session);
		error_hint(err, "vfio-luctl status %s", info->session);
		return rc;
	}
	return 0;
}

/* Is one of @devices in a session other than @session, that a keeper holds? */
static int check_elsewhere(int rootfd, const char *session, const struct device_list *devices,
			   struct error *err)
{
	struct error ignored = { .status = STATUS_OK };
	struct keeper_names names;
	int rc = keeper_list(rootfd, &names, err);
	size_t i;

	for (i = 0; rc == 0 && i < names.count; i++) {
		struct keeper_info info;

		if (!strcmp(names.names[i], session) ||
		    keeper_info(rootfd, names.names[i], &info, &ignored) < 0)
			continue; /* gone, or dead: the kernel has the last word */
		rc = check_apart(&info, devices, err);
		keeper_info_free(&info);
	}
	keeper_names_free(&names);
	return rc;
}

/* Wait for the seat: 1 when somebody else has put the same into the session meanwhile. */
static int get_seat(const struct wanted *wanted, struct seat *seat, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	int64_t deadline = clock_ms() + (int64_t)wanted->args->timeout * 1000;
	bool late;
	int rc;

	do {
		late = clock_ms() >= deadline;
		rc = seat_take(wanted->rootfd, wanted->args->session, seat, err);
		if (rc == -EEXIST) {
			int done = is_done(wanted, err);

			rc = done ? done : rc;
		}
		if (rc != -EAGAIN && rc != -EEXIST)
			return rc;
		nanosleep(&pause, NULL);
	} while (!late);
	return rc;
}

static int fill_seat(const struct wanted *wanted, struct seat *seat, int session,
		     struct manifest *manifest, struct error *err)
{
	cleanup_close int manifest_fd = -1;

	if (seat->lease < 0)
		return keeper_start_outgoing(&seat->slot, session, manifest, err);
	manifest_fd = manifest_to_memfd(manifest, err);
	if (manifest_fd < 0)
		return manifest_fd;
	return keeper_hand_over(seat->lease, wanted->args->session, session, manifest_fd, err);
}

/* A new session, or the empty one that the keeper was given; @name is the kernel's for it. */
static int get_session(const struct wanted *wanted, struct seat *seat,
		       char name[static SESSION_NAME_SIZE], struct error *err)
{
	const struct session_args *args = wanted->args;

	if (seat->spare < 0) {
		snprintf(name, SESSION_NAME_SIZE, "%s", args->session);
		return session_create(name, args->timeout, err);
	}
	if (session_name(seat->spare, name) < 0)
		return error_set(err, STATUS_FAILED, EBADMSG, args->session, "the keeper lent what is no session");
	return steal_fd(&seat->spare);
}

static int disable_interrupts(struct wanted *wanted, struct error *err)
{
	return claim_disable_interrupts(wanted->rootfd, &wanted->devices, &wanted->process,
					&wanted->claim, err);
}

/* Session, devices and manifest in it, keeper: closing what is open undoes it all. */
static int hold_devices(struct wanted *wanted, struct seat *seat, struct error *err)
{
	const struct session_args *args = wanted->args;
	char name[SESSION_NAME_SIZE];
	cleanup_close int session = get_session(wanted, seat, name, err), journal = -1;
	struct manifest manifest;
	struct error ignored;
	int rc;

	if (session < 0)
		return session;
	manifest_init(&manifest, name, "vfio-luctl " VERSION);
	rc = claim_preserve(&wanted->devices, &wanted->claim, session, &manifest, err);
	journal = rc < 0 ? rc : journal_preserve(session, err);
	rc = journal < 0 ? journal : 0;
	if (rc == 0 && args->pid)
		rc = process_check_alive(&wanted->process, err);
	if (rc == 0 && args->quiet)
		rc = disable_interrupts(wanted, err);
	if (rc == 0)
		rc = fill_seat(wanted, seat, session, &manifest, err);
	if (rc == 0)
		keeper_give_journal(wanted->rootfd, args->session, journal, &ignored);
	manifest_free(&manifest);
	return rc;
}

/* 1: somebody else has done it. */
static int preserve_devices(struct wanted *wanted, struct error *err)
{
	__attribute__((cleanup(seat_leave))) struct seat seat = SEAT_INIT;
	int rc = get_seat(wanted, &seat, err);

	if (rc)
		return rc;
	if (!wanted->args->pid && wanted->devices.count)
		rc = claim_bind(&wanted->devices, &wanted->claim, wanted->rootfd, err);
	return rc < 0 ? rc : hold_devices(wanted, &seat, err);
}

/* All checks, then, unless this is a dry run, the act. Returns the state to show. */
static int preserve(struct wanted *wanted, const char **state, bool *changed, struct error *err)
{
	const struct session_args *args = wanted->args;
	int rc = session_check_host(err);

	if (rc == 0)
		rc = is_done(wanted, err);
	*state = "preserved";
	*changed = false;
	if (rc > 0 && args->quiet && !args->dry_run)
		return disable_interrupts(wanted, err);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = check_elsewhere(wanted->rootfd, args->session, &wanted->devices, err);
	if (rc == 0 && !args->pid)
		rc = claim_open(&wanted->devices, &wanted->claim, err);
	if (rc < 0)
		return rc;
	if (args->dry_run) {
		*state = "planned";
		return 0;
	}
	rc = preserve_devices(wanted, err);
	*changed = rc == 0;
	if (rc < 0) {
		claim_close_devices(&wanted->claim);
		claim_verify_free(&wanted->devices, &wanted->claim, wanted->rootfd, err);
	}
	if (rc > 0 && args->quiet)
		return disable_interrupts(wanted, err);
	return rc < 0 ? rc : 0;
}

/* Memory that is named, before that of a process, which may be the same. */
static int add_memory(struct wanted *wanted, struct error *err)
{
	const struct session_args *args = wanted->args;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < args->memory_count; i++) {
		const struct memory_arg *memory = &args->memory[i];

		rc = memory->copy ? claim_attach(&wanted->claim, memory->text, err) :
				    claim_add_memfd(&wanted->claim, wanted->rootfd, memory->text, err);
	}
	return rc;
}

/* The devices that the words mean; without words all that @files has. */
static int choose(struct wanted *wanted, const struct process_files *files, struct error *err)
{
	const struct session_args *args = wanted->args;
	struct device_list all = { 0 };
	int rc = device_scan(wanted->rootfd, &all, err);

	if (rc == 0 && args->count)
		rc = plan_resolve(wanted->rootfd, &all, args->words, args->count, &wanted->devices, err);
	else if (rc == 0 && files)
		rc = claim_find(&all, &wanted->process, files, &wanted->devices, err);
	device_list_free(&all);
	return rc < 0 ? rc : claim_check(&wanted->devices, err);
}

/* Everything that --pid stands for; the process is not touched by it. */
static int take_from_process(struct wanted *wanted, struct error *err)
{
	const struct session_args *args = wanted->args;
	struct process_files files = { 0 };
	int rc = process_open(wanted->rootfd, args->pid, &wanted->process, err);

	if (rc == 0)
		rc = process_find(wanted->rootfd, args->pid, &files, err);
	/* What was found is of that process only if it has not ended since. */
	if (rc == 0)
		rc = process_check_alive(&wanted->process, err);
	if (rc == 0)
		rc = choose(wanted, &files, err);
	if (rc == 0)
		rc = claim_take(&wanted->devices, &wanted->process, &files, &wanted->claim, err);
	if (rc == 0 && args->memfd)
		rc = claim_take_memfds(&wanted->process, &files, &wanted->claim, err);
	if (rc == 0 && args->quiet)
		rc = process_check_stopped(&wanted->process, err);
	else if (rc == 0 && !args->force)
		rc = claim_check_interrupts(wanted->rootfd, &wanted->devices, &wanted->process, err);
	process_files_free(&files);
	return rc;
}

static int resolve_and_preserve(const struct session_args *args, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	cleanup_rows struct row_list list = { 0 };
	__attribute__((cleanup(wanted_free))) struct wanted wanted = {
		.args = args, .rootfd = rootfd, .process = PROCESS_INIT,
	};
	const char *state;
	bool changed;
	int rc = rootfd < 0 ? rootfd : 0;

	if (rc == 0)
		rc = add_memory(&wanted, err);
	if (rc == 0)
		rc = args->pid ? take_from_process(&wanted, err) : choose(&wanted, NULL, err);
	if (rc == 0)
		rc = preserve(&wanted, &state, &changed, err);
	if (rc == 0)
		rc = add_rows(&list, &wanted, state, changed, err);
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int run_preserve(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = {
		.takes = TAKES_DEVICES | TAKES_PROCESS,
		.report = { .array = "devices", .columns = device_columns },
	};
	int rc = session_args_parse(&cmd_preserve, globals, argc, argv, &args, err);

	if (rc == 0 && args.count == 0 && !args.pid && !args.memory_count) {
		rc = error_set(err, STATUS_USAGE, 0, NULL, "no device is given");
		error_hint(err, "see 'vfio-luctl list'");
	}
	if (rc == 0)
		rc = resolve_and_preserve(&args, err);
	free(args.memory);
	free(args.selected);
	return rc;
}

const struct command cmd_preserve = {
	.name = "preserve",
	.args = "SESSION DEVICE...\nSESSION --pid PID [DEVICE...]\nSESSION --memfd=FILE=NAME",
	.summary = "Put devices into a new session for the next kernel",
	.run = run_preserve,
};
