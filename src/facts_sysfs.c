// SPDX-License-Identifier: GPL-2.0-or-later
/* The facts in a device's own directory in sysfs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "facts.h"
#include "sysfs.h"

#define CLASS_DIR "sys/class/vfio-dev"
#define PCI_DIR "sys/bus/pci/devices"
#define DRIVER "vfio-pci"
#define INTEL 0x8086
#define BASE_CLASS_DISPLAY 0x03

/* Where the facts of one device are read. */
struct reader {
	int rootfd;
	int dirfd;    /* the device's directory */
	int shortage; /* negative errno when we ran short of something: no value is absent for that */
};

static bool is_unread(int ret)
{
	return ret < 0 && ret != -ENOENT && ret != -ENODEV;
}

/* What could not be read, and is there: the first of it. */
static int note_unread(struct reader *reader, struct facts *facts, const char *what, int ret)
{
	if (sysfs_is_shortage(ret))
		reader->shortage = ret;
	if (!is_unread(ret) || facts->unread_code)
		return ret;
	facts->unread_code = -ret;
	snprintf(facts->unread, sizeof(facts->unread), "%s", what);
	return ret;
}

static int read_text(struct reader *reader, struct facts *facts, const char *name, char *buf,
		     size_t size)
{
	return note_unread(reader, facts, name, sysfs_read(reader->dirfd, name, buf, size));
}

static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Addresses by number, other names after them. */
static int compare_names(const struct dirent **left, const struct dirent **right)
{
	struct pci_addr a, b;
	bool full, a_is = !pci_addr_parse((*left)->d_name, &a, &full);
	bool b_is = !pci_addr_parse((*right)->d_name, &b, &full);

	if (a_is && b_is)
		return pci_addr_compare(a, b);
	return a_is != b_is ? b_is - a_is : strcmp((*left)->d_name, (*right)->d_name);
}

