// SPDX-License-Identifier: GPL-2.0-or-later
/* The attributes of devices in sysfs, one after the other with a NUL between them. */
#include "await.h"
#include "cleanup.h"
#include "error.h"
#include "facts.h"
#include "fuzz.h"
#include "root.h"
#include "survey_kernel.h"

#define LINE "sys/bus/pci/devices/0000:01:00.0/" /* has a line interrupt */
#define MSI "sys/bus/pci/devices/0000:02:00.0/"  /* and this one others */
#define FACTS (FACT_OVERRIDE | FACT_RESETS | FACT_IRQS | FACT_LIVEUPDATE | FACT_ELIGIBLE)

static struct fuzz_file files[] = {
	{ LINE "uevent", -1 }, { LINE "numa_node", -1 }, { LINE "driver_override", -1 },
	{ LINE "reset_method", -1 }, { LINE "irq", -1 }, { "sys/kernel/irq/24/actions", -1 },
	{ LINE "sriov_numvfs", -1 }, { LINE "liveupdate", -1 }, { LINE "class", -1 },
	{ MSI "uevent", -1 }, { MSI "msi_irqs/25", -1 }, { MSI "vfio-dev/vfio7/dev", -1 },
};

static void fill(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
		size_t length = end ? (size_t)(end - data) : size;

		fuzz_fill(&files[i], data, length);
		data += end ? length + 1 : size;
		size -= end ? length + 1 : size;
	}
}

static bool is_number(int number, int max)
{
	return number >= -1 && number <= max;
}

/* A text that ends, in one line. */
static void check_text(const char *text, size_t size)
{
	must(memchr(text, '\0', size) && !strchr(text, '\n'));
}

static void check_device(const struct vfio_device *device, const char *name)
{
	must(!device->name[0] || !strcmp(device->name, name));
	must(is_number(device->vendor, 0xffff) && is_number(device->device, 0xffff));
	must(is_number(device->subsystem_vendor, 0xffff) && is_number(device->subsystem_device, 0xffff));
	must(is_number(device->class_code, 0xffffff) && device->numa_node >= -1);
	check_text(device->driver, sizeof(device->driver));
	check_text(device->liveupdate, sizeof(device->liveupdate));
}

/* Elements, each with a newline behind it. */
static void check_list(const char *list)
{
	must(!list || !*list || list[strlen(list) - 1] == '\n');
}

static void check_facts(int root, struct vfio_device *devices, size_t count)
{
	const struct device_list list = { devices, count };
	struct error err = { .status = STATUS_OK };
	struct facts *facts = NULL;
	size_t i;

	must(!facts_gather(root, NULL, FACTS, &list, &facts, &err));
	for (i = 0; i < count; i++) {
		check_list(facts[i].resets);
		must(memchr(facts[i].override, '\0', sizeof(facts[i].override)));
		must(memchr(facts[i].liveupdate, '\0', sizeof(facts[i].liveupdate)));
		must(facts[i].irqs >= -1 && (!facts[i].irq_type || facts[i].irqs > 0));
		must(facts[i].obstacles >= -1 && facts[i].obstacles < 1 << OBSTACLES);
	}
	facts_free(facts, count);
}

/* A device that is said to be in a live update is in a session, and no other is. */
static void check_survey(int root)
{
	struct survey survey = { .hidden = 0 };
	size_t i;

	must(!survey_add_devices(root, NULL, &survey));
	must(survey.count <= 1 && (survey.devices_tell || !survey.count));
	for (i = 0; i < survey.count; i++)
		must(survey.sessions[i].count == 1 && survey.sessions[i].files[0].state);
	survey_free(&survey);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "0000:01:00.0", "0000:02:00.0" };
	struct error err = { .status = STATUS_OK };
	struct vfio_device devices[2], again;
	static int root;
	int i, goal;

	if (!root)
		root = fuzz_root(files, sizeof(files) / sizeof(*files));
	fill(data, size);
	for (i = 0; i < 2; i++) {
		const struct pci_addr address = { .bus = (uint8_t)(i + 1) };

		must(!device_at(root, address, &devices[i], &err));
		check_device(&devices[i], names[i]);
		for (goal = GOAL_BOUND; goal <= GOAL_FREE; goal++)
			must(goal_check(root, address, (enum goal)goal, &again, &err) <= 1);
	}
	must(!strcmp(devices[1].cdev, "vfio7"));
	check_facts(root, devices, 2);
	check_survey(root);
	return 0;
}
