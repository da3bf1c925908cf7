// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk over the descriptor links in /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "procfs.h"
#include "sysfs.h"

#define SESSION_LINK "anon_inode:[luo_session] "

static DIR *open_dir(int dirfd, const char *path)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (dir)
		steal_fd(&fd);
	return dir;
}

static int each_fd_of(int rootfd, pid_t pid, procfs_fd_fn fn, void *data)
{
	cleanup_dir DIR *dir = NULL;
	char path[64];
	struct dirent *entry;
	int rc = 0;

	snprintf(path, sizeof(path), "proc/%d/fd", (int)pid);
	dir = open_dir(rootfd, path);
	if (!dir)
		return 0;
	while (!rc && (entry = readdir(dir))) {
		char link[PATH_MAX];
		ssize_t length;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		length = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (length < 0)
			continue;
		link[length] = '\0';
		rc = fn(data, pid, link);
	}
	return rc;
}

static pid_t parse_pid(const char *name)
{
	unsigned long pid;
	char *end;

	if (!isdigit((unsigned char)name[0]))
		return 0;
	pid = strtoul(name, &end, 10);
	return *end || pid > INT_MAX ? 0 : (pid_t)pid;
}

int procfs_each_fd(int rootfd, procfs_fd_fn fn, void *data)
{
	cleanup_dir DIR *dir = open_dir(rootfd, "proc");
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return -errno;
	while (!rc && (entry = readdir(dir))) {
		pid_t pid = parse_pid(entry->d_name);

		if (pid)
			rc = each_fd_of(rootfd, pid, fn, data);
	}
	return rc;
}

void procfs_comm(int rootfd, pid_t pid, char comm[static PROCFS_COMM_SIZE])
{
	char path[64];
	char *c;

	snprintf(path, sizeof(path), "proc/%d/comm", (int)pid);
	if (sysfs_read(rootfd, path, comm, PROCFS_COMM_SIZE) < 0)
		comm[0] = '\0';
	for (c = comm; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
}

struct holder_search {
	const char *path;
	pid_t self;
	pid_t pid;
};

static int match_path(void *data, pid_t pid, const char *link)
{
	struct holder_search *search = data;

	if (pid == search->self || strcmp(link, search->path))
		return 0;
	search->pid = pid;
	return 1;
}

int procfs_find_holder(int rootfd, const char *path, struct proc_holder *holder)
{
	struct holder_search search = { .path = path, .self = getpid() };

	if (procfs_each_fd(rootfd, match_path, &search) <= 0)
		return -ENOENT;
	holder->pid = search.pid;
	procfs_comm(rootfd, search.pid, holder->comm);
	return 0;
}

const char *procfs_session_name(const char *link)
{
	size_t length = strlen(SESSION_LINK);

	return strncmp(link, SESSION_LINK, length) ? NULL : link + length;
}
