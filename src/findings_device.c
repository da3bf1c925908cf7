// SPDX-License-Identifier: GPL-2.0-or-later
/* What is found of a device. */
#include <stdio.h>
#include <string.h>

#include "findings.h"
#include "inspect.h"
#include "target.h"

#define DRIVER "vfio-pci"
#define NOIOMMU "noiommu-"
#define INTEL 0x8086
#define CLASS_VGA 0x0300

/* As in vfio_pci_liveupdate_can_preserve() and pci_liveupdate_preserve(). */
static void add_eligibility(const struct inspected *inspected, struct finding_list *list)
{
	const struct vfio_device *device = &inspected->device;
	char count[16];

	if (strcmp(device->driver, DRIVER))
		findings_add(list, DEVICE_DRIVER, device->name, device->driver[0] ? device->driver : "(none)");
	else if (!device->cdev[0])
		findings_add(list, DEVICE_NO_CDEV, device->name, NULL);
	if (inspected->is_vf)
		findings_add(list, DEVICE_VF, device->name, NULL);
	if (inspected->vfs) {
		snprintf(count, sizeof(count), "%d", inspected->vfs);
		findings_add(list, DEVICE_HAS_VFS, device->name, count);
	}
	if (device->vendor == INTEL && device->class_code >> 8 == CLASS_VGA)
		findings_add(list, DEVICE_INTEL_DISPLAY, device->name, NULL);
	if (!inspected->has_reset)
		findings_add(list, DEVICE_NO_RESET, device->name, NULL);
}

static void add_group(const struct inspected *inspected, const struct target *target,
		      struct finding_list *list)
{
	const char *name = inspected->device.name;

	if (inspected->native_mates[0])
		findings_add(list, DEVICE_GROUP_DRIVER, name, inspected->native_mates);
	if (inspected->mates[0])
		findings_add(list, DEVICE_GROUP_SHARED, name, inspected->mates);
	if (strncmp(inspected->device.cdev, NOIOMMU, strlen(NOIOMMU)))
		return;
	findings_add(list, DEVICE_NOIOMMU, name, NULL);
	if (target && kcmdline_switch(target->cmdline, "vfio.enable_unsafe_noiommu_mode") != 1)
		findings_add(list, TARGET_NOIOMMU, name, name);
}

/* As in vfio_pci_core_why_not_freeze(); a device that nobody uses yet is not frozen. */
static void add_freeze(const struct inspected *inspected, struct finding_list *list)
{
	char detail[32];

	if (inspected->irqs) {
		snprintf(detail, sizeof(detail), "%d %s", inspected->irqs, inspected->irq_type);
		findings_add(list, DEVICE_INTERRUPTS, inspected->device.name, detail);
	}
	if (inspected->outgoing && inspected->power[0] && strcmp(inspected->power, "D0") &&
	    strcmp(inspected->power, "unknown"))
		findings_add(list, DEVICE_POWER, inspected->device.name, inspected->power);
}

static void add_use(const struct inspected *inspected, struct finding_list *list)
{
	const char *name = inspected->device.name;
	char user[PROCFS_COMM_SIZE + 24];

	if (inspected->outgoing)
		findings_add(list, DEVICE_PRESERVED, name,
			     inspected->session[0] ? inspected->session : "of somebody");
	else if (inspected->incoming)
		findings_add(list, DEVICE_INCOMING, name, NULL);
	else if (inspected->user.pid) {
		snprintf(user, sizeof(user), "%s (pid %d)", inspected->user.comm, (int)inspected->user.pid);
		findings_add(list, DEVICE_IN_USE, name, user);
	}
}

/* The first two numbers of a "vendor:device:..." of vfio-pci.ids, among others. */
static bool is_in_ids(const struct vfio_device *device, const char *cmdline)
{
	char ids[1024], id[16];
	const char *text = ids;
	size_t length;

	if (device->vendor < 0 || device->device < 0)
		return false;
	kcmdline_all(cmdline, "vfio-pci.ids", ids, sizeof(ids));
	snprintf(id, sizeof(id), "%04x:%04x", (unsigned int)device->vendor, (unsigned int)device->device);
	for (; *text; text += length + (text[length] != '\0')) {
		length = strcspn(text, ", ");
		if (length >= strlen(id) && !strncasecmp(text, id, strlen(id)) &&
		    (length == strlen(id) || text[strlen(id)] == ':'))
			return true;
	}
	return false;
}

/* Whether all of @modules are forbidden by module_blacklist=. */
static bool all_blacklisted(const char *modules, const char *cmdline)
{
	char name[64];

	for (; *modules; modules += strspn(modules, ", ")) {
		size_t length = strcspn(modules, ",");

		snprintf(name, sizeof(name), "%.*s", (int)length, modules);
		if (!kcmdline_has_word(cmdline, "module_blacklist", name))
			return false;
		modules += length;
	}
	return true;
}

static void add_natives(const struct inspected *inspected, const struct target *target,
			struct finding_list *list)
{
	if (!inspected->natives[0])
		return;
	if (target && (is_in_ids(&inspected->device, target->cmdline) ||
		       all_blacklisted(inspected->natives, target->cmdline)))
		return;
	findings_add(list, DEVICE_NATIVE_DRIVER, inspected->device.name, inspected->natives);
}

void findings_of_device(const struct inspected *inspected, const struct target *target,
			struct finding_list *list)
{
	const char *name = inspected->device.name;

	if (inspected->gone) {
		findings_add(list, DEVICE_GONE, name, NULL);
		return;
	}
	add_use(inspected, list);
	if (inspected->incoming || (!inspected->asked_for && !inspected->outgoing))
		return;
	if (!inspected->device.is_pci) {
		findings_add(list, DEVICE_NOT_PCI, name, NULL);
		return;
	}
	add_eligibility(inspected, list);
	add_group(inspected, target, list);
	if (!strcmp(inspected->device.driver, DRIVER))
		add_freeze(inspected, list);
	add_natives(inspected, target, list);
}
