/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few calls on VFIO character devices and iommufd that live update needs.
 *
 * Declared by us as in liveupdate.h (Debian 12's headers predate the cdev
 * interface).  Source: include/uapi/linux/vfio.h of Linux 7.3.
 * All return 0 or a descriptor, or a negative errno, and fill no error record.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define VFIO_CDEV_DIR "/dev/vfio/devices"
#define VFIO_IOMMUFD_PATH "/dev/iommu"

struct vfio_bind_arg { /* vfio_device_bind_iommufd up to out_devid: its first version */
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
};

struct vfio_info_arg { /* vfio_device_info up to num_irqs */
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
};

struct vfio_irqs_arg { /* vfio_irq_set without data */
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

#define VFIO_IOCTL_BIND_IOMMUFD _IO(';', 100 + 18)
#define VFIO_IOCTL_GET_INFO _IO(';', 100 + 7)
#define VFIO_IOCTL_SET_IRQS _IO(';', 100 + 10)

#define VFIO_IRQS_NO_DATA (1 << 0)
#define VFIO_IRQS_TRIGGER (1 << 5)
#define VFIO_IRQS_LAST 2 /* the index of MSI-X, after INTx and MSI: what interrupts the guest */

/*
 * Open the cdev @name ("vfio7").  -EBUSY has one meaning: the device is
 * preserved and its live update is not finished (cdev open knows no other
 * reason; drivers/vfio/device_cdev.c and our patches).
 */
int vfio_open_cdev(const char *name);

int vfio_open_iommufd(void);

/*
 * Make the device usable through @fd.  -EBUSY: a group descriptor of it is
 * open; -EINVAL: another descriptor of it is bound (vfio_df_device_first_open
 * and vfio_df_ioctl_bind_iommufd).
 */
int vfio_bind(int fd, int iommufd);

/*
 * Whether @fd is bound to an iommufd.  Every call but the bind itself gives
 * EINVAL before (vfio_device_fops_unl_ioctl, access_granted).
 */
bool vfio_is_bound(int fd);

/* The same where the doubtful matters: 1, 0, or what the call gave else, -ENODEV of a device that is gone. */
int vfio_check_bound(int fd);

/*
 * Disable the interrupts of the device, whichever are enabled; it may be somebody
 * else's who uses @fd too.  Its error and request notifiers stay.
 */
int vfio_disable_interrupts(int fd);
