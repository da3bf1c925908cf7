/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be told of a VFIO device beyond what finds it.  Each fact is read
 * only when it is asked for; nothing is opened that could change the device, and
 * no config space is read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "debugfs.h"
#include "device.h"

struct error;

/* The facts there are; the bits below are those of device.h. */
enum {
	FACT_MEMBERS = 1u << 8,
	FACT_OVERRIDE = 1u << 9,
	FACT_RESETS = 1u << 10,
	FACT_IRQS = 1u << 11,
	FACT_LIVEUPDATE = 1u << 12,
	FACT_ELIGIBLE = 1u << 13,
	FACT_USERS = 1u << 14,
	FACT_SESSION = 1u << 15,
	FACT_NAMES = 1u << 16,
};

/*
 * Why the kernel would never preserve a device, as in vfio_pci_liveupdate_can_preserve()
 * and pci_liveupdate_preserve() (patches 0018 and 0006); bits, 1 << OBSTACLE_.
 */
enum obstacle {
	OBSTACLE_NOT_PCI,
	OBSTACLE_DRIVER, /* it has another one than vfio-pci, or none */
	OBSTACLE_NO_CDEV,
	OBSTACLE_VF,
	OBSTACLE_HAS_VFS,
	OBSTACLE_INTEL_DISPLAY,
	OBSTACLES,
};

/*
 * The facts of one device.  Lists have a newline after each element, and one
 * without elements is "".  What is not known, or was not asked for, is NULL, -1
 * or, in an array, "".
 */
struct facts {
	const struct vfio_device *device;
	char *members;        /* addresses of the devices in its IOMMU group, itself among them */
	char override[64];    /* driver_override; "" none */
	char *resets;         /* reset_method: in the order in which they are tried */
	int unread_code;      /* errno: of these facts is something in sysfs that could not be read, */
	char unread[24];      /* this; only want of something to read with is an error */
	int irqs;             /* interrupts in use; of vfio-pci alone when they are line interrupts */
	const char *irq_type; /* "msix", "msi", "intx"; NULL when none is in use */
	char liveupdate[32];  /* "none", "outgoing", "incoming"; "" when the kernel does not tell */
	int obstacles;        /* bits; none: the kernel would preserve it; -1 not known */
	int vfs;              /* virtual functions enabled on it; with FACT_ELIGIBLE */
	char *pids;           /* of those that have it open, sorted; NULL when nobody was seen */
	char *commands;       /* and some processes may not be looked at */
	char session[DEBUGFS_NAME_SIZE];
	char *name, *class_name, *subsystem_name; /* pci.ids */
};

/*
 * The facts @wanted (FACT_ bits) of @devices in @facts, an array as long as
 * the list, which points to its devices; freed with facts_free().  @sysroot: the
 * path that @rootfd was opened with, or NULL.  A fact that cannot be found out is
 * absent; only want of memory or descriptors, and a pci.ids that is broken, are
 * errors.  Returns 0 or a negative errno with @err filled.
 */
int facts_gather(int rootfd, const char *sysroot, unsigned int wanted,
		 const struct device_list *devices, struct facts **facts, struct error *err);

void facts_free(struct facts *facts, size_t count);

/*
 * The obstacles there are for @device, which is a virtual function or has @vfs of them; -1 where
 * it could not be read.
 */
int facts_obstacles(const struct vfio_device *device, bool is_vf, int vfs);

/*
 * The DEVICE_ bits that device_scan_for() needs for the facts in @wanted, those
 * in @wanted among them.
 */
unsigned int facts_device_bits(unsigned int wanted);

/* Parts of facts_gather(), one source each. */
int facts_sysfs(int rootfd, unsigned int wanted, struct facts *facts, size_t count,
		struct error *err);
int facts_users(int rootfd, struct facts *facts, size_t count, struct error *err);
int facts_sessions(int rootfd, struct facts *facts, size_t count, struct error *err);
