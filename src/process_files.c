// SPDX-License-Identifier: GPL-2.0-or-later
/* What a process has open, as /proc shows it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "process.h"

static int add_device(struct process_files *files, const struct process_device *device)
{
	struct process_device *grown =
		reallocarray(files->devices, files->device_count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	files->devices = grown;
	grown[files->device_count++] = *device;
	return 0;
}

static int add_memfd(struct process_files *files, const struct process_memfd *memfd)
{
	struct process_memfd *grown =
		reallocarray(files->memfds, files->memfd_count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	files->memfds = grown;
	grown[files->memfd_count++] = *memfd;
	return 0;
}

struct file_search {
	int rootfd;
	struct process_files *files;
};

/* The kernel tells of no device there, or it was closed meanwhile. */
static bool is_none(int rc)
{
	return rc == -ENODATA || rc == -ENOENT || rc == -ESRCH;
}

static int look_at(void *data, const struct proc_fd *fd)
{
	const struct file_search *search = data;
	struct process_device device = { .number = atoi(fd->number) };
	struct process_memfd memfd = { .number = device.number };
	const char *name;
	int rc;

	if (procfs_memfd_name(fd->link, memfd.name, sizeof(memfd.name)))
		return add_memfd(search->files, &memfd);
	device.kind = procfs_file(fd->link, &name);
	switch (device.kind) {
	case PROC_FILE_OTHER:
		return 0;
	case PROC_FILE_GROUP:
	case PROC_FILE_CONTAINER:
		snprintf(device.name, sizeof(device.name), "%s", name);
		break;
	default:
		rc = procfs_vfio_device(search->rootfd, fd, device.name, sizeof(device.name));
		if (rc < 0)
			return is_none(rc) ? 0 : rc;
	}
	return add_device(search->files, &device);
}

/* In both structs the number comes first. */
static int compare_numbers(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

int process_find(int rootfd, pid_t pid, struct process_files *files, struct error *err)
{
	struct file_search search = { rootfd, files };
	bool hidden = false;
	char name[32];
	int rc;

	*files = (struct process_files){ 0 };
	snprintf(name, sizeof(name), "process %d", (int)pid);
	rc = procfs_each_open_of(rootfd, pid, look_at, &search, &hidden);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, name, "cannot look at its files");
	if (hidden) {
		rc = error_set(err, STATUS_FAILED, EACCES, name, "we may not look at its files");
		error_hint(err, "run it as root, with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
		return rc;
	}
	if (files->device_count)
		qsort(files->devices, files->device_count, sizeof(*files->devices), compare_numbers);
	if (files->memfd_count)
		qsort(files->memfds, files->memfd_count, sizeof(*files->memfds), compare_numbers);
	return 0;
}

void process_files_free(struct process_files *files)
{
	free(files->devices);
	free(files->memfds);
	*files = (struct process_files){ 0 };
}
