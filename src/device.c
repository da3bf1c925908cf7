// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding the VFIO devices of a host without touching them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "sysfs.h"

#define CLASS_DIR "sys/class/vfio-dev"
#define PCI_DIR "sys/bus/pci/devices"

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void device_clear(struct vfio_device *dev)
{
	*dev = (struct vfio_device){
		.vendor = -1, .device = -1,
		.subsystem_vendor = -1, .subsystem_device = -1,
		.class_code = -1, .iommu_group = -1, .numa_node = -1,
	};
}

/* A number that fills the whole of @text and is at most @max; else -1. */
static int parse_number(const char *text, int base, long max)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t allowed = strspn(text, base == 16 ? digits : "0123456789");
	long value;

	if (!allowed || allowed > 10 || text[allowed])
		return -1;
	errno = 0;
	value = strtol(text, NULL, base);
	return errno || value > max ? -1 : (int)value;
}

/* "8086:10FB" to two numbers. */
static void parse_ids(char *text, int *vendor, int *device)
{
	char *colon = strchr(text, ':');

	if (!colon)
		return;
	*colon = '\0';
	*vendor = parse_number(text, 16, 0xffff);
	*device = parse_number(colon + 1, 16, 0xffff);
}

static void parse_uevent_line(struct vfio_device *dev, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "DRIVER"))
		copy_text(dev->driver, sizeof(dev->driver), value);
	else if (!strcmp(line, "PCI_CLASS"))
		dev->class_code = parse_number(value, 16, 0xffffff);
	else if (!strcmp(line, "PCI_ID"))
		parse_ids(value, &dev->vendor, &dev->device);
	else if (!strcmp(line, "PCI_SUBSYS_ID"))
		parse_ids(value, &dev->subsystem_vendor, &dev->subsystem_device);
	else if (!strcmp(line, "PCI_SLOT_NAME"))
		copy_text(dev->bus, sizeof(dev->bus), "pci");
	else if (!strcmp(line, "LIVEUPDATE"))
		copy_text(dev->liveupdate, sizeof(dev->liveupdate), value);
}

/* One read of uevent tells what else would take five attributes. */
static int read_uevent(int dirfd, struct vfio_device *dev)
{
	char text[4097], *line, *rest = text;
	int ret = sysfs_read(dirfd, "uevent", text, sizeof(text));

	if (ret < 0)
		return ret;
	while ((line = strsep(&rest, "\n")))
		parse_uevent_line(dev, line);
	return 0;
}

static bool is_gone(int ret)
{
	return ret == -ENOENT || ret == -ENODEV;
}

/* What is there and cannot be read is not absent; the first of it is told. */
static void note_unread(struct vfio_device *dev, const char *what, int ret)
{
	if (ret >= 0 || is_gone(ret) || dev->unread_code)
		return;
	dev->unread_code = -ret;
	copy_text(dev->unread, sizeof(dev->unread), what);
}

int device_check_read(const struct vfio_device *dev, struct error *err)
{
	return dev->unread_code ? error_set(err, STATUS_FAILED, dev->unread_code, dev->name,
					    "cannot read its %s in sysfs", dev->unread) : 0;
}

/* Only a PCI device has an address, whatever others may be called; where the bus is not known, it is one. */
static void set_name(struct vfio_device *dev, const char *name)
{
	bool full, is_pci = !strcmp(dev->bus, "pci") || (!dev->bus[0] && dev->unread_code);

	copy_text(dev->name, sizeof(dev->name), name);
	if (is_pci && !pci_addr_parse(name, &dev->address, &full) && full) {
		dev->is_pci = true;
		pci_addr_format(dev->address, dev->name);
	}
}

/*
 * Fill @dev, whose sysfs directory is @dirfd and whose sysfs name is @name.
 * Fails when it went away or we are short of something; every other trouble makes
 * a value absent, and is noted where that would be taken for the truth.
 */
