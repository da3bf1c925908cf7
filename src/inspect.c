// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading devices and their groups. */
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
#define CLASS_BRIDGE 0x06

int inspect_begin(struct inspector *inspector, struct error *err)
{
	inspector->facts = NULL;
	return facts_gather(inspector->rootfd, NULL, FACT_ELIGIBLE | FACT_IRQS | FACT_RESETS | FACT_USERS,
			    inspector->devices, &inspector->facts, err);
}

void inspect_end(struct inspector *inspector)
{
	facts_free(inspector->facts, inspector->devices->count);
	inspector->facts = NULL;
}

static void find_session(const struct inspector *inspector, struct inspected *inspected)
{
	const struct survey *survey = inspector->survey;
	size_t i, k;

	for (i = 0; i < survey->count; i++) {
		const struct survey_session *session = &survey->sessions[i];

		for (k = 0; k < session->count; k++) {
			if (!session->files[k].is_pci ||
			    pci_addr_compare(session->files[k].address, inspected->facts->device->address))
				continue;
			inspected->outgoing |= session->direction == DIRECTION_OUTGOING;
			inspected->incoming |= session->direction == DIRECTION_INCOMING;
			snprintf(inspected->session, sizeof(inspected->session), "%s", session->name);
		}
	}
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

	/* One that cannot be looked at is there all the same. */
	if (pci_addr_parse(name, &address, &full) || !pci_addr_compare(address, inspected->facts->device->address) ||
	    device_at(inspector->rootfd, address, &mate, &ignored) == -ENODEV)
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

	if (count < 0 && errno != ENOENT)
		inspected->group_code = errno;
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
	sysfs_read(dirfd, "power_state", inspected->power, sizeof(inspected->power));
	read_group(inspector, dirfd, inspected);
	read_natives(inspector, dirfd, inspected);
}

void inspect_device(const struct inspector *inspector, size_t index, struct inspected *inspected)
{
	const struct vfio_device *device = &inspector->devices->devices[index];
	char path[sizeof(PCI_DIR "/") + sizeof(device->name)];
	cleanup_close int dirfd = -1;

	*inspected = (struct inspected){ .facts = &inspector->facts[index] };
	if (!device->is_pci)
		return;
	find_session(inspector, inspected);
	snprintf(path, sizeof(path), PCI_DIR "/%s", device->name);
	dirfd = openat(inspector->rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	inspected->gone = dirfd < 0 && errno == ENOENT;
	if (dirfd >= 0)
		read_directory(inspector, dirfd, inspected);
}
