/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One uevent of the kernel: what happened to which device.
 *
 * A message is "ACTION@DEVPATH", then KEY=VALUE pieces, each with a NUL at its
 * end (kobject_uevent_env() in lib/kobject_uevent.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci_addr.h"

/* The longest the kernel sends is a sysfs path (PATH_MAX) and UEVENT_BUFFER_SIZE (2048). */
#define UEVENT_MAX_SIZE 16384

/* The texts lie in the message; one that is absent is NULL. */
struct uevent {
	const char *action;     /* add, remove, change, move, online, offline, bind or unbind */
	const char *devpath;    /* below /sys, with its leading slash */
	const char *subsystem;
	uint64_t seqnum;        /* counts all uevents of the host */
	bool synthetic;         /* somebody wrote into the "uevent" attribute of the device */
	const char *driver;     /* the device is bound to */
	const char *devname;    /* its node, below /dev */
	const char *liveupdate; /* of PCI devices, with patch 0012: as their sysfs attribute */
	int pci_class;          /* 24 bits; -1 when absent */
};

/*
 * Parse the message @text of @size bytes into @event, which points into it.
 * The message is taken for hostile: anything that the kernel would not write
 * makes it -EBADMSG.  Keys that are not known are ignored, and of one that
 * occurs twice the first counts.
 */
int uevent_parse(const char *text, size_t size, struct uevent *event);

/*
 * The device behind @event, an event of the subsystems pci or vfio-dev: its
 * sysfs name goes to @name.  Of a VFIO class device that is its parent, and
 * *@entry becomes its own name ("vfio7"), else NULL.  False for any other
 * event, and for a path that does not fit.
 */
bool uevent_device(const struct uevent *event, char *name, size_t size, const char **entry);