static int device_read(int dirfd, const char *name, unsigned int wanted, struct vfio_device *dev)
{
	char text[64];
	int ret = 0;

	if (wanted & DEVICE_IDS)
		ret = read_uevent(dirfd, dev);
	if (is_gone(ret) || sysfs_is_shortage(ret))
		return ret;
	note_unread(dev, "uevent", ret);
	if (!dev->bus[0])
		sysfs_read_link(dirfd, "subsystem", dev->bus, sizeof(dev->bus));
	set_name(dev, name);
	if (wanted & DEVICE_GROUP && sysfs_read_link(dirfd, "iommu_group", text, sizeof(text)) > 0)
		dev->iommu_group = parse_number(text, 10, INT_MAX);
	ret = wanted & DEVICE_NUMA ? sysfs_read(dirfd, "numa_node", text, sizeof(text)) : 0;
	if (ret > 0)
		dev->numa_node = parse_number(text, 10, INT_MAX);
	return sysfs_is_shortage(ret) ? ret : 0;
}

/* A class device without a "dev" attribute has no character device. */
static void device_read_cdev(int dirfd, const char *entry, struct vfio_device *dev)
{
	char path[sizeof("vfio-dev/") + NAME_MAX + sizeof("/dev")];

	snprintf(path, sizeof(path), "vfio-dev/%s/dev", entry);
	if (!faccessat(dirfd, path, F_OK, 0))
		copy_text(dev->cdev, sizeof(dev->cdev), entry);
	else
		note_unread(dev, "vfio-dev", -errno);
}

/* Cut "/LAST" off @path; returns LAST, or NULL when there is no slash. */
static char *cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

/*
 * Where the link of a class entry leads: ".../PARENT/vfio-dev/ENTRY", of which
 * @path (PATH_MAX bytes) gets ".../PARENT".  Reaching the device so takes the
 * kernel less than following the links "ENTRY" and "device" again each time.
 */
static int parent_path(int classfd, const char *entry, char *path)
{
	ssize_t length = readlinkat(classfd, entry, path, PATH_MAX - 1);
	const char *last;

	if (length < 0)
		return -errno;
	path[length] = '\0';
	last = cut_last(path);
	if (!last || strcmp(last, entry))
		return -EINVAL;
	last = cut_last(path);
	return last && !strcmp(last, "vfio-dev") ? 0 : -EINVAL;
}

/* Of a device that cannot be looked at, its name is known, or at least that of the class.  Returns 0. */
static int keep_unread(struct vfio_device *dev, const char *name, const char *entry, int ret)
{
	note_unread(dev, "directory", ret);
	set_name(dev, name);
	copy_text(dev->entry, sizeof(dev->entry), entry);
	return 0;
}

/* Read the class entry @entry; fails when there is no device behind it (any more). */
static int class_entry_read(int classfd, const char *entry, unsigned int wanted,
			    struct vfio_device *dev)
{
	cleanup_close int dirfd = -1;
	char path[PATH_MAX];
	const char *slash;
	int ret;

	device_clear(dev);
	ret = parent_path(classfd, entry, path);
	if (ret)
		return is_gone(ret) || ret == -EINVAL ? ret : keep_unread(dev, entry, entry, ret);
	slash = strrchr(path, '/');
	if (!slash || !slash[1] || strlen(slash + 1) > NAME_MAX)
		return -EINVAL;
	dirfd = openat(classfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ret = dirfd < 0 ? -errno : 0;
	if (ret && !is_gone(ret) && !sysfs_is_shortage(ret))
		return keep_unread(dev, slash + 1, entry, ret);
	if (!ret)
		ret = device_read(dirfd, slash + 1, wanted, dev);
	if (ret)
		return ret;
	copy_text(dev->entry, sizeof(dev->entry), entry);
	if (wanted & DEVICE_CDEV)
		device_read_cdev(dirfd, entry, dev);
	return 0;
}

static int compare_devices(const void *left, const void *right)
{
	const struct vfio_device *a = left, *b = right;
	int order = b->is_pci - a->is_pci;

	if (!order && a->is_pci)
		order = pci_addr_compare(a->address, b->address);
	if (!order)
		order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->cdev, b->cdev);
}

/* Make room for one more; the room doubles at every power of two. */
static struct vfio_device *list_grow(struct device_list *list)
{
	struct vfio_device *devices = list->devices;

