// SPDX-License-Identifier: GPL-2.0-or-later
/* From what a process has open to what is preserved of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "process.h"
#include "vfio.h"

#define NOIOMMU "noiommu-"
#define USE_CDEV "only what was opened through /dev/vfio/devices and bound to an iommufd can be preserved; QEMU: -object iommufd,id=iommufd0 -device vfio-pci,iommufd=iommufd0,host=%s"

static bool is_device(const struct process_device *file)
{
	return file->kind != PROC_FILE_GROUP && file->kind != PROC_FILE_CONTAINER;
}

static bool is_group_of(const struct process_device *file, const struct vfio_device *device)
{
	const char *name = file->name;
	char number[16];

	if (!strncmp(name, NOIOMMU, strlen(NOIOMMU)))
		name += strlen(NOIOMMU);
	snprintf(number, sizeof(number), "%d", device->iommu_group);
	return file->kind == PROC_FILE_GROUP && device->iommu_group >= 0 && !strcmp(name, number);
}

static int say_group(const struct vfio_device *device, const struct process *process,
		     struct error *err)
{
	int rc = error_set(err, STATUS_REFUSED, 0, device->name,
			   "process %d (%s) has it through its group (/dev/vfio/%d) and a container, which the kernel cannot preserve",
			   (int)process->pid, process->comm, device->iommu_group);

	error_hint(err, USE_CDEV, device->name);
	return rc;
}

/* Why no file of @device was taken. */
static int say_not_had(const struct vfio_device *device, const struct process *process,
		       const struct process_files *files, struct error *err)
{
	bool unbound = false, group = false;
	size_t i;
	int rc;

	for (i = 0; i < files->device_count; i++) {
		const struct process_device *file = &files->devices[i];
		bool same = is_device(file) && !strcmp(file->name, device->name);

		unbound |= same && file->kind != PROC_FILE_GROUP_DEVICE;
		group |= (same && file->kind == PROC_FILE_GROUP_DEVICE) || is_group_of(file, device);
	}
	if (group)
		return say_group(device, process, err);
	if (unbound)
		return error_set(err, STATUS_REFUSED, 0, device->name,
				 "process %d (%s) has it open, but not bound to an iommufd: it does not use it",
				 (int)process->pid, process->comm);
	rc = error_set(err, STATUS_NOT_FOUND, ENODEV, device->name,
		       "process %d (%s) does not have it open", (int)process->pid, process->comm);
	error_hint(err, "who has it: vfio-luctl list -o device,pids,commands %s", device->name);
	return rc;
}

/* Of several files of a device, the kernel lets one be bound. */
static int take_bound(const struct vfio_device *device, const struct process *process,
		      const struct process_files *files, struct error *err)
{
	size_t i;

	for (i = 0; i < files->device_count; i++) {
		const struct process_device *file = &files->devices[i];
		cleanup_close int fd = -1;

		if (!is_device(file) || file->kind == PROC_FILE_GROUP_DEVICE ||
		    strcmp(file->name, device->name))
			continue;
		fd = process_take_device(process, file, err);
		if (fd < 0)
			return fd;
		if (vfio_is_bound(fd))
			return steal_fd(&fd);
	}
	return say_not_had(device, process, files, err);
}

int claim_take(const struct device_list *devices, const struct process *process,
	       const struct process_files *files, struct claim *claim, struct error *err)
{
	size_t i;

	claim->fds = calloc(devices->count + 1, sizeof(*claim->fds));
	if (!claim->fds)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "cannot take the devices");
	for (i = 0; i < devices->count; i++) {
		int fd = take_bound(&devices->devices[i], process, files, err);

		if (fd < 0)
			return fd;
		claim->fds[claim->count++] = fd;
	}
	return 0;
}

static bool has_file(const struct process_files *files, const struct vfio_device *device)
{
	size_t i;

	for (i = 0; i < files->device_count; i++)
		if (is_device(&files->devices[i]) && !strcmp(files->devices[i].name, device->name))
			return true;
	return false;
}

static int say_none(const struct process *process, const struct process_files *files,
		    struct error *err)
{
	char name[64];
	int rc;

	snprintf(name, sizeof(name), "process %d (%s)", (int)process->pid, process->comm);
	if (!files->device_count)
		return error_set(err, STATUS_NOT_FOUND, ENODEV, name, "it has no VFIO device open");
	rc = error_set(err, STATUS_NOT_FOUND, ENODEV, name,
		       "it has a VFIO group or container open, but no device");
	error_hint(err, USE_CDEV, "ADDRESS");
	return rc;
}

int claim_find(const struct device_list *all, const struct process *process,
	       const struct process_files *files, struct device_list *chosen, struct error *err)
{
	size_t i;

	chosen->count = 0;
	chosen->devices = calloc(all->count + 1, sizeof(*chosen->devices));
	if (!chosen->devices)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	for (i = 0; i < all->count; i++)
		if (has_file(files, &all->devices[i]))
			chosen->devices[chosen->count++] = all->devices[i];
	return chosen->count ? 0 : say_none(process, files, err);
}
