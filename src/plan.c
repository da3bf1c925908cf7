// SPDX-License-Identifier: GPL-2.0-or-later
/* Which devices the words of the user mean. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "plan.h"

#define CDEV_DIR "/dev/vfio/devices/"
#define FORMS "a device is named as dddd:bb:dd.f, bb:dd.f, vfioN, " CDEV_DIR "vfioN, " \
	      "a path below /sys or the name that list prints"

/* What one word may mean. */
struct selector {
	const char *word; /* as the user wrote it */
	bool is_address, has_domain;
	struct pci_addr address;
	bool is_cdev;
	char name[NAME_MAX + 1]; /* last component */
};

static bool is_cdev_name(const char *name)
{
	if (!strncmp(name, "noiommu-", strlen("noiommu-")))
		name += strlen("noiommu-");
	if (strncmp(name, "vfio", strlen("vfio")))
		return false;
	name += strlen("vfio");
	return *name && !name[strspn(name, "0123456789")];
}

/* The last component of a path, slashes at its end ignored. */
static bool last_component(const char *path, char *name, size_t size)
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	start = end;
	while (start && path[start - 1] != '/')
		start--;
	if (start == end || end - start >= size)
		return false;
	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	return true;
}

static int selector_parse(const char *word, struct selector *sel, struct error *err)
{
	bool in_sysfs = !strncmp(word, "/sys/", strlen("/sys/"));
	bool in_dev = !strncmp(word, CDEV_DIR, strlen(CDEV_DIR));
	bool is_path = strchr(word, '/');
	bool good;

	*sel = (struct selector){ .word = word };
	good = last_component(word, sel->name, sizeof(sel->name));
	sel->is_cdev = is_cdev_name(sel->name);
	if (!in_dev)
		sel->is_address = !pci_addr_parse(sel->name, &sel->address, &sel->has_domain);
	if (good && (!is_path || (in_dev && sel->is_cdev) ||
		     (in_sysfs && (!sel->is_address || sel->has_domain))))
		return 0;
	error_set(err, STATUS_USAGE, 0, word, "is not a device");
	error_hint(err, FORMS);
	return -EINVAL;
}

static bool selector_matches(const struct selector *sel, const struct vfio_device *dev)
{
	struct pci_addr address = sel->address;

	if (sel->is_cdev)
		return !strcmp(sel->name, dev->unread_code ? dev->entry : dev->cdev);
	if (!sel->is_address)
		return !strcmp(sel->name, dev->name);
	if (!sel->has_domain)
		address.domain = dev->address.domain;
	return dev->is_pci && !pci_addr_compare(address, dev->address);
}

static int not_found(int rootfd, const struct selector *sel, struct error *err)
{
	struct vfio_device dev;
	struct error told;
	int ret;

	if (!sel->is_address && !sel->is_cdev) {
		error_set(err, STATUS_USAGE, 0, sel->word, "is not a device");
		error_hint(err, FORMS);
		return -EINVAL;
	}
	ret = sel->is_address ? device_at(rootfd, sel->address, &dev, &told) : -ENODEV;
	if (!ret)
		ret = device_check_read(&dev, &told);
	if (ret && ret != -ENODEV) {
		*err = told;
		return ret;
	}
	error_set(err, STATUS_NOT_FOUND, ENODEV, sel->word, "not among the VFIO devices");
	if (ret)
		return -ENODEV;
	if (!dev.driver[0])
		error_hint(err, "%s has no driver; bind it to vfio-pci", dev.name);
	else if (!dev.cdev[0])
		error_hint(err, "%s is bound to %s; bind it to vfio-pci", dev.name, dev.driver);
	return -ENODEV;
}

static int ambiguous(const struct selector *sel, const struct device_list *all, struct error *err)
{
	char names[sizeof(err->message) - 64] = "";
	size_t used = 0, i;

	for (i = 0; i < all->count && used < sizeof(names); i++)
		if (selector_matches(sel, &all->devices[i]))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "", all->devices[i].name);
	error_set(err, STATUS_USAGE, 0, sel->word, "is ambiguous: %s%s", names,
		  used < sizeof(names) ? "" : "...");
	error_hint(err, "name the device with its domain");
	return -EINVAL;
}

