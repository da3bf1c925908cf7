// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything that can be checked before a device is retrieved. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"
#include "error.h"
#include "keeper_check.h"
#include "manifest.h"

#define DRIVER "vfio-pci"
#define PCI "/sys/bus/pci"
#define NOIOMMU_PREFIX "noiommu-"

int keeper_check_driver(const struct manifest_entry *entry, const struct vfio_device *device,
			struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	int rc;

	if (!strcmp(device->driver, DRIVER))
		return 0;
	pci_addr_format(entry->address, address);
	rc = error_set(err, STATUS_REFUSED, 0, address, "its driver is %s, not " DRIVER,
		       *device->driver ? device->driver : "(none)");
	if (*device->driver)
		error_hint(err, "echo " DRIVER " > " PCI "/devices/%s/driver_override; echo %s > " PCI "/devices/%s/driver/unbind; echo %s > " PCI "/drivers_probe",
			   address, address, address, address);
	else
		error_hint(err, "echo " DRIVER " > " PCI "/devices/%s/driver_override; echo %s > " PCI "/drivers_probe",
			   address, address);
	return rc;
}

/* A noiommu device is only for those with CAP_SYS_RAWIO (vfio_device_fops_cdev_open()). */
static bool has_rawio(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[0].effective & (1u << CAP_SYS_RAWIO);
}

static bool id_differs(int then, int now)
{
	return then >= 0 && now >= 0 && then != now;
}

int keeper_check_identity(int rootfd, const struct manifest_entry *entry,
			  struct vfio_device *device, struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	int rc = device_at(rootfd, entry->address, device, err);

	if (rc == 0)
		rc = device_check_read(device, err);
	if (rc < 0)
		return rc;
	if (id_differs(entry->vendor, device->vendor) || id_differs(entry->device, device->device))
		return error_set(err, STATUS_REFUSED, 0, pci_addr_format(entry->address, address),
				 "this is %04x:%04x, but %04x:%04x was preserved here",
				 device->vendor, device->device, entry->vendor, entry->device);
	return 0;
}

int keeper_check_device(int rootfd, const struct manifest_entry *entry,
			struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	struct vfio_device device;
	int rc = keeper_check_identity(rootfd, entry, &device, err);

	if (rc < 0)
		return rc;
	rc = keeper_check_driver(entry, &device, err);
	if (rc < 0)
		return rc;
	pci_addr_format(entry->address, address);
	if (!*device.cdev)
		return error_set(err, STATUS_REFUSED, 0, address,
				 "it has no VFIO character device (CONFIG_VFIO_DEVICE_CDEV)");
	if (!strncmp(device.cdev, NOIOMMU_PREFIX, strlen(NOIOMMU_PREFIX)) && !has_rawio())
		return error_set(err, STATUS_REFUSED, EPERM, address,
				 "a device without IOMMU needs CAP_SYS_RAWIO");
	return 0;
}

int keeper_check_room(size_t count, struct error *err)
{
	const size_t slack = 32; /* what this process has open anyway */
	struct rlimit limit;
	int rc;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= count + slack)
		return 0;
	rc = error_set(err, STATUS_REFUSED, EMFILE, NULL,
		       "%zu descriptors are needed, the limit is %llu", count + slack,
		       (unsigned long long)limit.rlim_cur);
	error_hint(err, "ulimit -n %zu", count + slack);
	return rc;
}
