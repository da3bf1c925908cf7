// SPDX-License-Identifier: GPL-2.0-or-later
/* Keeping track of devices by their uevents. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "sysfs.h"
#include "uevent.h"
#include "watch.h"

#define DRIVER "vfio-pci"
#define CLASS_BRIDGE_PCI 0x0604 /* the upper 16 bits of the class code */

struct watch_entry {
	struct vfio_device device;
	bool present;
	bool seen; /* by the scan going on */
};

static bool is_named(const struct watch *watch, const struct vfio_device *device)
{
	size_t i;

	for (i = 0; device->is_pci && i < watch->named_count; i++)
		if (!pci_addr_compare(watch->named[i], device->address))
			return true;
	return false;
}

static bool is_of_interest(const struct watch *watch, const struct watch_entry *entry)
{
	const struct vfio_device *device = &entry->device;

	if (watch->named_count)
		return is_named(watch, device);
	if (!entry->present || device->class_code >> 8 == CLASS_BRIDGE_PCI)
		return false;
	return device->cdev[0] || !strcmp(device->driver, DRIVER) ||
	       (device->liveupdate[0] && strcmp(device->liveupdate, "none"));
}

static struct watch_entry *find_entry(const struct watch *watch, const char *name)
{
	size_t i;

	for (i = 0; i < watch->count; i++)
		if (!strcmp(watch->entries[i].device.name, name))
			return &watch->entries[i];
	return NULL;
}

/* From now on @new is what was told of its device. */
static int keep_entry(struct watch *watch, const struct watch_entry *new, struct error *err)
{
	struct watch_entry *entry = find_entry(watch, new->device.name);

	if (!entry) {
		entry = reallocarray(watch->entries, watch->count + 1, sizeof(*entry));
		if (!entry)
			return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
		watch->entries = entry;
		entry += watch->count++;
	}
	*entry = *new;
	return 0;
}

static void drop_entry(struct watch *watch, const char *name)
{
	struct watch_entry *entry = find_entry(watch, name);

	if (entry)
		*entry = watch->entries[--watch->count];
}

static int emit(struct watch *watch, struct watch_record *record, const struct vfio_device *device,
		struct error *err)
{
	clock_gettime(CLOCK_REALTIME, &record->realtime);
	clock_gettime(CLOCK_MONOTONIC, &record->monotonic);
	record->device = device ? device->name : "";
	record->driver = device ? device->driver : "";
	record->cdev = device ? device->cdev : "";
	record->liveupdate = device ? device->liveupdate : "";
	return watch->emit(watch->data, record, err);
}

/* Tell @record of @new, and remember it while it matters. */
static int tell(struct watch *watch, struct watch_record *record, const struct watch_entry *new,
		struct error *err)
{
	int rc = emit(watch, record, &new->device, err);

	if (rc < 0)
		return rc;
	if (is_of_interest(watch, new))
		return keep_entry(watch, new, err);
	drop_entry(watch, new->device.name);
	return 0;
}

static bool is_same(const struct watch_entry *a, const struct watch_entry *b)
{
	return a->present == b->present && !strcmp(a->device.driver, b->device.driver) &&
	       !strcmp(a->device.cdev, b->device.cdev) &&
	       !strcmp(a->device.liveupdate, b->device.liveupdate);
}

/* A device as the scan found it. */
static int found(struct watch *watch, const struct vfio_device *device, bool present,
		 struct error *err)
{
	struct watch_record record = { .event = present ? "present" : "absent", .source = "scan" };
	const struct watch_entry new = { .device = *device, .present = present, .seen = true };
	struct watch_entry *old = find_entry(watch, device->name);

	if (old)
		old->seen = true;
	if (old ? is_same(old, &new) : !is_of_interest(watch, &new))
		return 0;
	return tell(watch, &record, &new, err);
}

static void clear_state(struct vfio_device *device)
{
	device->driver[0] = device->cdev[0] = device->liveupdate[0] = '\0';
}

/* Nothing but the name of a PCI device, or of another one. */
static void name_device(struct vfio_device *device, const char *name)
{
	bool full;

	*device = (struct vfio_device){ .class_code = -1 };
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->is_pci = !pci_addr_parse(name, &device->address, &full) && full;
}

/* What is at @addr now; just its name when nothing is. */
static int look_at(int rootfd, struct pci_addr addr, struct watch_entry *entry, struct error *err)
{
	char name[PCI_ADDR_STRLEN];
	struct error why;
	int rc = device_at(rootfd, addr, &entry->device, &why);

	entry->present = rc == 0;
	if (rc == -ENODEV)
		name_device(&entry->device, pci_addr_format(addr, name));
	else if (rc < 0)
		*err = why;
	return rc == -ENODEV ? 0 : rc;
}

static int scan_named(struct watch *watch, struct error *err)
{
	struct watch_entry entry;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < watch->named_count; i++) {
		rc = look_at(watch->rootfd, watch->named[i], &entry, err);
		if (rc == 0)
			rc = found(watch, &entry.device, entry.present, err);
	}
	return rc;
}

