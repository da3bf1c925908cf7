// SPDX-License-Identifier: GPL-2.0-or-later
/* The words that name devices, one a line. */
#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "plan.h"

#define WORDS 8
#define NOWHERE (-1) /* a root below which there is nothing */

#define PCI(domain_, bus_, device_, function_, text, node)                        \
	{ .is_pci = true, .address = { domain_, bus_, device_, function_ },       \
	  .name = text, .bus = "pci", .cdev = node }

static struct vfio_device devices[] = {
	PCI(0, 1, 0, 0, "0000:01:00.0", "vfio0"),
	PCI(0, 0x3b, 0, 1, "0000:3b:00.1", "vfio10"),
	PCI(1, 1, 0, 0, "0001:01:00.0", "noiommu-vfio2"),
	PCI(0x10000, 0xe0, 6, 0, "10000:e0:06.0", ""),
	{ .name = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", .bus = "mdev", .cdev = "vfio4" },
};
static const struct device_list all = { devices, sizeof(devices) / sizeof(*devices) };

static void check_error(const struct error *err)
{
	must(err->status == STATUS_USAGE || err->status == STATUS_NOT_FOUND ||
	     err->status == STATUS_REFUSED || err->status == STATUS_FAILED);
	must(err->message[0]);
}

static void check_resolve(char *const *words, size_t count)
{
	struct device_list chosen;
	struct error err = { .status = STATUS_OK };
	size_t i;

	if (plan_resolve(NOWHERE, &all, words, count, &chosen, &err)) {
		check_error(&err);
		must(!chosen.devices && !chosen.count);
		return;
	}
	must(chosen.count <= all.count && (!count || chosen.count <= count));
	for (i = 0; i + 1 < chosen.count; i++)
		must(strcmp(chosen.devices[i].name, chosen.devices[i + 1].name) < 0);
	device_list_free(&chosen);
}

static void check_addresses(char *const *words, size_t count)
{
	cleanup_free struct pci_addr *addrs = NULL;
	struct error err = { .status = STATUS_OK };
	size_t found, i;

	if (plan_addresses(NOWHERE, words, count, &addrs, &found, &err)) {
		check_error(&err);
		return;
	}
	must(found <= count);
	for (i = 0; i + 1 < found; i++)
		must(pci_addr_compare(addrs[i], addrs[i + 1]) < 0);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	char *rest = text, *words[WORDS];
	size_t count = 0;

	while (count < WORDS && rest)
		words[count++] = strsep(&rest, "\n");
	check_resolve(words, count);
	check_addresses(words, count);
	return 0;
}
