// SPDX-License-Identifier: GPL-2.0-or-later
/* All facts together; those of pci.ids. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "facts.h"
#include "names.h"

unsigned int facts_device_bits(unsigned int wanted)
{
	unsigned int bits = wanted & DEVICE_ALL;

	if (wanted & (FACT_NAMES | FACT_ELIGIBLE))
		bits |= DEVICE_IDS;
	if (wanted & (FACT_USERS | FACT_ELIGIBLE))
		bits |= DEVICE_CDEV;
	if (wanted & FACT_USERS)
		bits |= DEVICE_GROUP;
	return bits;
}

static int copy_name(char **to, const char *name)
{
	if (!name)
		return 0;
	*to = strdup(name);
	return *to ? 0 : -ENOMEM;
}

static int name_device(struct pci_access *names, struct facts *facts)
{
	const struct vfio_device *dev = facts->device;
	char buf[1024];
	int ret;

	ret = copy_name(&facts->name, names_device(names, dev->vendor, dev->device, buf, sizeof(buf)));
	if (!ret)
		ret = copy_name(&facts->class_name, names_class(names, dev->class_code, buf, sizeof(buf)));
	if (!ret)
		ret = copy_name(&facts->subsystem_name,
				names_subsystem(names, dev->vendor, dev->device, dev->subsystem_vendor,
						dev->subsystem_device, buf, sizeof(buf)));
	return ret;
}

static int name_devices(const char *sysroot, struct facts *facts, size_t count, struct error *err)
{
	struct pci_access *names = names_open(sysroot, err);
	size_t i;
	int ret = 0;

	if (!names)
		return -EINVAL;
	for (i = 0; !ret && i < count; i++)
		ret = name_device(names, &facts[i]);
	names_close(names);
	return ret ? error_set(err, STATUS_FAILED, -ret, NULL, "no memory for the names") : 0;
}

int facts_gather(int rootfd, const char *sysroot, unsigned int wanted,
		 const struct device_list *devices, struct facts **facts, struct error *err)
{
	struct facts *all = calloc(devices->count + 1, sizeof(*all));
	size_t i;
	int ret;

	if (!all)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	for (i = 0; i < devices->count; i++)
		all[i] = (struct facts){ .device = &devices->devices[i], .irqs = -1, .obstacles = -1 };
	ret = facts_sysfs(rootfd, wanted, all, devices->count, err);
	if (!ret && wanted & FACT_USERS)
		ret = facts_users(rootfd, all, devices->count, err);
	if (!ret && wanted & FACT_SESSION)
		ret = facts_sessions(rootfd, all, devices->count, err);
	if (!ret && wanted & FACT_NAMES && devices->count)
		ret = name_devices(sysroot, all, devices->count, err);
	if (ret)
		facts_free(all, devices->count);
	else
		*facts = all;
	return ret;
}

void facts_free(struct facts *facts, size_t count)
{
	size_t i;

	for (i = 0; facts && i < count; i++) {
		free(facts[i].members);
		free(facts[i].resets);
		free(facts[i].pids);
		free(facts[i].commands);
		free(facts[i].name);
		free(facts[i].class_name);
		free(facts[i].subsystem_name);
	}
	free(facts);
}
