// SPDX-License-Identifier: GPL-2.0-or-later
/* preserve: put devices into a new session, all or none, and leave a keeper behind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "keeper.h"
#include "keeper_client.h"
#include "manifest.h"
#include "plan.h"
#include "sysfs.h"
#include "token.h"
#include "unit.h"
#include "commands.h"
#include "rows.h"
#include "session_args.h"

static int add_rows(struct row_list *list, const char *session, const struct device_list *devices,
		    const char *state, bool changed, struct error *err)
{
	size_t i;

	for (i = 0; i < devices->count; i++) {
		const struct vfio_device *device = &devices->devices[i];
		struct row *row = rows_append(list, err);

		if (!row)
			return -ENOMEM;
		snprintf(row->session, sizeof(row->session), "%s", session);
		row->has_device = true;
		row->device.address = device->address;
		row->device.token = token_from_pci(device->address);
		row->device.vendor = device->vendor;
		row->device.device = device->device;
		row->state = state;
		row->changed = changed;
	}
	return 0;
}

/* Both are sorted by address. */
static bool same_devices(const struct keeper_info *info, const struct device_list *devices)
{
	size_t i;

	if (info->count != devices->count)
		return false;
	for (i = 0; i < info->count; i++)
		if (pci_addr_compare(info->entries[i].of.address, devices->devices[i].address))
			return false;
	return true;
}

/* 1: a keeper holds exactly this already; 0: nobody has the session. */
static int is_done(int rootfd, const char *session, const struct device_list *devices,
		   struct error *err)
{
	struct error none = { .status = STATUS_OK };
	struct keeper_info info;
	int rc = keeper_info(rootfd, session, &info, &none);

	if (rc == -ENOENT || rc == -ECONNREFUSED)
		return 0;
	if (rc < 0) {
		*err = none;
		return rc;
	}
	if (info.waiting) {
		rc = 0;
	} else if (info.direction == KEEPER_INCOMING) {
		rc = error_set(err, STATUS_BUSY, 0, session,
			       "a session of this name came from the previous kernel and is not finished");
		error_hint(err, "vfio-luctl finish %s", session);
	} else if (same_devices(&info, devices)) {
		rc = 1;
	} else {
		rc = error_set(err, STATUS_BUSY, 0, session, "the session exists and holds other devices");
		error_hint(err, "vfio-luctl status %s", session);
	}
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
		if (!device_find(devices, info->entries[i].of.address))
			continue;
		rc = error_set(err, STATUS_BUSY, 0,
			       pci_addr_format(info->entries[i].of.address, address),
			       "it is in the session %s already", info->session);
		error_hint(err, "vfio-luctl status %s", info->session);
		return rc;
	}
	return 0;
}

/* Is one of @devices in a session that another keeper holds? */
static int check_elsewhere(int rootfd, const struct device_list *devices, struct error *err)
{
	struct error ignored = { .status = STATUS_OK };
	struct keeper_names names;
	int rc = keeper_list(rootfd, &names, err);
	size_t i;

	for (i = 0; rc == 0 && i < names.count; i++) {
		struct keeper_info info;

		if (keeper_info(rootfd, names.names[i], &info, &ignored) < 0)
			continue; /* gone, or dead: the kernel has the last word */
		rc = check_apart(&info, devices, err);
		keeper_info_free(&info);
	}
	keeper_names_free(&names);
	return rc;
}

/* Who is to hold the session. */
struct seat {
	struct keeper_slot slot; /* a keeper of ours, */
	bool waiting;            /* or one that waits for it: that of a unit, */
	bool started;            /* which was started for this */
};

static bool is_waited_for(int rootfd, const char *session)
{
	struct keeper_info info;
	struct error ignored;
	bool waiting = keeper_info(rootfd, session, &info, &ignored) == 0 && info.waiting;

	keeper_info_free(&info);
	return waiting;
}

static int take_seat(int rootfd, const char *session, struct seat *seat, struct error *err)
{
	seat->waiting = is_waited_for(rootfd, session);
	if (seat->waiting)
		return 0;
	if (!unit_available(rootfd))
		return keeper_reserve(session, &seat->slot, err);
	seat->waiting = seat->started = true;
	return unit_start(session, err);
}

static void leave_seat(int rootfd, const char *session, struct seat *seat)
{
	struct error ignored;

	if (seat->started)
		keeper_dismiss(rootfd, session, &ignored);
}