	if (!(list->count & (list->count - 1))) {
		devices = reallocarray(devices, list->count ? list->count * 2 : 1, sizeof(*devices));
		if (!devices)
			return NULL;
		list->devices = devices;
	}
	return &devices[list->count];
}

static int scan_entry(int classfd, const char *entry, unsigned int wanted,
		      struct device_list *list, struct error *err)
{
	struct vfio_device *dev = list_grow(list);
	int ret;

	if (!dev)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the device list");
	ret = class_entry_read(classfd, entry, wanted, dev);
	if (sysfs_is_shortage(ret))
		return error_set(err, STATUS_FAILED, -ret, entry, "cannot read the device");
	if (!ret)
		list->count++;
	return 0;
}

static int scan_class(DIR *dir, unsigned int wanted, struct device_list *list, struct error *err)
{
	const struct dirent *entry;
	int ret = 0;

	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (entry->d_name[0] != '.')
			ret = scan_entry(dirfd(dir), entry->d_name, wanted, list, err);
		if (ret)
			return ret;
	}
	if (errno)
		return error_set(err, STATUS_FAILED, errno, "/" CLASS_DIR, "cannot read the directory");
	if (list->count)
		qsort(list->devices, list->count, sizeof(*list->devices), compare_devices);
	return 0;
}

int device_scan_for(int rootfd, unsigned int wanted, struct device_list *list,
		    struct error *err)
{
	int fd = openat(rootfd, CLASS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = NULL;
	int ret;

	*list = (struct device_list){ 0 };
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir) {
		ret = error_set(err, STATUS_FAILED, errno, "/" CLASS_DIR, "cannot open the directory");
		cleanup_close_fn(&fd);
		return ret;
	}
	ret = scan_class(dir, wanted, list, err);
	if (ret)
		device_list_free(list);
	return ret;
}

int device_scan(int rootfd, struct device_list *list, struct error *err)
{
	return device_scan_for(rootfd, DEVICE_ALL, list, err);
}

void device_list_free(struct device_list *list)
{
	free(list->devices);
	*list = (struct device_list){ 0 };
}

const struct vfio_device *device_find(const struct device_list *list,
				      struct pci_addr addr)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->devices[i].is_pci &&
		    !pci_addr_compare(list->devices[i].address, addr))
			return &list->devices[i];
	return NULL;
}

/* The cdev of a device of which only the directory is known.  Fails when we are short of something. */
static int find_cdev(int devfd, struct vfio_device *dev)
{
	int fd = openat(devfd, "vfio-dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int ret;

	if (!dir) {
		ret = -errno;
		cleanup_close_fn(&fd);
		note_unread(dev, "vfio-dev", ret);
		return sysfs_is_shortage(ret) ? ret : 0;
	}
	while (!dev->cdev[0] && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			device_read_cdev(devfd, entry->d_name, dev);
	return 0;
}

int device_at(int rootfd, struct pci_addr addr, struct vfio_device *dev,
	      struct error *err)
{
	char name[PCI_ADDR_STRLEN], path[sizeof(PCI_DIR "/") + PCI_ADDR_STRLEN];
	cleanup_close int fd = -1;
	int ret;

	device_clear(dev);
	pci_addr_format(addr, name);
	snprintf(path, sizeof(path), PCI_DIR "/%s", name);
	fd = openat(rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ret = fd < 0 ? -errno : device_read(fd, name, DEVICE_ALL, dev);
	if (!ret)
		ret = find_cdev(fd, dev);
	if (is_gone(ret))
		return error_set(err, STATUS_NOT_FOUND, ENODEV, name, "not on the PCI bus");
	if (ret)
		keep_unread(dev, name, "", ret);
	return ret ? error_set(err, STATUS_FAILED, -ret, name, "cannot read the device") : 0;
}

bool device_exists(int rootfd, struct pci_addr addr)
{
	char name[PCI_ADDR_STRLEN], path[64];

	snprintf(path, sizeof(path), PCI_DIR "/%s", pci_addr_format(addr, name));
	return faccessat(rootfd, path, F_OK, 0) == 0 || errno != ENOENT;
}
