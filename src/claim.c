// SPDX-License-Identifier: GPL-2.0-or-later
/* From devices to a session that holds them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "manifest.h"
#include "procfs.h"
#include "session.h"
#include "token.h"
#include "vfio.h"

#define DRIVER "vfio-pci"

static int check_device(const struct vfio_device *device, struct error *err)
{
	int rc = device_check_read(device, err);

	if (rc < 0)
		return rc;
	if (!device->is_pci)
		return error_set(err, STATUS_REFUSED, 0, device->name,
				 "it is a device of the bus %s, only PCI devices can be preserved",
				 device->bus);
	if (strcmp(device->driver, DRIVER))
		return error_set(err, STATUS_REFUSED, 0, device->name,
				 "its driver is %s, only devices of " DRIVER " can be preserved",
				 device->driver[0] ? device->driver : "(none)");
	if (!device->cdev[0])
		return error_set(err, STATUS_REFUSED, 0, device->name,
				 "it has no VFIO character device (CONFIG_VFIO_DEVICE_CDEV)");
	return 0;
}

int claim_check(const struct device_list *devices, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < devices->count; i++)
		rc = check_device(&devices->devices[i], err);
	return rc;
}

static int open_device(const struct vfio_device *device, struct error *err)
{
	int fd = vfio_open_cdev(device->cdev), rc;

	if (fd >= 0)
		return fd;
	if (fd == -EBUSY) {
		rc = error_set(err, STATUS_BUSY, EBUSY, device->name,
			       "it came from the previous kernel and its live update is not finished");
		error_hint(err, "see 'vfio-luctl status'; then retrieve and finish its session");
		return rc;
	}
	rc = error_set(err, STATUS_FAILED, -fd, device->name, "cannot open " VFIO_CDEV_DIR "/%s",
		       device->cdev);
	if (fd == -EPERM)
		error_hint(err, "a device without IOMMU needs CAP_SYS_RAWIO");
	return rc;
}

int claim_open(const struct device_list *devices, struct claim *claim, struct error *err)
{
	size_t i;

	claim->fds = calloc(devices->count + 1, sizeof(*claim->fds));
	if (!claim->fds)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "cannot open the devices");
	for (i = 0; i < devices->count; i++) {
		int fd = open_device(&devices->devices[i], err);

		if (fd < 0)
			return fd;
		claim->fds[claim->count++] = fd;
	}
	return 0;
}

/* Whoever has the cdev, or the group it is in, open beside us. */
static bool find_user(const struct vfio_device *device, int rootfd, struct proc_holder *user)
{
	char path[128];

	snprintf(path, sizeof(path), VFIO_CDEV_DIR "/%s", device->cdev);
	if (procfs_find_holder(rootfd, path, user) == 0)
		return true;
	snprintf(path, sizeof(path), "/dev/vfio/%d", device->iommu_group);
	return device->iommu_group >= 0 && procfs_find_holder(rootfd, path, user) == 0;
}

static int say_bind_failed(const struct vfio_device *device, int code, int rootfd,
			   struct error *err)
{
	struct proc_holder user;

	if (code != EBUSY && code != EINVAL)
		return error_set(err, STATUS_FAILED, code, device->name,
				 "cannot bind the device to an iommufd");
	if (find_user(device, rootfd, &user)) {
		error_set(err, STATUS_BUSY, EBUSY, device->name, "it is in use by %s (pid %d)",
			  user.comm, (int)user.pid);
		error_hint(err, "'vfio-luctl preserve SESSION --pid %d %s' preserves it as it is in use",
			   (int)user.pid, device->name);
		return -EBUSY;
	}
	return error_set(err, STATUS_BUSY, code, device->name,
			 "cannot bind the device to an iommufd: somebody uses it");
}

int claim_open_iommufd(struct error *err)
{
	int fd = vfio_open_iommufd();

	if (fd >= 0)
		return fd;
	error_set(err, fd == -ENOENT ? STATUS_UNSUPPORTED : STATUS_FAILED, -fd, VFIO_IOMMUFD_PATH,
		  "cannot open");
	if (fd == -ENOENT)
		error_hint(err, "modprobe iommufd (CONFIG_IOMMUFD)");
	return fd;
}

