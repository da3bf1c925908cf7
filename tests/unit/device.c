// SPDX-License-Identifier: GPL-2.0-or-later
/* The device list and single devices, on the recorded hosts (run at the top of the tree). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "await.h"
#include "claim.h"
#include "device.h"
#include "error.h"
#include "keeper_check.h"
#include "plan.h"
#include "sysfs.h"
#include "tap.h"

static int open_host(const char *name)
{
	struct error err = { 0 };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "tests/data/%s", name);
	fd = sysroot_open(path, &err);
	ok(fd >= 0, "open the recorded host %s", name);
	return fd;
}

static void check_scan(void)
{
	const struct pci_addr vf = { 1, 0x3b, 4, 0 }, unbound = { 0, 0, 0x1f, 0 };
	int rootfd = open_host("many"), i, sorted = 0;
	struct device_list list;
	struct error err = { 0 };

	is_int(device_scan(rootfd, &list, &err), 0, "scan");
	is_int((long long)list.count, 17, "scan: all devices in the class, no others");
	for (i = 1; i < (int)list.count; i++)
		sorted += pci_addr_compare(list.devices[i - 1].address, list.devices[i].address) < 0;
	is_int(sorted, 16, "scan: sorted by address");
	ok(device_find(&list, vf) && !strcmp(device_find(&list, vf)->cdev, "vfio8"), "find");
	ok(!device_find(&list, unbound), "find: not one with another driver");
	device_list_free(&list);
	ok(!list.devices && !list.count, "a freed list is empty");
	device_list_free(&list);
	close(rootfd);
}

static void check_wanted(void)
{
	int rootfd = open_host("one");
	struct device_list list;
	struct error err = { 0 };
	const struct vfio_device *dev;

	is_int(device_scan_for(rootfd, 0, &list, &err), 0, "scan for nothing");
	dev = list.devices;
	ok(dev->is_pci && !strcmp(dev->name, "0000:3b:00.0"), "wanted: a name is always there");
	is_text(dev->entry, "vfio0", "wanted: and the name in the class");
	ok(dev->vendor == -1 && dev->class_code == -1 && !dev->driver[0] && dev->iommu_group == -1 &&
	   dev->numa_node == -1 && !dev->cdev[0], "wanted: nothing else");
	device_list_free(&list);
	device_scan_for(rootfd, DEVICE_GROUP | DEVICE_CDEV, &list, &err);
	dev = list.devices;
	ok(dev->vendor == -1 && dev->iommu_group == 42 && dev->numa_node == -1 && !strcmp(dev->cdev, "vfio0"),
	   "wanted: group and cdev only");
	device_list_free(&list);
	close(rootfd);
}

static void check_fields(void)
{
	const struct pci_addr addr = { 0, 0x3b, 0, 0 };
	int rootfd = open_host("one");
	struct vfio_device dev;
	struct error err = { 0 };

	is_int(device_at(rootfd, addr, &dev, &err), 0, "at: a VFIO device");
	ok(dev.is_pci && !pci_addr_compare(dev.address, addr), "at: address");
	is_text(dev.name, "0000:3b:00.0", "at: name");
	is_text(dev.bus, "pci", "at: bus");
	ok(dev.vendor == 0x15b3 && dev.device == 0x101d, "at: ids");
	ok(dev.subsystem_vendor == 0x15b3 && dev.subsystem_device == 0x43, "at: subsystem ids");
	is_int(dev.class_code, 0x20000, "at: class");
	is_text(dev.driver, "vfio-pci", "at: driver");
	is_int(dev.iommu_group, 42, "at: group");
	is_int(dev.numa_node, 0, "at: NUMA node");
	is_text(dev.cdev, "vfio0", "at: cdev");
	close(rootfd);
}

static void check_at(void)
{
	int rootfd = open_host("one");
	struct vfio_device dev;
	struct error err = { 0 };

	is_int(device_at(rootfd, (struct pci_addr){ 0, 0, 2, 0 }, &dev, &err), 0, "at: another driver");
	ok(!strcmp(dev.driver, "nvme") && !dev.cdev[0], "at: its driver, no cdev");
	is_int(device_at(rootfd, (struct pci_addr){ 0, 0, 3, 0 }, &dev, &err), 0, "at: no driver");
	ok(!dev.driver[0] && dev.numa_node == -1, "at: no driver, no NUMA node");
	is_int(device_at(rootfd, (struct pci_addr){ 9, 0, 3, 0 }, &dev, &err), -ENODEV, "at: no device");
	ok(err.status == STATUS_NOT_FOUND && !strcmp(err.object, "0009:00:03.0"), "at: the error names it");
	close(rootfd);
}

static void check_no_cdev(void)
{
	int rootfd = open_host("many");
	struct vfio_device dev;
	struct error err = { 0 };

	is_int(device_at(rootfd, (struct pci_addr){ 0, 0xb1, 0, 0 }, &dev, &err), 0, "at: kernel without cdevs");
	is_text(dev.cdev, "", "at: no cdev");
	is_int(device_at(rootfd, (struct pci_addr){ 0, 0xb0, 0, 0 }, &dev, &err), 0, "at: no IOMMU");
	is_text(dev.cdev, "noiommu-vfio1", "at: its cdev");
	is_int(dev.iommu_group, -1, "at: no group");
	close(rootfd);
}

/* A copy of the recorded host in which @name is a link to itself, so that it cannot be read. */
static int open_looped(const char *name, char *root)
{
	char command[300];

	strcpy(root, "/tmp/device.XXXXXX");
	if (!mkdtemp(root))
		abort();
	snprintf(command, sizeof(command),
		 "cp -a tests/data/one/sys %s && cd %s/sys/devices/pci0000:3b && rm -r %s && ln -s \"$(basename %s)\" %s",
		 root, root, name, name, name);
	ok(system(command) == 0, "%s is a loop", name);
	return open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* It fails, and says that it could not be read, with the object and the reason. */
static void is_unread(int rc, const struct error *err, const char *what)
{
	is_int(rc, -ELOOP, "%s: %s", what, err->message);
	is_int(err->status, STATUS_FAILED, "%s: a failure", what);
	is_text(err->object, "0000:3b:00.0", "%s: it names the device", what);
	ok(strstr(err->message, "cannot read"), "%s: it names what was tried", what);
}

/* What is there and cannot be read is not called absent by those who act upon it. */
static void check_unread(const char *name)
{
	const struct manifest_entry entry = { .address = { 0, 0x3b, 0, 0 }, .vendor = -1, .device = -1 };
	char root[32], command[64], *words[] = { (char *)"3b:00.0", (char *)"vfio0" };
	int rootfd = open_looped(name, root), i;
	struct device_list list, chosen;
	struct vfio_device dev;
	struct error err = { 0 };

	is_int(device_scan(rootfd, &list, &err), 0, "the list can be had");
	is_int((long long)list.count, 1, "it is in the list");
	is_text(list.devices[0].name, "0000:3b:00.0", "by its name");
	for (i = 0; i < 2; i++) {
		is_int(plan_resolve(rootfd, &list, &words[i], 1, &chosen, &err), 0, "%s is known", words[i]);
		is_unread(claim_check(&chosen, &err), &err, "preserve");
		device_list_free(&chosen);
	}
	device_list_free(&list);
	is_int(device_scan_pci(rootfd, &list, &err), 0, "those on the bus too");
	is_int((long long)list.count, 3, "all of them");
	ok(device_find(&list, entry.address) && device_check_read(device_find(&list, entry.address), &err) < 0, "it among them");
	device_list_free(&list);
	is_unread(keeper_check_device(rootfd, &entry, &err), &err, "retrieve");
	is_unread(goal_check(rootfd, entry.address, GOAL_BOUND, &dev, &err), &err, "wait for the driver");
	is_unread(goal_check(rootfd, entry.address, GOAL_FREE, &dev, &err), &err, "wait for the live update");
	snprintf(command, sizeof(command), "rm -r %s", root);
	ok(system(command) == 0, "cleared away");
	close(rootfd);
}

int main(void)
{
	check_scan();
	check_wanted();
	check_fields();
	check_at();
	check_no_cdev();
	check_unread("0000:3b:00.0");
	check_unread("0000:3b:00.0/uevent");
	check_unread("0000:3b:00.0/vfio-dev");
	return tap_done();
}