/* The PCI bus for devices in a live update without VFIO, the class for other buses. */
static int scan_all(struct watch *watch, struct error *err)
{
	struct device_list pci = { 0 }, class = { 0 };
	size_t i;
	int rc = device_scan_pci(watch->rootfd, &pci, err);

	if (rc == 0)
		rc = device_scan(watch->rootfd, &class, err);
	for (i = 0; rc == 0 && i < pci.count; i++)
		rc = found(watch, &pci.devices[i], true, err);
	for (i = 0; rc == 0 && i < class.count; i++)
		if (!class.devices[i].is_pci)
			rc = found(watch, &class.devices[i], true, err);
	device_list_free(&class);
	device_list_free(&pci);
	return rc;
}

/* What was there when we looked last, and is not any more. */
static int tell_unseen(struct watch *watch, struct error *err)
{
	struct watch_record record = { .event = "absent", .source = "scan" };
	size_t i = watch->count;
	int rc = 0;

	while (rc == 0 && i-- > 0) {
		struct watch_entry gone = watch->entries[i];

		if (gone.seen)
			continue;
		gone.present = false;
		clear_state(&gone.device);
		rc = tell(watch, &record, &gone, err);
	}
	return rc;
}

int watch_scan(struct watch *watch, struct error *err)
{
	struct watch_record ready = { .event = "ready", .source = "scan" };
	size_t i;
	int rc;

	for (i = 0; i < watch->count; i++)
		watch->entries[i].seen = false;
	rc = watch->named_count ? scan_named(watch, err) : scan_all(watch, err);
	if (rc == 0)
		rc = tell_unseen(watch, err);
	return rc < 0 ? rc : emit(watch, &ready, NULL, err);
}

int watch_lost(struct watch *watch, struct error *err)
{
	struct watch_record lost = { .event = "lost", .source = "kernel" };
	int rc = emit(watch, &lost, NULL, err);

	return rc < 0 ? rc : watch_scan(watch, err);
}

/* An event of the device itself tells its driver and state, or their absence. */
static void apply_pci(struct watch_entry *entry, const struct uevent *event)
{
	struct vfio_device *device = &entry->device;

	entry->present = strcmp(event->action, "remove");
	if (!entry->present || !strcmp(event->action, "add"))
		clear_state(device);
	if (event->pci_class >= 0)
		device->class_code = event->pci_class;
	if (!entry->present)
		return;
	snprintf(device->driver, sizeof(device->driver), "%s", event->driver ? event->driver : "");
	snprintf(device->liveupdate, sizeof(device->liveupdate), "%s",
		 event->liveupdate ? event->liveupdate : "");
}

/* One of its VFIO class device tells its cdev; without a node it has none. */
static void apply_class(int rootfd, struct watch_entry *entry, const struct uevent *event,
			const char *cdev)
{
	struct vfio_device *device = &entry->device;
	bool gone = !strcmp(event->action, "remove");
	char path[512];

	snprintf(device->cdev, sizeof(device->cdev), "%s", gone || !event->devname ? "" : cdev);
	entry->present = entry->present || !gone;
	if (gone || device->driver[0])
		return;
	/* It comes while the driver probes; of other buses we do not get to know more. */
	snprintf(path, sizeof(path), "sys%s/device/driver", event->devpath);
	sysfs_read_link(rootfd, path, device->driver, sizeof(device->driver));
}

/* What is known of the device of @event, before it. */
static int recall(const struct watch *watch, const char *name, struct watch_entry *entry,
		  struct error *err)
{
	const struct watch_entry *known = find_entry(watch, name);

	*entry = known ? *known : (struct watch_entry){ .present = false };
	if (known)
		return 0;
	name_device(&entry->device, name);
	return entry->device.is_pci ? look_at(watch->rootfd, entry->device.address, entry, err) : 0;
}

/* What is known after it. */
static int apply(const struct watch *watch, const struct uevent *event, const char *cdev,
		 struct watch_entry *entry, struct error *err)
{
	/* Somebody wants the device to be looked at: it did not do what the event says. */
	if (event->synthetic && entry->device.is_pci)
		return look_at(watch->rootfd, entry->device.address, entry, err);
	if (cdev && !event->synthetic)
		apply_class(watch->rootfd, entry, event, cdev);
	else if (!event->synthetic)
		apply_pci(entry, event);
	return 0;
}

int watch_event(struct watch *watch, const struct uevent *event, struct error *err)
{
	struct watch_record record = {
		.event = event->action, .source = event->synthetic ? "synthetic" : "kernel",
		.subsystem = event->subsystem, .has_seqnum = true, .seqnum = event->seqnum,
	};
	struct watch_entry entry;
	const char *cdev;
	char name[sizeof(entry.device.name)];
	int rc;

	if (!uevent_device(event, name, sizeof(name), &cdev))
		return 0;
	rc = recall(watch, name, &entry, err);
	if (rc == 0)
		rc = apply(watch, event, cdev, &entry, err);
	if (rc < 0 || (!find_entry(watch, name) && !is_of_interest(watch, &entry)))
		return rc;
	return tell(watch, &record, &entry, err);
}

void watch_free(struct watch *watch)
{
	free(watch->entries);
	watch->entries = NULL;
	watch->count = 0;
}
