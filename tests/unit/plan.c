// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of the user to devices. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "error.h"
#include "plan.h"
#include "tap.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

#define PCI(domain_, bus_, device_, function_, text, node)                        \
	{ .is_pci = true, .address = { domain_, bus_, device_, function_ },       \
	  .name = text, .bus = "pci", .cdev = node }

/* Sorted, as device_scan() delivers. */
static struct vfio_device devices[] = {
	PCI(0, 1, 0, 0, "0000:01:00.0", "vfio0"),
	PCI(0, 1, 0, 1, "0000:01:00.1", "vfio10"),
	PCI(0, 0x3b, 0, 0, "0000:3b:00.0", "vfio1"),
	PCI(1, 1, 0, 0, "0001:01:00.0", "vfio2"),
	PCI(2, 5, 0, 0, "0002:05:00.0", "noiommu-vfio3"),
	PCI(0x10000, 0xe0, 6, 0, "10000:e0:06.0", ""),
	{ .name = UUID, .bus = "mdev", .cdev = "vfio4" },
	{ .name = "fff51000.ethernet", .bus = "platform", .cdev = "vfio5" },
};
static const struct device_list all = { devices, sizeof(devices) / sizeof(*devices) };

/* What the words select: names, or the exit status of the error and where it is. */
static const struct {
	const char *words[5];
	const char *want;
} table[] = {
	{ { NULL }, "0000:01:00.0 0000:01:00.1 0000:3b:00.0 0001:01:00.0 0002:05:00.0 10000:e0:06.0 "
		    UUID " fff51000.ethernet " },
	{ { "0000:01:00.0" }, "0000:01:00.0 " },
	{ { "0001:01:00.0" }, "0001:01:00.0 " },
	{ { "00000001:01:00.0" }, "0001:01:00.0 " },
	{ { "10000:E0:06.0" }, "10000:e0:06.0 " },
	{ { "3b:00.0" }, "0000:3b:00.0 " },
	{ { "3B:00.0" }, "0000:3b:00.0 " },
	{ { "05:00.0" }, "0002:05:00.0 " },
	{ { "e0:06.0" }, "10000:e0:06.0 " },
	{ { "vfio1" }, "0000:3b:00.0 " },
	{ { "vfio10" }, "0000:01:00.1 " },
	{ { "noiommu-vfio3" }, "0002:05:00.0 " },
	{ { "vfio4" }, UUID " " },
	{ { "/dev/vfio/devices/vfio0" }, "0000:01:00.0 " },
	{ { "/dev/vfio/devices/noiommu-vfio3" }, "0002:05:00.0 " },
	{ { "/sys/bus/pci/devices/0000:3b:00.0" }, "0000:3b:00.0 " },
	{ { "/sys/bus/pci/devices/0000:3b:00.0/" }, "0000:3b:00.0 " },
	{ { "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1" }, "0000:01:00.1 " },
	{ { "/sys/class/vfio-dev/vfio2" }, "0001:01:00.0 " },
	{ { "/sys/bus/mdev/devices/" UUID }, UUID " " },
	{ { UUID }, UUID " " },
	{ { "fff51000.ethernet" }, "fff51000.ethernet " },
	{ { "vfio2", "vfio1", "vfio0" }, "0000:01:00.0 0000:3b:00.0 0001:01:00.0 " },
	{ { "vfio1", "3b:00.0", "0000:3b:00.0", "/dev/vfio/devices/vfio1" }, "0000:3b:00.0 " },

	{ { "01:00.0" }, "error 2: 01:00.0: is ambiguous: 0000:01:00.0, 0001:01:00.0" },
	{ { "vfio0", "01:00.0" }, "error 2: 01:00.0: is ambiguous: 0000:01:00.0, 0001:01:00.0" },
	{ { "0000:02:00.0" }, "error 6: 0000:02:00.0: not among the VFIO devices" },
	{ { "0003:01:00.0" }, "error 6: 0003:01:00.0: not among the VFIO devices" },
	{ { "07:00.0" }, "error 6: 07:00.0: not among the VFIO devices" },
	{ { "vfio3" }, "error 6: vfio3: not among the VFIO devices" },
	{ { "vfio" }, "error 2: vfio: is not a device" },
	{ { "vfio1x" }, "error 2: vfio1x: is not a device" },
	{ { "" }, "error 2: : is not a device" },
	{ { "/" }, "error 2: /: is not a device" },
	{ { "/sys/" }, "error 2: /sys/: is not a device" },
	{ { "/sys/bus/pci/devices/3b:00.0" },
	  "error 2: /sys/bus/pci/devices/3b:00.0: is not a device" },
	{ { "/sys/bus/pci/devices/0000:3b:00.0/config" },
	  "error 2: /sys/bus/pci/devices/0000:3b:00.0/config: is not a device" },
	{ { "/dev/vfio/12" }, "error 2: /dev/vfio/12: is not a device" },
	{ { "/dev/vfio/devices/0000:01:00.0" },
	  "error 2: /dev/vfio/devices/0000:01:00.0: is not a device" },
	{ { "/dev/vfio/vfio0" }, "error 2: /dev/vfio/vfio0: is not a device" },
	{ { "dir/vfio0" }, "error 2: dir/vfio0: is not a device" },
	{ { "0000:01:00.8" }, "error 2: 0000:01:00.8: is not a device" },
	{ { "10000:e0:06.0 " }, "error 2: 10000:e0:06.0 : is not a device" },
};

static void resolve(int rootfd, const char *const *words, char *got, size_t size)
{
	struct device_list chosen;
	struct error err = { 0 };
	size_t count = 0, used = 0, i;

	while (count < 5 && words[count])
		count++;
	got[0] = '\0';
	if (plan_resolve(rootfd, &all, (char *const *)words, count, &chosen, &err)) {
		snprintf(got, size, "error %d: %s: %s%s", (int)err.status, err.object, err.message,
			 chosen.devices || chosen.count ? " (and devices)" : "");
		return;
	}
	for (i = 0; i < chosen.count && used < size; i++)
		used += (size_t)snprintf(got + used, size - used, "%s ", chosen.devices[i].name);
	device_list_free(&chosen);
}

static void check_none(int rootfd)
{
	static const struct device_list none = { 0 };
	struct device_list chosen;
	struct error err = { 0 };
	char *word = (char *)"vfio0";

	is_int(plan_resolve(rootfd, &none, NULL, 0, &chosen, &err), 0, "no devices, no words");
	is_int((long long)chosen.count, 0, "no devices, no words: nothing");
	device_list_free(&chosen);
	is_int(plan_resolve(rootfd, &none, &word, 1, &chosen, &err), -ENODEV, "no devices, one word");
}

int main(void)
{
	int rootfd = open("tests/data/none", O_PATH | O_CLOEXEC);
	char got[1024];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		resolve(rootfd, table[i].words, got, sizeof(got));
		is_text(got, table[i].want, "%s",
			table[i].words[0] ? table[i].words[0] : "no words: all devices");
	}
	check_none(rootfd);
	return tap_done();
}
