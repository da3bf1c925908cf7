// SPDX-License-Identifier: GPL-2.0-or-later
/* The columns of list. */
#include <stdio.h>

#include "facts.h"
#include "findings.h"
#include "list_columns.h"

static const struct vfio_device *device_of(const void *record)
{
	return ((const struct facts *)record)->device;
}

static void set_list(struct column_value *value, const char *list)
{
	value->absent = !list;
	value->list = list;
}

static void get_device(const void *record, struct column_value *value)
{
	column_set_text(value, device_of(record)->name);
}

static void get_bus(const void *record, struct column_value *value)
{
	column_set_text(value, device_of(record)->bus);
}

static void get_id(const void *record, struct column_value *value)
{
	column_set_ids(value, device_of(record)->vendor, device_of(record)->device);
}

static void get_subsystem(const void *record, struct column_value *value)
{
	column_set_ids(value, device_of(record)->subsystem_vendor, device_of(record)->subsystem_device);
}

static void get_class(const void *record, struct column_value *value)
{
	value->absent = device_of(record)->class_code < 0;
	if (!value->absent)
		snprintf(value->text, sizeof(value->text), "%06x",
			 (unsigned int)device_of(record)->class_code);
}

static void get_name(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->name);
}

static void get_subsystem_name(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->subsystem_name);
}

static void get_class_name(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->class_name);
}

static void get_driver(const void *record, struct column_value *value)
{
	column_set_text(value, device_of(record)->driver);
}

static void get_override(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->override);
}

static void get_group(const void *record, struct column_value *value)
{
	column_set_number(value, device_of(record)->iommu_group);
}

static void get_members(const void *record, struct column_value *value)
{
	set_list(value, ((const struct facts *)record)->members);
}

static void get_numa(const void *record, struct column_value *value)
{
	column_set_number(value, device_of(record)->numa_node);
}

static void get_cdev(const void *record, struct column_value *value)
{
	column_set_text(value, device_of(record)->cdev);
}

static void get_resets(const void *record, struct column_value *value)
{
	set_list(value, ((const struct facts *)record)->resets);
}

static void get_irqs(const void *record, struct column_value *value)
{
	column_set_number(value, ((const struct facts *)record)->irqs);
}

static void get_irq_type(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->irq_type);
}

static void get_pids(const void *record, struct column_value *value)
{
	set_list(value, ((const struct facts *)record)->pids);
}

static void get_commands(const void *record, struct column_value *value)
{
	set_list(value, ((const struct facts *)record)->commands);
}

static void get_liveupdate(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->liveupdate);
}

static void get_session(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct facts *)record)->session);
}

static void get_eligible(const void *record, struct column_value *value)
{
	const struct facts *facts = record;

	value->absent = facts->obstacles < 0;
	value->number = !facts->obstacles;
}

static void get_obstacle(const void *record, struct column_value *value)
{
	int i, obstacles = ((const struct facts *)record)->obstacles;

	for (i = OBSTACLES - 1; obstacles > 0 && i >= 0; i--)
		if (obstacles & 1 << i)
			column_set_text(value, findings_table[finding_of_obstacle(i)].id);
}

#define NEEDS COLUMN_NEEDS
#define USUAL(fact) (COLUMN_DEFAULT | NEEDS(fact))
#define NAMES (COLUMN_ON_REQUEST | NEEDS(FACT_NAMES))

const struct column list_columns[] = {
	{ "device", "DEVICE", COLUMN_STRING, USUAL(0), get_device, "PCI address, or sysfs name on other buses" },
	{ "bus", "BUS", COLUMN_STRING, 0, get_bus, "pci, mdev, platform, ..." },
	{ "id", "ID", COLUMN_STRING, USUAL(DEVICE_IDS), get_id, "vendor and device id, hexadecimal" },
	{ "subsystem", "SUBSYSTEM", COLUMN_STRING, NEEDS(DEVICE_IDS), get_subsystem, "subsystem vendor and device id, hexadecimal" },
	{ "class", "CLASS", COLUMN_STRING, NEEDS(DEVICE_IDS), get_class, "PCI class code, hexadecimal" },
	{ "name", "NAME", COLUMN_STRING, NAMES, get_name, "vendor and device by name" },
	{ "subname", "SUBNAME", COLUMN_STRING, NAMES, get_subsystem_name, "subsystem by name" },
	{ "classname", "CLASSNAME", COLUMN_STRING, NAMES, get_class_name, "class by name" },
	{ "driver", "DRIVER", COLUMN_STRING, USUAL(DEVICE_IDS), get_driver, "driver the device is bound to" },
	{ "override", "OVERRIDE", COLUMN_STRING, NEEDS(FACT_OVERRIDE), get_override, "the only driver that may be bound (driver_override)" },
	{ "group", "GROUP", COLUMN_NUMBER, USUAL(DEVICE_GROUP), get_group, "IOMMU group" },
	{ "members", "MEMBERS", COLUMN_STRINGS, NEEDS(FACT_MEMBERS), get_members, "all devices in the IOMMU group" },
	{ "numa", "NUMA", COLUMN_NUMBER, NEEDS(DEVICE_NUMA), get_numa, "NUMA node" },
	{ "cdev", "CDEV", COLUMN_STRING, USUAL(DEVICE_CDEV), get_cdev, "character device below /dev/vfio/devices" },
	{ "resets", "RESETS", COLUMN_STRINGS, NEEDS(FACT_RESETS), get_resets, "ways to reset it, in the order they are tried" },
	{ "irqs", "IRQS", COLUMN_NUMBER, NEEDS(FACT_IRQS), get_irqs, "interrupts in use" },
	{ "irqtype", "IRQTYPE", COLUMN_STRING, NEEDS(FACT_IRQS), get_irq_type, "their type: intx, msi, msix" },
	{ "pids", "PIDS", COLUMN_NUMBERS, NEEDS(FACT_USERS), get_pids, "processes that have it open" },
	{ "commands", "COMMANDS", COLUMN_STRINGS, NEEDS(FACT_USERS), get_commands, "their names" },
	{ "liveupdate", "LIVEUPDATE", COLUMN_STRING, NEEDS(FACT_LIVEUPDATE), get_liveupdate, "none, outgoing, incoming: what the kernel says" },
	{ "session", "SESSION", COLUMN_STRING, NEEDS(FACT_SESSION), get_session, "live update session it is in" },
	{ "eligible", "ELIGIBLE", COLUMN_BOOL, NEEDS(FACT_ELIGIBLE), get_eligible, "whether the kernel would preserve it" },
	{ "obstacle", "OBSTACLE", COLUMN_STRING, NEEDS(FACT_ELIGIBLE), get_obstacle, "why not, in the words of check: device-driver, ..." },
	{ 0 },
};
