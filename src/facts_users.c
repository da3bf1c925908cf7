// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a VFIO device open: through its cdev, its group, or a file that came out of a session. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "facts.h"
#include "procfs.h"
#include "sysfs.h"

#define NOIOMMU "noiommu-"

struct user {
	size_t device; /* index into the facts */
	pid_t pid;
};

struct user_search {
	int rootfd;
	const struct facts *facts;
	size_t count;
	struct user *users;
	size_t found;
};

static int add_user(struct user_search *search, size_t device, pid_t pid)
{
	struct user *users = reallocarray(search->users, search->found + 1, sizeof(*users));

	if (!users)
		return -ENOMEM;
	users[search->found++] = (struct user){ device, pid };
	search->users = users;
	return 0;
}

static bool has_name(const struct vfio_device *device, const char *name)
{
	return !strcmp(device->name, name);
}

static bool has_cdev(const struct vfio_device *device, const char *name)
{
	return device->cdev[0] && !strcmp(device->cdev, name);
}

static bool has_group(const struct vfio_device *device, const char *name)
{
	char number[16];

	if (!strncmp(name, NOIOMMU, strlen(NOIOMMU)))
		name += strlen(NOIOMMU);
	snprintf(number, sizeof(number), "%d", device->iommu_group);
	return device->iommu_group >= 0 && !strcmp(number, name);
}

static int add_matching(struct user_search *search, const char *name, pid_t pid,
			bool (*matches)(const struct vfio_device *device, const char *name))
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < search->count; i++)
		if (matches(search->facts[i].device, name))
			ret = add_user(search, i, pid);
	return ret;
}

static int look_at(void *data, const struct proc_fd *fd)
{
	struct user_search *search = data;
	const char *name;
	char device[64];
	int ret;

	switch (procfs_file(fd->link, &name)) {
	case PROC_FILE_RETRIEVED:
	case PROC_FILE_GROUP_DEVICE:
		ret = procfs_vfio_device(search->rootfd, fd, device, sizeof(device));
		if (ret)
			return sysfs_is_shortage(ret) ? ret : 0;
		return add_matching(search, device, fd->pid, has_name);
	case PROC_FILE_CDEV:
		return add_matching(search, name, fd->pid, has_cdev);
	case PROC_FILE_GROUP:
		return add_matching(search, name, fd->pid, has_group);
	default:
		return 0;
	}
}

static int compare_users(const void *left, const void *right)
{
	const struct user *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Write the users of one device; returns how many of the sorted @users those are. */
static size_t write_users(int rootfd, const struct user *users, size_t count, FILE *pids,
			  FILE *commands)
{
	char comm[PROCFS_COMM_SIZE];
	size_t i;

	for (i = 0; i < count && users[i].device == users[0].device; i++) {
		if (i && users[i].pid == users[i - 1].pid)
			continue;
		procfs_comm(rootfd, users[i].pid, comm);
		fprintf(pids, "%d\n", (int)users[i].pid);
		fprintf(commands, "%s\n", comm);
	}
	return i;
}

/* Both lists of one device; nothing to tell when some are hidden and none was seen. */
static int set_users(int rootfd, struct facts *facts, const struct user *users, size_t count,
		     size_t *used)
{
	size_t size;
	cleanup_file FILE *pids = open_memstream(&facts->pids, &size);
	cleanup_file FILE *commands = open_memstream(&facts->commands, &size);

	if (!pids || !commands)
		return -ENOMEM;
	*used = write_users(rootfd, users, count, pids, commands);
	return fflush(pids) || fflush(commands) ? -ENOMEM : 0;
}

static int distribute(const struct user_search *search, struct facts *facts, bool hidden)
{
	size_t i, used = 0, next = 0;
	int ret = 0;

	for (i = 0; !ret && i < search->count; i++) {
		bool seen = next < search->found && search->users[next].device == i;

		if (!seen && hidden)
			continue;
		ret = set_users(search->rootfd, &facts[i], seen ? &search->users[next] : NULL,
				seen ? search->found - next : 0, &used);
		next += used;
	}
	return ret;
}

int facts_users(int rootfd, struct facts *facts, size_t count, struct error *err)
{
	struct user_search search = { .rootfd = rootfd, .facts = facts, .count = count };
	bool hidden;
	int ret = procfs_each_open(rootfd, look_at, &search, &hidden);

	if (search.found)
		qsort(search.users, search.found, sizeof(*search.users), compare_users);
	if (!ret)
		ret = distribute(&search, facts, hidden);
	free(search.users);
	if (sysfs_is_shortage(ret))
		return error_set(err, STATUS_FAILED, -ret, "/proc", "cannot look for users of the devices");
	return 0;
}
