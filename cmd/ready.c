// SPDX-License-Identifier: GPL-2.0-or-later
/* Getting devices ready to be retrieved, and back when that fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "device.h"
#include "error.h"
#include "keeper_check.h"
#include "keeper_client.h"
#include "session.h"
#include "ready.h"
#include "session_args.h"

/* Made after the module has told the kernel what it can retrieve. */
#define DRIVER_DIR "sys/bus/pci/drivers/vfio-pci"

static bool is_waiting(const struct ready *ready)
{
	return ready->args->wait && !ready->args->dry_run;
}

int ready_begin(struct ready *ready, int rootfd, const struct session_args *args, struct error *err)
{
	*ready = (struct ready){ .rootfd = rootfd, .args = args, .rebind = REBIND_INIT };
	return is_waiting(ready) ? await_begin(&ready->await, args->wait_seconds, err) : 0;
}

void ready_end(struct ready *ready)
{
	await_end(&ready->await);
	rebind_close(&ready->rebind);
}

static int say_no_driver(const struct ready *ready, struct error *err)
{
	int rc = error_set(err, STATUS_TIMEOUT, ETIME, ready->args->session,
			   "vfio-pci is not loaded after %ld s", ready->args->wait_seconds);

	error_hint(err, "modprobe vfio-pci");
	return rc;
}

int ready_host(struct ready *ready, struct error *err)
{
	struct error why = { .status = STATUS_OK };
	int rc = session_check_host(&why);

	/* A refusal: the driver is missing.  The module is there before its driver. */
	while (is_waiting(ready) && (rc == 0 || why.status == STATUS_REFUSED) &&
	       faccessat(ready->rootfd, DRIVER_DIR, F_OK, 0) < 0) {
		rc = await_change(&ready->await, err);
		if (rc <= 0)
			return rc < 0 ? rc : say_no_driver(ready, err);
		rc = session_check_host(&why);
	}
	if (rc < 0)
		*err = why;
	return rc;
}

/* 1 for a device that has no driver, and 0 for one that is not there yet but may come. */
static int lacks_driver(const struct ready *ready, const struct keeper_entry *entry,
			struct vfio_device *device, struct error *err)
{
	struct error why;
	int rc = keeper_check_identity(ready->rootfd, &entry->of, device, &why);

	if (rc == 0)
		return !device->driver[0];
	if (rc == -ENODEV && ready->args->wait)
		return 0;
	*err = why;
	return rc;
}

/* Refuse what cannot be bound before anything is. */
static int check_bindable(const struct ready *ready, const struct request *request, struct error *err)
{
	struct vfio_device device = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc >= 0 && i < request->device_count; i++) {
		rc = lacks_driver(ready, &request->entries[i], &device, err);
		if (rc == 0 && device.driver[0])
			rc = keeper_check_driver(&request->entries[i].of, &device, err);
	}
	return rc < 0 ? rc : 0;
}

static int bind_missing(struct ready *ready, const struct request *request, struct error *err)
{
	struct vfio_device device;
	size_t i;
	int rc = check_bindable(ready, request, err);

	for (i = 0; rc >= 0 && i < request->device_count; i++) {
		rc = lacks_driver(ready, &request->entries[i], &device, err);
		if (rc == 1)
			rc = rebind_device(&ready->rebind, request->entries[i].of.address, err);
	}
	return rc < 0 ? rc : 0;
}

/* How far the first device is that cannot be retrieved yet. */
struct missing {
	struct pci_addr address;
	enum goal goal;
	struct vfio_device device;
};

/* 1 when all are bound and have their node. */
static int check_goals(const struct ready *ready, const struct request *request,
		       struct missing *missing, struct error *err)
{
	size_t i;
	int rc = 1;

	for (i = 0; rc == 1 && i < request->device_count; i++) {
		missing->address = request->entries[i].of.address;
		missing->goal = GOAL_BOUND;
		rc = goal_check(ready->rootfd, missing->address, GOAL_BOUND, &missing->device, err);
		if (rc != 1)
			break;
		missing->goal = GOAL_CDEV;
		rc = goal_check(ready->rootfd, missing->address, GOAL_CDEV, &missing->device, err);
	}
	return rc;
}