/* The names in the directory @path as a list; 0 or a negative errno. */
static int list_names(int dirfd, const char *path, char **list)
{
	struct dirent **entries;
	int count = scandirat(dirfd, path, &entries, is_name, compare_names), i;
	size_t size;
	FILE *out;

	if (count < 0)
		return -errno;
	out = open_memstream(list, &size);
	for (i = 0; i < count; i++) {
		if (out)
			fprintf(out, "%s\n", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return out && !fclose(out) ? 0 : -ENOMEM;
}

/* The words of @text as a list; 0 or -ENOMEM. */
static int list_words(const char *text, char **list)
{
	char *c;

	if (asprintf(list, text[0] ? "%s\n" : "%s", text) < 0) {
		*list = NULL;
		return -ENOMEM;
	}
	for (c = *list; *c; c++)
		if (*c == ' ')
			*c = '\n';
	return 0;
}

static void read_members(struct reader *reader, struct facts *facts)
{
	note_unread(reader, facts, "iommu_group/devices",
		    list_names(reader->dirfd, "iommu_group/devices", &facts->members));
}

/* driver_override_show() in drivers/base/bus.c prints "(null)" when there is none. */
static void read_override(struct reader *reader, struct facts *facts)
{
	read_text(reader, facts, "driver_override", facts->override, sizeof(facts->override));
	if (!strcmp(facts->override, "(null)"))
		facts->override[0] = '\0';
}

static void read_resets(struct reader *reader, struct facts *facts)
{
	char text[256];

	if (read_text(reader, facts, "reset_method", text, sizeof(text)) >= 0)
		note_unread(reader, facts, "reset_method", list_words(text, &facts->resets));
}

static void read_liveupdate(struct reader *reader, struct facts *facts)
{
	read_text(reader, facts, "liveupdate", facts->liveupdate, sizeof(facts->liveupdate));
}

static const char *msi_type(const char *mode)
{
	if (!strcmp(mode, "msix"))
		return "msix";
	return strcmp(mode, "msi") ? NULL : "msi";
}

/* MSI and MSI-X: a file for each interrupt that is allocated, "msi" or "msix" is in it. */
static bool read_msi(struct reader *reader, struct facts *facts)
{
	int fd = openat(reader->dirfd, "msi_irqs", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char mode[16] = "";

	if (!dir) {
		note_unread(reader, facts, "msi_irqs", -errno);
		cleanup_close_fn(&fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!count++)
			note_unread(reader, facts, "msi_irqs", sysfs_read(fd, entry->d_name, mode, sizeof(mode)));
	}
	if (!count)
		return false;
	facts->irqs = count;
	facts->irq_type = msi_type(mode);
	return true;
}

static bool is_number(const char *text)
{
	return text[0] && !text[strspn(text, "0123456789")];
}

/*
 * The line interrupt: in use when vfio-pci has a handler for it, whose name
 * vfio_intx_enable() in drivers/vfio/pci/vfio_pci_intrs.c makes of the address.
 */
static void read_intx(struct reader *reader, struct facts *facts)
{
	char number[16], path[64], actions[4096], address[PCI_ADDR_STRLEN];
	char action[sizeof(address) + sizeof("vfio-intx()")];

	if (read_text(reader, facts, "irq", number, sizeof(number)) <= 0 || !is_number(number))
		return;
	facts->irqs = 0;
	snprintf(path, sizeof(path), "sys/kernel/irq/%s/actions", number);
	snprintf(action, sizeof(action), "vfio-intx(%s)",
		 pci_addr_format(facts->device->address, address));
	note_unread(reader, facts, "irq", sysfs_read(reader->rootfd, path, actions, sizeof(actions)));
	if (!strstr(actions, action))
		return;
	facts->irqs = 1;
	facts->irq_type = "intx";
}

static void read_irqs(struct reader *reader, struct facts *facts)
{
	if (facts->device->is_pci && !read_msi(reader, facts))
		read_intx(reader, facts);
}

int facts_obstacles(const struct vfio_device *device, bool is_vf, int vfs)
{
	const bool there[OBSTACLES] = {
		[OBSTACLE_NOT_PCI] = !device->is_pci,
		[OBSTACLE_DRIVER] = device->is_pci && strcmp(device->driver, DRIVER),
		/* What another driver has cannot have one. */
		[OBSTACLE_NO_CDEV] = !strcmp(device->driver, DRIVER) && !device->cdev[0],
		[OBSTACLE_VF] = is_vf,
		[OBSTACLE_HAS_VFS] = vfs > 0,
		[OBSTACLE_INTEL_DISPLAY] = device->vendor == INTEL && device->class_code >> 16 == BASE_CLASS_DISPLAY,
	};
	int i, obstacles = 0;

	if (device->unread_code)
		return -1;
	for (i = 0; i < OBSTACLES; i++)
		obstacles |= there[i] << i;
	return obstacles;
}

static void read_obstacles(struct reader *reader, struct facts *facts)
{
	char text[64];
	int physfn = sysfs_read_link(reader->dirfd, "physfn", text, sizeof(text));
	int vfs = read_text(reader, facts, "sriov_numvfs", text, sizeof(text));

	if (vfs > 0)
		facts->vfs = atoi(text);
	/* Whatever it is, it is there. */
	if (physfn == -EINVAL || physfn == -ENAMETOOLONG)
		physfn = 0;
	note_unread(reader, facts, "physfn", physfn);
	if (!is_unread(physfn) && !is_unread(vfs))
		facts->obstacles = facts_obstacles(facts->device, physfn >= 0, facts->vfs);
}

/* What the device's directory tells. */
static const struct {
	unsigned int facts;
	void (*read)(struct reader *reader, struct facts *facts);
} sources[] = {
	{ FACT_MEMBERS, read_members },
	{ FACT_OVERRIDE, read_override },
	{ FACT_RESETS, read_resets },
	{ FACT_IRQS, read_irqs },
	{ FACT_LIVEUPDATE | FACT_SESSION, read_liveupdate },
	{ FACT_ELIGIBLE, read_obstacles },
};

#define SOURCES (sizeof(sources) / sizeof(*sources))

static bool needs_directory(unsigned int wanted)
{
	unsigned int all = 0;
	size_t i;

	for (i = 0; i < SOURCES; i++)
		all |= sources[i].facts;
	return wanted & all;
}

/* Its directory: the one in the class, but what VFIO does not have is on its bus only. */
static int open_directory(int rootfd, const struct vfio_device *device)
{
	char path[sizeof(PCI_DIR CLASS_DIR "//device") + sizeof(device->entry)];

	if (device->entry[0])
		snprintf(path, sizeof(path), CLASS_DIR "/%s/device", device->entry);
	else
		snprintf(path, sizeof(path), PCI_DIR "/%s", device->name);
	return openat(rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Returns 0, also when the device has gone, or a negative errno: we are short of something. */
static int read_directory(int rootfd, unsigned int wanted, struct facts *facts)
{
	struct reader reader = { .rootfd = rootfd };
	cleanup_close int dirfd = open_directory(rootfd, facts->device);
	size_t i;

	reader.dirfd = dirfd;
	if (dirfd < 0)
		note_unread(&reader, facts, "directory", -errno);
	for (i = 0; dirfd >= 0 && i < SOURCES; i++)
		if (wanted & sources[i].facts)
			sources[i].read(&reader, facts);
	return reader.shortage;
}

int facts_sysfs(int rootfd, unsigned int wanted, struct facts *facts, size_t count,
		struct error *err)
{
	size_t i;
	int ret;

	for (i = 0; needs_directory(wanted) && i < count; i++) {
		ret = read_directory(rootfd, wanted, &facts[i]);
		if (ret)
			return error_set(err, STATUS_FAILED, -ret, facts[i].device->name,
					 "cannot read the device");
	}
	return 0;
}
