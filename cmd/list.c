// SPDX-License-Identifier: GPL-2.0-or-later
/* list: the VFIO devices of the host. */
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "plan.h"
#include "report.h"
#include "sysfs.h"
#include "commands.h"
#include "common.h"

static void set_text(struct column_value *value, const char *text)
{
	value->absent = !text[0];
	snprintf(value->text, sizeof(value->text), "%s", text);
}

static void set_number(struct column_value *value, int number)
{
	value->absent = number < 0;
	value->number = number;
}

static void get_device(const void *record, struct column_value *value)
{
	set_text(value, ((const struct vfio_device *)record)->name);
}

static void get_bus(const void *record, struct column_value *value)
{
	set_text(value, ((const struct vfio_device *)record)->bus);
}

static void get_id(const void *record, struct column_value *value)
{
	const struct vfio_device *dev = record;

	if (dev->vendor < 0 || dev->device < 0)
		return;
	value->absent = false;
	snprintf(value->text, sizeof(value->text), "%04x:%04x", (unsigned int)dev->vendor,
		 (unsigned int)dev->device);
}

static void get_class(const void *record, struct column_value *value)
{
	const struct vfio_device *dev = record;

	if (dev->class_code < 0)
		return;
	value->absent = false;
	snprintf(value->text, sizeof(value->text), "%06x", (unsigned int)dev->class_code);
}

static void get_driver(const void *record, struct column_value *value)
{
	set_text(value, ((const struct vfio_device *)record)->driver);
}

static void get_group(const void *record, struct column_value *value)
{
	set_number(value, ((const struct vfio_device *)record)->iommu_group);
}

static void get_numa(const void *record, struct column_value *value)
{
	set_number(value, ((const struct vfio_device *)record)->numa_node);
}

static void get_cdev(const void *record, struct column_value *value)
{
	set_text(value, ((const struct vfio_device *)record)->cdev);
}

static const struct column columns[] = {
	{ "device", "DEVICE", COLUMN_STRING, true, get_device, "PCI address, or sysfs name on other buses" },
	{ "bus", "BUS", COLUMN_STRING, false, get_bus, "pci, mdev, platform, ..." },
	{ "id", "ID", COLUMN_STRING, true, get_id, "vendor and device id, hexadecimal" },
	{ "class", "CLASS", COLUMN_STRING, false, get_class, "PCI class code, hexadecimal" },
	{ "driver", "DRIVER", COLUMN_STRING, true, get_driver, "driver the device is bound to" },
	{ "group", "GROUP", COLUMN_NUMBER, true, get_group, "IOMMU group" },
	{ "numa", "NUMA", COLUMN_NUMBER, false, get_numa, "NUMA node" },
	{ "cdev", "CDEV", COLUMN_STRING, true, get_cdev, "character device below /dev/vfio/devices" },
	{ 0 },
};

struct list_args {
	struct table_options table;
	char **words;
	size_t count;
};

static error_t parse_list(int key, char *arg, struct argp_state *state)
{
	struct list_args *args = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		return 0;
	case ARGP_KEY_ARGS:
		args->words = state->argv + state->next;
		args->count = (size_t)(state->argc - state->next);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int list_devices(const struct list_args *args, const struct report *report,
			const char *sysroot, struct error *err)
{
	struct device_list all = { 0 }, chosen = { 0 };
	cleanup_close int rootfd = sysroot_open(sysroot, err);
	int ret;

	if (rootfd < 0)
		return rootfd;
	ret = device_scan(rootfd, &all, err);
	if (!ret)
		ret = plan_resolve(rootfd, &all, args->words, args->count, &chosen, err);
	if (!ret)
		ret = report_print(stdout, report, chosen.devices, chosen.count,
				   sizeof(*chosen.devices), err);
	device_list_free(&chosen);
	device_list_free(&all);
	return ret;
}

static int run_list(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { NULL, parse_list, NULL, NULL, children, NULL, NULL };
	struct report report = { .array = "devices", .columns = columns };
	cleanup_free const char **selected = NULL;
	struct list_args args = { 0 };
	int ret;

	ret = common_parse(&cmd_list, &argp, &args, globals, argc, argv, err);
	if (!ret)
		ret = table_prepare(&args.table, globals, &report, &selected, err);
	if (ret)
		return ret;
	return list_devices(&args, &report, globals->sysroot, err);
}

const struct command cmd_list = {
	.name = "list",
	.args = "[DEVICE...]",
	.summary = "List the VFIO devices of this host",
	.run = run_list,
};