/* Mark what @word means in @chosen, which is as long as @all. */
static int mark(int rootfd, const struct device_list *all, const char *word,
		bool *chosen, struct error *err)
{
	struct selector sel;
	size_t i, found = 0, last = 0;
	int ret = selector_parse(word, &sel, err);

	if (ret)
		return ret;
	for (i = 0; i < all->count; i++) {
		if (!selector_matches(&sel, &all->devices[i]))
			continue;
		found++;
		last = i;
	}
	if (!found)
		return not_found(rootfd, &sel, err);
	if (found > 1)
		return ambiguous(&sel, all, err);
	chosen[last] = true;
	return 0;
}

int plan_resolve(int rootfd, const struct device_list *all,
		 char *const *words, size_t count,
		 struct device_list *chosen, struct error *err)
{
	cleanup_free bool *marks = calloc(all->count + 1, sizeof(*marks));
	struct vfio_device *devices = calloc(all->count + 1, sizeof(*devices));
	size_t i;
	int ret = 0;

	*chosen = (struct device_list){ .devices = devices };
	if (!marks || !devices) {
		device_list_free(chosen);
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	}
	for (i = 0; !ret && i < count; i++)
		ret = mark(rootfd, all, words[i], marks, err);
	if (ret) {
		device_list_free(chosen);
		return ret;
	}
	for (i = 0; i < all->count; i++)
		if (!count || marks[i])
			devices[chosen->count++] = all->devices[i];
	return 0;
}

/* A short address means what is on the bus, in whatever domain. */
static int add_domain(int rootfd, const struct selector *sel, struct pci_addr *addr,
		      struct error *err)
{
	struct device_list all;
	size_t i, found = 0;
	int ret = device_scan_pci(rootfd, &all, err);

	if (ret)
		return ret;
	*addr = sel->address;
	for (i = 0; i < all.count; i++) {
		if (!selector_matches(sel, &all.devices[i]))
			continue;
		found++;
		*addr = all.devices[i].address;
	}
	if (found > 1)
		ret = ambiguous(sel, &all, err);
	device_list_free(&all);
	return ret;
}

static int address_of_vfio(int rootfd, const char *word, struct pci_addr *addr, struct error *err)
{
	struct device_list all = { 0 }, chosen = { 0 };
	char *words[] = { (char *)word };
	int ret = device_scan(rootfd, &all, err);

	if (!ret)
		ret = plan_resolve(rootfd, &all, words, 1, &chosen, err);
	if (!ret && !chosen.devices[0].is_pci)
		ret = error_set(err, STATUS_REFUSED, 0, word, "it is no PCI device");
	if (!ret)
		*addr = chosen.devices[0].address;
	device_list_free(&chosen);
	device_list_free(&all);
	return ret;
}

int plan_address(int rootfd, const char *word, struct pci_addr *addr, struct error *err)
{
	struct selector sel;
	int ret = selector_parse(word, &sel, err);

	if (ret)
		return ret;
	if (!sel.is_address)
		return address_of_vfio(rootfd, word, addr, err);
	if (!sel.has_domain)
		return add_domain(rootfd, &sel, addr, err);
	*addr = sel.address;
	return 0;
}

static int compare_addresses(const void *left, const void *right)
{
	return pci_addr_compare(*(const struct pci_addr *)left, *(const struct pci_addr *)right);
}

int plan_addresses(int rootfd, char *const *words, size_t count, struct pci_addr **addrs,
		   size_t *addr_count, struct error *err)
{
	struct pci_addr *list = calloc(count + 1, sizeof(*list));
	size_t i, kept = 0;
	int ret = 0;

	*addrs = list;
	*addr_count = 0;
	if (!list)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	for (i = 0; !ret && i < count; i++)
		ret = plan_address(rootfd, words[i], &list[i], err);
	if (ret)
		return ret;
	qsort(list, count, sizeof(*list), compare_addresses);
	for (i = 0; i < count; i++)
		if (!kept || pci_addr_compare(list[kept - 1], list[i]))
			list[kept++] = list[i];
	*addr_count = kept;
	return 0;
}
