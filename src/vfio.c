// SPDX-License-Identifier: GPL-2.0-or-later
/* VFIO character devices: open, bind, ask whether bound, disable interrupts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "vfio.h"

static int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vfio_open_cdev(const char *name)
{
	char path[128];
	int length;

	length = snprintf(path, sizeof(path), "%s/%s", VFIO_CDEV_DIR, name);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	return open_path(path);
}

int vfio_open_iommufd(void)
{
	return open_path(VFIO_IOMMUFD_PATH);
}

int vfio_bind(int fd, int iommufd)
{
	struct vfio_bind_arg arg = { .argsz = sizeof(arg), .iommufd = iommufd };

	return ioctl(fd, VFIO_IOCTL_BIND_IOMMUFD, &arg) < 0 ? -errno : 0;
}

int vfio_check_bound(int fd)
{
	struct vfio_info_arg arg = { .argsz = sizeof(arg) };

	if (ioctl(fd, VFIO_IOCTL_GET_INFO, &arg) == 0)
		return 1;
	return errno == EINVAL ? 0 : -errno;
}

bool vfio_is_bound(int fd)
{
	return vfio_check_bound(fd) != 0;
}

/* EINVAL: those of this index are not enabled (vfio_pci_set_irqs_ioctl), or there are none. */
int vfio_disable_interrupts(int fd)
{
	struct vfio_irqs_arg arg = {
		.argsz = sizeof(arg), .flags = VFIO_IRQS_NO_DATA | VFIO_IRQS_TRIGGER,
	};

	for (; arg.index <= VFIO_IRQS_LAST; arg.index++)
		if (ioctl(fd, VFIO_IOCTL_SET_IRQS, &arg) < 0 && errno != EINVAL)
			return -errno;
	return 0;
}
