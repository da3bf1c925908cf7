// SPDX-License-Identifier: GPL-2.0-or-later
/* driver_override, drivers_probe, and the way back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "keeper.h"
#include "rebind.h"
#include "sysfs.h"

#define DRIVER "vfio-pci"
#define PCI "sys/bus/pci" /* below the root */
#define SUFFIX ".rebind"
#define NO_OVERRIDE "(null)" /* driver_override_show() in drivers/base/bus.c */
#define RECORD_MAX (1024 * 1024)

static void record_name(const char *session, char name[static SESSION_NAME_SIZE + sizeof(SUFFIX)])
{
	snprintf(name, SESSION_NAME_SIZE + sizeof(SUFFIX), "%s" SUFFIX, session);
}

static struct rebind_entry *add_entry(struct rebind *rebind, const struct rebind_entry *entry)
{
	struct rebind_entry *grown;

	grown = reallocarray(rebind->entries, rebind->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	rebind->entries = grown;
	grown[rebind->count] = *entry;
	return &grown[rebind->count++];
}

static struct rebind_entry *find_entry(const struct rebind *rebind, struct pci_addr addr)
{
	size_t i;

	for (i = 0; i < rebind->count; i++)
		if (!pci_addr_compare(rebind->entries[i].address, addr))
			return &rebind->entries[i];
	return NULL;
}

/* "ADDRESS OVERRIDE"; nobody but us writes there, what is no such line is passed over. */
static int read_line(struct rebind *rebind, char *line)
{
	struct rebind_entry entry = { .ours = false };
	char *space = strchr(line, ' ');
	bool full;

	if (!space || strlen(space + 1) >= sizeof(entry.override))
		return 0;
	*space = '\0';
	if (pci_addr_parse(line, &entry.address, &full) || !full)
		return 0;
	snprintf(entry.override, sizeof(entry.override), "%s", space + 1);
	return add_entry(rebind, &entry) ? 0 : -ENOMEM;
}

static int read_record(struct rebind *rebind)
{
	cleanup_free char *text = calloc(1, RECORD_MAX + 1);
	char *rest = text, *line;
	ssize_t size;
	int rc = 0;

	if (!text)
		return -ENOMEM;
	size = pread(rebind->fd, text, RECORD_MAX, 0);
	if (size < 0)
		return -errno;
	while (rc == 0 && (line = strsep(&rest, "\n")))
		rc = read_line(rebind, line);
	return rc;
}

/* All of the record in place of what was there. */
static int write_record(const struct rebind *rebind)
{
	cleanup_free char *text = NULL;
	char address[PCI_ADDR_STRLEN];
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	for (i = 0; i < rebind->count; i++)
		fprintf(out, "%s %s\n", pci_addr_format(rebind->entries[i].address, address),
			rebind->entries[i].override);
	if (fclose(out))
		return -ENOMEM;
	if (pwrite(rebind->fd, text, size, 0) != (ssize_t)size || ftruncate(rebind->fd, (off_t)size) < 0)
		return errno ? -errno : -ENOSPC;
	return 0;
}

/* Whoever removes the file has it locked: what is locked must still be the file of that name. */
static bool is_current(int dir, const char *name, int fd)
{
	struct stat by_name, by_fd;

	return fstatat(dir, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/* The locked file, or a negative errno; -EBUSY when another has the lock. */
static int lock_record(int dir, const char *name)
{
	for (;;) {
		cleanup_close int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return -errno;
		if (TEMP_FAILURE_RETRY(flock(fd, LOCK_EX | LOCK_NB)) < 0)
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (is_current(dir, name, fd))
			return steal_fd(&fd);
	}
}

int rebind_open(struct rebind *rebind, int rootfd, const char *session, struct error *err)
{
	char name[SESSION_NAME_SIZE + sizeof(SUFFIX)];
	cleanup_close int dir = keeper_open_dir(err);
	int rc;

	if (dir < 0)
		return dir;
	rebind->rootfd = rootfd;
	snprintf(rebind->session, sizeof(rebind->session), "%s", session);
	record_name(session, name);
	rc = rebind->fd = lock_record(dir, name);
	if (rc == -EBUSY)
		return error_set(err, STATUS_BUSY, EBUSY, session,
				 "another process is binding devices of this session");
	if (rc >= 0)
		rc = read_record(rebind);
	if (rc >= 0)
		return 0;
	/* Not by rebind_close(): what could not be read is not empty. */
	cleanup_close_fn(&rebind->fd);
	rebind->fd = -1;
	return error_set(err, STATUS_FAILED, -rc, name, "cannot open the record of what was bound");
}

/* Written before anything is done to the device. */
static struct rebind_entry *remember(struct rebind *rebind, struct pci_addr addr,
				     const char *override, struct error *err)
{
	struct rebind_entry entry = { .address = addr, .ours = true }, *kept = find_entry(rebind, addr);
	char address[PCI_ADDR_STRLEN];
	int rc;

	/* An earlier run knows better: what we read may be its doing. */
	if (kept) {
		kept->ours = true;
		return kept;
	}
	snprintf(entry.override, sizeof(entry.override), "%s", override);
	kept = add_entry(rebind, &entry);
	rc = kept ? write_record(rebind) : -ENOMEM;
	if (rc == 0)
		return kept;
	if (kept)
		rebind->count--;
	error_set(err, STATUS_FAILED, -rc, pci_addr_format(addr, address),
		  "cannot record its driver_override");
	return NULL;
}

static int override_and_probe(int dirfd, int rootfd, const char *address, struct error *err)
{
	int rc = sysfs_write(dirfd, "driver_override", DRIVER);

	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, address, "cannot set its driver_override");
	rc = sysfs_write(rootfd, PCI "/drivers_probe", address);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, address, "cannot have it probed by " DRIVER);
	return 0;
}

static int open_device(int rootfd, const char *address)
{
	char path[sizeof(PCI "/devices/") + PCI_ADDR_STRLEN];
	int fd;

	snprintf(path, sizeof(path), PCI "/devices/%s", address);
	fd = openat(rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int say_not_bound(const char *driver, const char *address, struct error *err)
{
	int rc;

	if (driver[0])
		return error_set(err, STATUS_REFUSED, 0, address,
				 "its driver is %s: something else has bound it at the same time", driver);
	rc = error_set(err, STATUS_FAILED, 0, address, DRIVER " did not take the device");
	error_hint(err, "dmesg may tell why");
	return rc;
}

int rebind_device(struct rebind *rebind, struct pci_addr addr, struct error *err)
{
	char address[PCI_ADDR_STRLEN], override[sizeof(rebind->entries->override)];
	cleanup_close int dirfd = open_device(rebind->rootfd, pci_addr_format(addr, address));
	struct rebind_entry *entry;
	struct vfio_device device;
	int rc = dirfd < 0 ? dirfd : sysfs_read(dirfd, "driver_override", override, sizeof(override));

	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, address, "cannot read its driver_override");
	entry = remember(rebind, addr, override, err);
	if (!entry)
		return -err->code;
	rc = override_and_probe(dirfd, rebind->rootfd, address, err);
	if (rc == 0)
		rc = device_at(rebind->rootfd, addr, &device, err);
	if (rc == 0)
		rc = device_check_read(&device, err);
	if (rc)
		return rc;
	entry->bound = !strcmp(device.driver, DRIVER);
	return entry->bound ? 0 : say_not_bound(device.driver, address, err);
}

const struct rebind_entry *rebind_find(const struct rebind *rebind, struct pci_addr addr)
{
	const struct rebind_entry *entry = find_entry(rebind, addr);

	return entry && entry->ours ? entry : NULL;
}

int rebind_undo(struct rebind *rebind, const struct rebind_entry *entry)
{
	bool none = !strcmp(entry->override, NO_OVERRIDE);
	char address[PCI_ADDR_STRLEN];
	cleanup_close int dirfd = open_device(rebind->rootfd, pci_addr_format(entry->address, address));
	size_t at = (size_t)(entry - rebind->entries);
	int rc = 0;

	if (entry->bound)
		rc = sysfs_write(rebind->rootfd, PCI "/drivers/" DRIVER "/unbind", address);
	/* Unbound by somebody else, or gone: as it was, too. */
	if (rc == 0 || rc == -ENODEV || rc == -ENOENT)
		rc = dirfd < 0 ? dirfd : sysfs_write(dirfd, "driver_override", none ? "\n" : entry->override);
	if (rc < 0 && rc != -ENOENT && rc != -ENODEV)
		return rc;
	rebind->entries[at] = rebind->entries[--rebind->count];
	return write_record(rebind);
}

/* A record without a line is none. */
void rebind_close(struct rebind *rebind)
{
	char name[SESSION_NAME_SIZE + sizeof(SUFFIX)];
	cleanup_close int dir = -1;
	struct error ignored;

	if (rebind->fd >= 0 && rebind->count == 0) {
		record_name(rebind->session, name);
		dir = keeper_open_dir(&ignored);
		if (dir >= 0)
			unlinkat(dir, name, 0);
	}
	cleanup_close_fn(&rebind->fd);
	free(rebind->entries);
	*rebind = (struct rebind)REBIND_INIT;
}

void rebind_forget(const char *session)
{
	char path[sizeof("/" KEEPER_DIR "/" SUFFIX) + SESSION_NAME_SIZE];

	snprintf(path, sizeof(path), "/" KEEPER_DIR "/%s" SUFFIX, session);
	unlink(path);
}
