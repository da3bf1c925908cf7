// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything that is on the PCI bus. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "sysfs.h"

#define PCI_DIR "sys/bus/pci/devices"

static int compare(const void *left, const void *right)
{
	const struct vfio_device *a = left, *b = right;

	return pci_addr_compare(a->address, b->address);
}

/* Append what is at @name; a device that has gone meanwhile is left out, one that cannot be read is not. */
static int add_device(int rootfd, const char *name, struct device_list *list, size_t *room,
		      struct error *err)
{
	struct vfio_device *grown;
	struct pci_addr addr;
	struct error told;
	bool full;
	int rc;

	if (pci_addr_parse(name, &addr, &full) || !full)
		return 0;
	if (list->count == *room) {
		*room = *room ? *room * 2 : 64;
		grown = reallocarray(list->devices, *room, sizeof(*grown));
		if (!grown)
			return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the device list");
		list->devices = grown;
	}
	rc = device_at(rootfd, addr, &list->devices[list->count], &told);
	if (sysfs_is_shortage(rc)) {
		*err = told;
		return rc;
	}
	list->count += rc != -ENODEV;
	return 0;
}

static int add_devices(int rootfd, DIR *dir, struct device_list *list, struct error *err)
{
	const struct dirent *entry;
	size_t room = 0;
	int rc = 0;

	for (errno = 0; rc == 0 && (entry = readdir(dir)); errno = 0)
		rc = add_device(rootfd, entry->d_name, list, &room, err);
	if (rc == 0 && errno)
		rc = error_set(err, STATUS_FAILED, errno, "/" PCI_DIR, "cannot read the directory");
	return rc;
}

int device_scan_pci(int rootfd, struct device_list *list, struct error *err)
{
	int fd = openat(rootfd, PCI_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	cleanup_dir DIR *dir = NULL;

	*list = (struct device_list){ 0 };
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir) {
		rc = error_set(err, STATUS_FAILED, errno, "/" PCI_DIR, "cannot open the directory");
		cleanup_close_fn(&fd);
		return rc;
	}
	rc = add_devices(rootfd, dir, list, err);
	if (rc < 0)
		device_list_free(list);
	else if (list->count)
		qsort(list->devices, list->count, sizeof(*list->devices), compare);
	return rc;
}