static int fill_seat(int rootfd, struct seat *seat, int session, struct manifest *manifest,
		     struct error *err)
{
	cleanup_close int manifest_fd = -1;

	if (!seat->waiting)
		return keeper_start_outgoing(&seat->slot, session, manifest, err);
	manifest_fd = manifest_to_memfd(manifest, err);
	if (manifest_fd < 0)
		return manifest_fd;
	return keeper_hand_over(rootfd, manifest->session, session, manifest_fd, err);
}

/* Session, devices and manifest in it, keeper: closing what is open undoes it all. */
static int hold_devices(const struct session_args *args, const struct device_list *devices,
			const struct claim *claim, int rootfd, struct seat *seat, struct error *err)
{
	cleanup_close int session = session_create(args->session, args->timeout, err);
	struct manifest manifest;
	int rc;

	if (session < 0)
		return session;
	manifest_init(&manifest, args->session, "vfio-luctl " VERSION);
	rc = claim_preserve(devices, claim, session, &manifest, err);
	if (rc == 0)
		rc = fill_seat(rootfd, seat, session, &manifest, err);
	manifest_free(&manifest);
	return rc;
}

static int preserve_devices(const struct session_args *args, const struct device_list *devices,
			    struct claim *claim, int rootfd, struct error *err)
{
	struct seat seat = { .slot = KEEPER_SLOT_INIT };
	int rc = take_seat(rootfd, args->session, &seat, err);

	if (rc == 0)
		rc = claim_bind(devices, claim, rootfd, err);
	if (rc == 0)
		rc = hold_devices(args, devices, claim, rootfd, &seat, err);
	if (rc < 0)
		leave_seat(rootfd, args->session, &seat);
	keeper_release(&seat.slot);
	claim_release(claim);
	if (rc < 0)
		claim_verify_free(devices, err);
	return rc;
}

/* All checks, then, unless this is a dry run, the act. Returns the state to show. */
static int preserve(const struct session_args *args, const struct device_list *devices,
		    int rootfd, const char **state, bool *changed, struct error *err)
{
	cleanup_claim struct claim claim = { 0 };
	int rc = claim_check(devices, err);

	if (rc == 0)
		rc = session_check_host(err);
	if (rc == 0)
		rc = is_done(rootfd, args->session, devices, err);
	*state = "preserved";
	*changed = false;
	if (rc)
		return rc < 0 ? rc : 0;
	rc = check_elsewhere(rootfd, devices, err);
	if (rc == 0)
		rc = claim_open(devices, &claim, err);
	if (rc == 0 && args->dry_run)
		*state = "planned";
	else if (rc == 0)
		rc = preserve_devices(args, devices, &claim, rootfd, err);
	/* Somebody was faster: perhaps with the same. */
	if (rc == -EEXIST)
		return is_done(rootfd, args->session, devices, err) > 0 ? 0 : rc;
	*changed = !args->dry_run;
	return rc;
}

static int resolve_and_preserve(const struct session_args *args, struct error *err)
{
	struct device_list all = { 0 }, chosen = { 0 };
	cleanup_close int rootfd = sysroot_open(NULL, err);
	cleanup_rows struct row_list list = { 0 };
	const char *state;
	bool changed;
	int rc = rootfd < 0 ? rootfd : device_scan(rootfd, &all, err);

	if (rc == 0)
		rc = plan_resolve(rootfd, &all, args->words, args->count, &chosen, err);
	if (rc == 0)
		rc = preserve(args, &chosen, rootfd, &state, &changed, err);
	if (rc == 0)
		rc = add_rows(&list, args->session, &chosen, state, changed, err);
	if (rc == 0)
		rc = rows_print(&list, &args->report, err);
	device_list_free(&chosen);
	device_list_free(&all);
	return rc;
}

static int run_preserve(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct session_args args = {
		.takes = TAKES_DEVICES | TAKES_TIMEOUT,
		.report = { .array = "devices", .columns = device_columns },
	};
	int rc = session_args_parse(&cmd_preserve, globals, argc, argv, &args, err);

	if (rc == 0 && args.count == 0) {
		rc = error_set(err, STATUS_USAGE, 0, NULL, "no device is given");
		error_hint(err, "see 'vfio-luctl list'");
	}
	if (rc == 0)
		rc = resolve_and_preserve(&args, err);
	free(args.selected);
	return rc;
}

const struct command cmd_preserve = {
	.name = "preserve",
	.args = "SESSION DEVICE...",
	.summary = "Put devices into a new session for the next kernel",
	.run = run_preserve,
};
