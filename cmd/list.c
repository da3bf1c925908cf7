// SPDX-License-Identifier: GPL-2.0-or-later
/* list: the VFIO devices of the host. */
#include <stdio.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "facts.h"
#include "plan.h"
#include "report.h"
#include "sysfs.h"
#include "commands.h"
#include "common.h"
#include "list_columns.h"

static int print_devices(int rootfd, const struct device_list *devices, const struct report *report,
			 const char *sysroot, struct error *err)
{
	struct facts *facts;
	int ret = facts_gather(rootfd, sysroot, report_needs(report), devices, &facts, err);

	if (ret)
		return ret;
	ret = report_print(stdout, report, facts, devices->count, sizeof(*facts), err);
	facts_free(facts, devices->count);
	return ret;
}

static int list_devices(const struct table_options *args, const struct report *report,
			const char *sysroot, struct error *err)
{
	unsigned int bits = facts_device_bits(report_needs(report));
	struct device_list all = { 0 }, chosen = { 0 };
	cleanup_close int rootfd = sysroot_open(sysroot, err);
	int ret;

	if (rootfd < 0)
		return rootfd;
	/* A device can be named by its cdev. */
	ret = device_scan_for(rootfd, bits | (args->count ? DEVICE_CDEV : 0), &all, err);
	if (!ret)
		ret = plan_resolve(rootfd, &all, args->words, args->count, &chosen, err);
	if (!ret)
		ret = print_devices(rootfd, &chosen, report, sysroot, err);
	device_list_free(&chosen);
	device_list_free(&all);
	return ret;
}

static int run_list(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct report report = { .array = "devices", .columns = list_columns };
	cleanup_free const char **selected = NULL;
	struct table_options args = { .takes_words = true };
	int ret;

	ret = common_parse(&cmd_list, &table_argp, &args, globals, argc, argv, err);
	if (!ret)
		ret = table_prepare(&args, globals, &report, &selected, err);
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