int claim_bind(const struct device_list *devices, const struct claim *claim,
	       int rootfd, struct error *err)
{
	cleanup_close int iommufd = claim_open_iommufd(err);
	size_t i;
	int rc;

	if (iommufd < 0)
		return iommufd;
	for (i = 0; i < devices->count; i++) {
		rc = vfio_bind(claim->fds[i], iommufd);
		if (rc < 0)
			return say_bind_failed(&devices->devices[i], -rc, rootfd, err);
	}
	return 0;
}

static int preserve_device(const struct vfio_device *device, int fd, int session_fd,
			   struct manifest *manifest, struct error *err)
{
	struct manifest_entry entry = {
		.token = token_from_pci(device->address), .address = device->address,
		.vendor = device->vendor, .device = device->device,
	};
	int rc;

	snprintf(entry.driver, sizeof(entry.driver), "%s", device->driver);
	rc = manifest_add(manifest, &entry);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, device->name, "cannot write the manifest");
	return session_preserve(session_fd, fd, entry.token, device->name, err);
}

/* Memory comes first: it is what can fail for more than one reason. */
static int preserve_memfds(const struct claim *claim, int session_fd, struct manifest *manifest,
			   struct error *err)
{
	char label[MANIFEST_LABEL_SIZE];
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < claim->memfd_count; i++) {
		const struct claim_memfd *memfd = &claim->memfds[i];

		manifest_label(&memfd->entry, label);
		rc = manifest_add(manifest, &memfd->entry);
		if (rc < 0)
			return error_set(err, STATUS_FAILED, -rc, label, "cannot write the manifest");
		rc = session_preserve_memfd(session_fd, memfd->fd, memfd->entry.token, label, err);
	}
	return rc;
}

int claim_preserve(const struct device_list *devices, const struct claim *claim,
		   int session_fd, struct manifest *manifest, struct error *err)
{
	cleanup_close int memfd = -1;
	size_t i;
	int rc = preserve_memfds(claim, session_fd, manifest, err);

	for (i = 0; rc == 0 && i < devices->count; i++)
		rc = preserve_device(&devices->devices[i], claim->fds[i], session_fd,
				     manifest, err);
	if (rc < 0)
		return rc;
	memfd = manifest_to_memfd(manifest, err);
	if (memfd < 0)
		return memfd;
	return session_preserve(session_fd, memfd, TOKEN_MANIFEST, "manifest", err);
}

void claim_close_devices(struct claim *claim)
{
	while (claim->count > 0)
		close(claim->fds[--claim->count]);
}

void claim_release(struct claim *claim)
{
	size_t i;

	claim_close_devices(claim);
	for (i = 0; i < claim->memfd_count; i++)
		close(claim->memfds[i].fd);
	free(claim->fds);
	free(claim->memfds);
	*claim = (struct claim){ 0 };
}

/* What has become of @device, in words; NULL: it is as it was. */
static const char *find_change(const struct vfio_device *device, int rootfd)
{
	cleanup_close int fd = vfio_open_cdev(device->cdev);
	struct vfio_device now;
	struct error ignored;
	int rc;

	if (fd < 0)
		return "cannot be opened any more";
	rc = device_at(rootfd, device->address, &now, &ignored);
	if (rc < 0)
		return rc == -ENODEV ? "is not there any more" : "cannot be looked at any more";
	return strcmp(now.liveupdate, device->liveupdate) ? "is in a live update now" : NULL;
}

void claim_verify_free(const struct device_list *devices, const struct claim *claim, int rootfd,
		       struct error *err)
{
	char hint[sizeof(err->hint)];
	size_t i;

	for (i = 0; i < devices->count; i++) {
		const char *change = find_change(&devices->devices[i], rootfd);

		if (!change)
			continue;
		error_hint(err, "%s %s, see 'vfio-luctl status'", devices->devices[i].name, change);
		return;
	}
	snprintf(hint, sizeof(hint), "%s", err->hint);
	error_hint(err, "%.300s%snothing was preserved, and %s", hint, hint[0] ? "; " : "",
		   claim->quieted ? "each device is free, but interrupts were disabled: their user has to enable them again, or to reset the device"
				  : "each device is as before");
}
