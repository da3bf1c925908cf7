/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VFIO devices of a host, as the vfio-dev class in sysfs shows them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci_addr.h"

struct error;

/*
 * What costs system calls to find out, beyond name and bus.  Higher bits are
 * free for others (facts.h).
 */
enum {
	DEVICE_IDS = 1u << 0,  /* ids, class and driver */
	DEVICE_GROUP = 1u << 1,
	DEVICE_NUMA = 1u << 2,
	DEVICE_CDEV = 1u << 3,
	DEVICE_ALL = (1u << 4) - 1,
};

/*
 * One registered VFIO device; plain data.  An absent text is "", an absent
 * number -1.
 */
struct vfio_device {
	bool is_pci;
	struct pci_addr address; /* valid when is_pci */
	char name[64];           /* sysfs name; for PCI the full address */
	char bus[16];            /* "pci", "mdev", "platform", ... */
	int vendor;              /* -1 when the bus has no such id */
	int device;
	int subsystem_vendor;
	int subsystem_device;
	int class_code;          /* 24 bits */
	char driver[64];
	int iommu_group;
	int numa_node;
	char entry[64];          /* name in the class; "" from device_at() */
	char cdev[64];           /* "vfio7" or "noiommu-vfio7" */
	char liveupdate[24];     /* "none", "outgoing", "incoming", for bridges "incoming outgoing"
				    too; of PCI devices, where the kernel tells (patch 0012) */
	int unread_code;         /* errno: of this is something in sysfs that could not be read, */
	char unread[16];         /* this; what is absent of the device is not known then */
};

/* A growing array, sorted by address; devices of other buses come last, by name. */
struct device_list {
	struct vfio_device *devices;
	size_t count;
};

/*
 * Scan the host below @rootfd (see sysroot_open()) into @list, which the
 * caller frees with device_list_free().  A device that goes away during the
 * scan is left out; one that cannot be read is there, see device_check_read().  No VFIO
 * at all is an empty list.  Source:
 * /sys/class/vfio-dev, drivers/vfio/vfio_main.c.
 * Returns 0, or a negative errno with @err filled.
 */
int device_scan(int rootfd, struct device_list *list, struct error *err);

/* The same, reading only what @wanted (DEVICE_ bits) asks for; the rest is absent. */
int device_scan_for(int rootfd, unsigned int wanted, struct device_list *list,
		    struct error *err);

void device_list_free(struct device_list *list);

/*
 * The same for everything on the PCI bus, whatever its driver: bridges, and
 * devices without a cdev too.
 */
int device_scan_pci(int rootfd, struct device_list *list, struct error *err);

/* The device at @addr, or NULL. */
const struct vfio_device *device_find(const struct device_list *list,
				      struct pci_addr addr);

/*
 * What is at @addr on the PCI bus whatever its driver: fills @dev (cdev ""
 * when it has none).  Returns 0; -ENODEV with @err filled (STATUS_NOT_FOUND)
 * when there is no such PCI device; STATUS_FAILED when that cannot be told, @dev having
 * its name then.
 */
int device_at(int rootfd, struct pci_addr addr, struct vfio_device *dev,
	      struct error *err);

/*
 * Whether all of @dev could be read: before "it has no driver" or "no cdev" is said.
 * STATUS_FAILED.
 */
int device_check_read(const struct vfio_device *dev, struct error *err);

/* Whether there is a PCI device at @addr; true where that cannot be told. */
bool device_exists(int rootfd, struct pci_addr addr);
