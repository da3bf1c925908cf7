// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading devices, their groups and their users. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "inspect.h"
#include "native.h"
#include "sysfs.h"

#define PCI_DIR "sys/bus/pci/devices"
#define VFIO_DIR "/dev/vfio/"
#define CLASS_BRIDGE 0x06

static int add_user(void *data, pid_t pid, const char *link)
{
	struct inspector *inspector = data;
	struct vfio_user *grown;

	if (strncmp(link, VFIO_DIR, strlen(VFIO_DIR)))
		return 0;
	grown = reallocarray(inspector->users, inspector->user_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	inspector->users = grown;
	grown += inspector->user_count++;
	grown->pid = pid;
	snprintf(grown->path, sizeof(grown->path), "%s", link + strlen(VFIO_DIR));
	return 0;
}

int inspect_begin(struct inspector *inspector, struct error *err)
{
	inspector->users = NULL;
	inspector->user_count = 0;
	if (procfs_each_fd(inspector->rootfd, add_user, inspector) == -ENOMEM)
		return error_set(err, STATUS_FAILED, ENOMEM, "/proc", "cannot look for users of the devices");
	return 0;
}

void inspect_end(struct inspector *inspector)
{
	free(inspector->users);
	inspector->users = NULL;
}

static void find_user(const struct inspector *inspector, struct inspected *inspected)
{
	char cdev[80], group[32];
	size_t i;

	snprintf(cdev, sizeof(cdev), "devices/%s", inspected->device.cdev);
	snprintf(group, sizeof(group), "%d", inspected->device.iommu_group);
	for (i = 0; i < inspector->user_count; i++) {
		const struct vfio_user *user = &inspector->users[i];

		if (strcmp(user->path, cdev) && strcmp(user->path, group))
			continue;
		inspected->user.pid = user->pid;
		procfs_comm(inspector->rootfd, user->pid, inspected->user.comm);
		return;
	}
}

static void find_session(const struct inspector *inspector, struct inspected *inspected)
{
	const struct survey *survey = inspector->survey;
	size_t i, k;

	for (i = 0; i < survey->count; i++) {
		const struct survey_session *session = &survey->sessions[i];

		for (k = 0; k < session->count; k++) {
			if (!session->files[k].is_pci ||
			    pci_addr_compare(session->files[k].address, inspected->device.address))
				continue;
			inspected->outgoing |= session->direction == DIRECTION_OUTGOING;
			inspected->incoming |= session->direction == DIRECTION_INCOMING;
			snprintf(inspected->session, sizeof(inspected->session), "%s", session->name);
		}
	}
}

/* MSI and MSI-X: a file for each interrupt that is allocated, with its type in it. */
static bool read_msi(int dirfd, struct inspected *inspected)
{
	int fd = openat(dirfd, "msi_irqs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char type[16] = "";

	if (!dir)
		cleanup_close_fn(&fd);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !inspected->irqs++)
			sysfs_read(fd, entry->d_name, type, sizeof(type));
	inspected->irq_type = strcmp(type, "msix") ? "MSI" : "MSI-X";
	return inspected->irqs;
}

/*
 * The line interrupt is in use when vfio-pci has a handler for it, named by
 * vfio_intx_enable() in drivers/vfio/pci/vfio_pci_intrs.c.
 */
static void read_intx(int rootfd, int dirfd, struct inspected *inspected)
{
	char number[16], path[64], actions[4096], action[sizeof(inspected->device.name) + 16];

	if (sysfs_read(dirfd, "irq", number, sizeof(number)) <= 0 || strspn(number, "0123456789") != strlen(number))
		return;
	snprintf(path, sizeof(path), "sys/kernel/irq/%s/actions", number);
	snprintf(action, sizeof(action), "vfio-intx(%s)", inspected->device.name);
	if (sysfs_read(rootfd, path, actions, sizeof(actions)) <= 0 || !strstr(actions, action))
		return;
	inspected->irqs = 1;
	inspected->irq_type = "INTx";
}

static void add_name(char *names, size_t size, const char *name, const char *driver)
{
	size_t used = strlen(names);

	if (*driver)
		snprintf(names + used, size - used, "%s%s (%s)", used ? ", " : "", name, driver);
	else
		snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
}

/*
 * Whether a driver leaves the group to VFIO: those of VFIO and those that do no
 * DMA of their own (driver_managed_dma in struct pci_driver).
 */
static bool shares_group(const char *driver)
{
	return !*driver || strstr(driver, "vfio") || !strcmp(driver, "pci-stub") ||
	       !strcmp(driver, "pcieport");
}

static void look_at_mate(const struct inspector *inspector, const char *name,
			 struct inspected *inspected)
{
	struct vfio_device mate;
	struct pci_addr address;
	struct error ignored;
	bool full;

	if (pci_addr_parse(name, &address, &full) || !pci_addr_compare(address, inspected->device.address) ||
	    device_at(inspector->rootfd, address, &mate, &ignored))
		return;
	if (!shares_group(mate.driver))
		add_name(inspected->native_mates, sizeof(inspected->native_mates), name, mate.driver);
	else if (mate.class_code >> 16 != CLASS_BRIDGE && !device_find(inspector->going, address))
		add_name(inspected->mates, sizeof(inspected->mates), name, "");
}

static void read_group(const struct inspector *inspector, int dirfd, struct inspected *inspected)
{
	struct dirent **entries;
	int count = scandirat(dirfd, "iommu_group/devices", &entries, NULL, alphasort), i;

	for (i = 0; i < count; i++) {
		look_at_mate(inspector, entries[i]->d_name, inspected);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void read_natives(const struct inspector *inspector, int dirfd, struct inspected *inspected)
{
	char modalias[256], release[128];

	if (sysfs_read(dirfd, "modalias", modalias, sizeof(modalias)) <= 0)
		return;
	if (native_drivers(inspector->rootfd, inspector->release, modalias, inspected->natives,
			   sizeof(inspected->natives)) == 0)
		return;
	/* The next kernel's modules are not here: most often it has the same. */
	if (sysfs_read(inspector->rootfd, "proc/sys/kernel/osrelease", release, sizeof(release)) > 0)
		native_drivers(inspector->rootfd, release, modalias, inspected->natives,
			       sizeof(inspected->natives));
}

static void read_directory(const struct inspector *inspector, int dirfd, struct inspected *inspected)
{
	char text[256];

	inspected->is_vf = sysfs_read_link(dirfd, "physfn", text, sizeof(text)) > 0;
	if (sysfs_read(dirfd, "sriov_numvfs", text, sizeof(text)) > 0)
		inspected->vfs = atoi(text);
	/* The attribute is there only when there is a method (pci_dev_reset_method_attr_is_visible()). */
	inspected->has_reset = sysfs_read(dirfd, "reset_method", text, sizeof(text)) > 0;
	sysfs_read(dirfd, "power_state", inspected->power, sizeof(inspected->power));
	if (!read_msi(dirfd, inspected))
		read_intx(inspector->rootfd, dirfd, inspected);
	read_group(inspector, dirfd, inspected);
	read_natives(inspector, dirfd, inspected);
}

void inspect_device(const struct inspector *inspector, const struct vfio_device *device,
		    struct inspected *inspected)
{
	char path[sizeof(PCI_DIR "/") + sizeof(device->name)];
	cleanup_close int dirfd = -1;

	*inspected = (struct inspected){ .device = *device };
	find_user(inspector, inspected);
	if (!device->is_pci)
		return;
	find_session(inspector, inspected);
	snprintf(path, sizeof(path), PCI_DIR "/%s", device->name);
	dirfd = openat(inspector->rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	inspected->gone = dirfd < 0;
	if (dirfd >= 0)
		read_directory(inspector, dirfd, inspected);
}