static int say_not_ready(const struct ready *ready, const struct missing *missing, struct error *err)
{
	int rc = goal_timeout(missing->address, missing->goal, &missing->device,
			      (unsigned int)ready->args->wait_seconds, err);

	error_hint(err, "the session is held by its keeper and nothing is lost: retrieve can be repeated");
	return rc;
}

int ready_devices(struct ready *ready, const struct request *request, struct error *err)
{
	const struct session_args *args = ready->args;
	struct missing missing;
	int rc = 0;

	if (args->bind && args->dry_run)
		return check_bindable(ready, request, err);
	if (args->bind)
		rc = rebind_open(&ready->rebind, ready->rootfd, args->session, err);
	while (rc >= 0) {
		if (args->bind)
			rc = bind_missing(ready, request, err);
		if (rc < 0 || !is_waiting(ready))
			return rc;
		rc = check_goals(ready, request, &missing, err);
		if (rc)
			return rc < 0 ? rc : 0;
		rc = await_change(&ready->await, err);
		if (rc == 0)
			return say_not_ready(ready, &missing, err);
	}
	return rc;
}

int ready_check(const struct ready *ready, const struct keeper_entry *entry, struct error *err)
{
	struct vfio_device device = { 0 };
	int rc = 0;

	if (ready->args->dry_run && (ready->args->bind || ready->args->wait))
		rc = lacks_driver(ready, entry, &device, err);
	if (rc == 1 || (rc == 0 && ready->args->dry_run && ready->args->wait))
		return 0;
	return rc < 0 ? rc : keeper_check_device(ready->rootfd, &entry->of, err);
}

/*
 * Does somebody have the device open, now that it is bound?  Unbinding it would
 * wait for that.  A keeper that does not answer may be about to.
 */
static bool may_be_open(const struct ready *ready, const struct keeper_entry *entry)
{
	struct keeper_info info;
	struct error ignored;
	bool open = false;
	size_t i;
	int rc = keeper_info(ready->rootfd, ready->args->session, &info, &ignored);

	if (rc < 0)
		return rc != -ENOENT && rc != -ECONNREFUSED;
	for (i = 0; i < info.count; i++)
		if (info.entries[i].of.token == entry->of.token)
			open = info.entries[i].state == ENTRY_RETRIEVED || info.entries[i].state == ENTRY_BOUND;
	keeper_info_free(&info);
	return open;
}

struct names {
	char text[200];
	size_t used;
};

static void add_name(struct names *names, struct pci_addr addr)
{
	char address[PCI_ADDR_STRLEN];

	if (names->used < sizeof(names->text))
		names->used += (size_t)snprintf(names->text + names->used, sizeof(names->text) - names->used,
						" %s", pci_addr_format(addr, address));
}

/* Behind the hint there is. */
static void add_hint(struct error *err, const char *what, const struct names *names)
{
	char hint[sizeof(err->hint)];

	if (!names->used)
		return;
	snprintf(hint, sizeof(hint), "%.250s%s%s%s", err->hint, err->hint[0] ? "; " : "", what,
		 names->text);
	error_hint(err, "%s", hint);
}

void ready_undo(struct ready *ready, const struct request *request, struct error *err)
{
	struct names undone = { .used = 0 }, kept = { .used = 0 };
	size_t i = request->device_count;

	while (i-- > 0) {
		const struct keeper_entry *entry = &request->entries[i];
		const struct rebind_entry *bound = rebind_find(&ready->rebind, entry->of.address);

		if (!bound)
			continue;
		if (may_be_open(ready, entry) || rebind_undo(&ready->rebind, bound) < 0)
			add_name(&kept, entry->of.address);
		else
			add_name(&undone, entry->of.address);
	}
	add_hint(err, "unbound again, with the driver_override of before:", &undone);
	add_hint(err, "left bound to vfio-pci:", &kept);
}
