// SPDX-License-Identifier: GPL-2.0-or-later
/* What is found of a device. */
#include <stdio.h>
#include <string.h>

#include "findings.h"
#include "inspect.h"
#include "target.h"

#define DRIVER "vfio-pci"
#define NOIOMMU "noiommu-"

enum finding_id finding_of_obstacle(enum obstacle obstacle)
{
	static const enum finding_id ids[OBSTACLES] = {
		[OBSTACLE_NOT_PCI] = DEVICE_NOT_PCI, [OBSTACLE_DRIVER] = DEVICE_DRIVER,
		[OBSTACLE_NO_CDEV] = DEVICE_NO_CDEV, [OBSTACLE_VF] = DEVICE_VF,
		[OBSTACLE_HAS_VFS] = DEVICE_HAS_VFS, [OBSTACLE_INTEL_DISPLAY] = DEVICE_INTEL_DISPLAY,
	};

	return ids[obstacle];
}

static void add_eligibility(const struct facts *facts, struct finding_list *list)
{
	const struct vfio_device *device = facts->device;
	char vfs[16];
	const char *const details[OBSTACLES] = {
		[OBSTACLE_DRIVER] = device->driver[0] ? device->driver : "(none)",
		[OBSTACLE_HAS_VFS] = vfs,
	};
	int i;

	snprintf(vfs, sizeof(vfs), "%d", facts->vfs);
	for (i = 0; facts->obstacles > 0 && i < OBSTACLES; i++)
		if (facts->obstacles & 1 << i)
			findings_add(list, finding_of_obstacle(i), device->name, details[i]);
	if (device->is_pci && (facts->resets ? !facts->resets[0] : !facts->unread_code))
		findings_add(list, DEVICE_NO_RESET, device->name, NULL);
}

/* What makes the rest of the findings incomplete. */
static void add_unread(const struct inspected *inspected, struct finding_list *list)
{
	const struct facts *facts = inspected->facts;
	const struct vfio_device *device = facts->device;
	char detail[80];

	if (device->unread_code)
		snprintf(detail, sizeof(detail), "%s (%s)", device->unread, strerror(device->unread_code));
	else if (facts->unread_code)
		snprintf(detail, sizeof(detail), "%s (%s)", facts->unread, strerror(facts->unread_code));
	else if (inspected->group_code)
		snprintf(detail, sizeof(detail), "iommu_group (%s)", strerror(inspected->group_code));
	else
		return;
	findings_add(list, DEVICE_UNREADABLE, device->name, detail);
}

static void add_group(const struct inspected *inspected, const struct target *target,
		      struct finding_list *list)
{
	const struct vfio_device *device = inspected->facts->device;
	const char *name = device->name;

	if (inspected->native_mates[0])
		findings_add(list, DEVICE_GROUP_DRIVER, name, inspected->native_mates);
	if (inspected->mates[0])
		findings_add(list, DEVICE_GROUP_SHARED, name, inspected->mates);
	if (strncmp(device->cdev, NOIOMMU, strlen(NOIOMMU)))
		return;
	findings_add(list, DEVICE_NOIOMMU, name, NULL);
	if (target && kcmdline_switch(target->cmdline, "vfio.enable_unsafe_noiommu_mode") != 1)
		findings_add(list, TARGET_NOIOMMU, name, name);
}

void findings_of_interrupts(const struct facts *facts, struct finding_list *list)
{
	char detail[32];

	if (facts->irqs <= 0)
		return;
	snprintf(detail, sizeof(detail), "%d %s", facts->irqs, facts->irq_type ? facts->irq_type : "of unknown type");
	findings_add(list, DEVICE_INTERRUPTS, facts->device->name, detail);
}

/* As in vfio_pci_core_why_not_freeze(); a device that nobody uses yet is not frozen. */
static void add_freeze(const struct inspected *inspected, struct finding_list *list)
{
	const struct facts *facts = inspected->facts;

	findings_of_interrupts(facts, list);
	if (inspected->outgoing && inspected->power[0] && strcmp(inspected->power, "D0") &&
	    strcmp(inspected->power, "unknown"))
		findings_add(list, DEVICE_POWER, facts->device->name, inspected->power);
}

/* "qemu (pid 12) and 2 more", of the lists of users. */
static void format_users(const struct facts *facts, char *text, size_t size)
{
	const char *next = facts->pids;
	size_t others = 0, used;

	used = (size_t)snprintf(text, size, "%.*s (pid %.*s)", (int)strcspn(facts->commands, "\n"),
				facts->commands, (int)strcspn(facts->pids, "\n"), facts->pids);
	for (next = strchr(next, '\n') + 1; (next = strchr(next, '\n')); next++)
		others++;
	if (others && used < size)
		snprintf(text + used, size - used, " and %zu more", others);
}

static void add_use(const struct inspected *inspected, struct finding_list *list)
{
	const struct facts *facts = inspected->facts;
	const char *name = facts->device->name;
	char users[PROCFS_COMM_SIZE + 48];

	if (inspected->outgoing)
		findings_add(list, DEVICE_PRESERVED, name,
			     inspected->session[0] ? inspected->session : "of somebody");
	else if (inspected->incoming)
		findings_add(list, DEVICE_INCOMING, name, NULL);
	else if (facts->pids && facts->pids[0]) {
		format_users(facts, users, sizeof(users));
		findings_add(list, DEVICE_IN_USE, name, users);
	} else if (!facts->pids && !inspected->asked_for)
		findings_add(list, DEVICE_USE_HIDDEN, name, NULL);
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
	if (target && (is_in_ids(inspected->facts->device, target->cmdline) ||
		       all_blacklisted(inspected->natives, target->cmdline)))
		return;
	findings_add(list, DEVICE_NATIVE_DRIVER, inspected->facts->device->name, inspected->natives);
}

void findings_of_device(const struct inspected *inspected, const struct target *target,
			struct finding_list *list)
{
	const struct vfio_device *device = inspected->facts->device;

	if (inspected->gone) {
		findings_add(list, DEVICE_GONE, device->name, NULL);
		return;
	}
	add_use(inspected, list);
	if (inspected->incoming || (!inspected->asked_for && !inspected->outgoing))
		return;
	add_unread(inspected, list);
	add_eligibility(inspected->facts, list);
	if (!device->is_pci)
		return;
	add_group(inspected, target, list);
	if (!strcmp(device->driver, DRIVER))
		add_freeze(inspected, list);
	add_natives(inspected, target, list);
}
