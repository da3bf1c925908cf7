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
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "procfs.h"
#include "sysfs.h"

#define SESSION_LINK "anon_inode:[luo_session] "
#define SYSPATH "vfio-device-syspath: "
#define CDEV_DIR "/vfio/devices/"
#define GROUP_DIR "/vfio/"
#define GROUP_DEVICE "anon_inode:[vfio-device]"
#define ANY_DEVICE "anon_inode:[vfio-device"
#define MEMFD "/memfd:"
#define RETRIEVED_MEMFD "/ (deleted)" /* memfd_luo_retrieve() in mm/memfd_luo.c gives it no name */
#define DELETED " (deleted)"

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

/* What was not read is hidden, or went away meanwhile. */
static int note_unread(int code, bool *hidden)
{
	if (sysfs_is_shortage(-code))
		return -code;
	*hidden |= code != ENOENT && code != ESRCH;
	return 0;
}

int procfs_each_open_of(int rootfd, pid_t pid, procfs_open_fn fn, void *data, bool *hidden)
{
	cleanup_dir DIR *dir = NULL;
	char path[64];
	struct dirent *entry;
	int rc = 0;

	snprintf(path, sizeof(path), "proc/%d/fd", (int)pid);
	dir = open_dir(rootfd, path);
	if (!dir)
		return note_unread(errno, hidden);
	while (!rc && (entry = readdir(dir))) {
		char link[PATH_MAX];
		ssize_t length;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		length = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		link[length < 0 ? 0 : length] = '\0';
		rc = length < 0 ? note_unread(errno, hidden) :
				  fn(data, &(struct proc_fd){ pid, entry->d_name, link });
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

int procfs_each_open(int rootfd, procfs_open_fn fn, void *data, bool *hidden)
{
	cleanup_dir DIR *dir = open_dir(rootfd, "proc");
	struct dirent *entry;
	int rc = 0;

	*hidden = false;
	if (!dir)
		return -errno;
	while (!rc && (entry = readdir(dir))) {
		pid_t pid = parse_pid(entry->d_name);

		if (pid)
			rc = procfs_each_open_of(rootfd, pid, fn, data, hidden);
	}
	return rc;
}

struct link_walk {
	procfs_fd_fn fn;
	void *data;
};

static int pass_link(void *data, const struct proc_fd *fd)
{
	const struct link_walk *walk = data;

	return walk->fn(walk->data, fd->pid, fd->link);
}

int procfs_each_fd(int rootfd, procfs_fd_fn fn, void *data)
{
	struct link_walk walk = { fn, data };
	bool hidden;

	return procfs_each_open(rootfd, pass_link, &walk, &hidden);
}

static int is_link(void *data, const struct proc_fd *fd)
{
	return !strcmp(fd->link, data);
}

bool procfs_has_open(int rootfd, pid_t pid, const char *link)
{
	bool hidden = false;

	return procfs_each_open_of(rootfd, pid, is_link, (char *)link, &hidden) > 0;
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

int procfs_vfio_device(int rootfd, const struct proc_fd *fd, char *name, size_t size)
{
	char path[64], text[PATH_MAX + 512], *line, *rest = text;
	int ret;

	snprintf(path, sizeof(path), "proc/%d/fdinfo/%s", (int)fd->pid, fd->number);
	ret = sysfs_read(rootfd, path, text, sizeof(text));
	if (ret < 0)
		return ret;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, SYSPATH, strlen(SYSPATH)))
			continue;
		line = strrchr(line, '/');
		if (!line || !line[1] || strlen(line + 1) >= size)
			return -ENODATA;
		strcpy(name, line + 1);
		return 0;
	}
	return -ENODATA;
}

const char *procfs_session_link(const char *name, char link[static PROCFS_SESSION_LINK_SIZE])
{
	snprintf(link, PROCFS_SESSION_LINK_SIZE, SESSION_LINK "%s", name);
	return link;
}

/* The rest of @path when the directory of its last component is @dir, wherever that is mounted. */
static const char *name_in(const char *path, const char *dir)
{
	const char *slash = strrchr(path, '/');
	size_t length = strlen(dir), before = slash ? (size_t)(slash + 1 - path) : 0;

	if (before < length || memcmp(path + before - length, dir, length))
		return NULL;
	return path + before;
}

enum proc_file procfs_file(const char *link, const char **name)
{
	*name = "";
	if (!strcmp(link, GROUP_DEVICE))
		return PROC_FILE_GROUP_DEVICE;
	if (!strncmp(link, ANY_DEVICE, strlen(ANY_DEVICE)))
		return PROC_FILE_RETRIEVED;
	*name = name_in(link, CDEV_DIR);
	if (*name)
		return PROC_FILE_CDEV;
	*name = name_in(link, GROUP_DIR);
	if (!*name)
		return PROC_FILE_OTHER;
	return strcmp(*name, "vfio") ? PROC_FILE_GROUP : PROC_FILE_CONTAINER;
}

bool procfs_memfd_name(const char *link, char *name, size_t size)
{
	size_t length = strlen(link), i;

	name[0] = '\0';
	if (!strcmp(link, RETRIEVED_MEMFD))
		return true;
	if (strncmp(link, MEMFD, strlen(MEMFD)) || length < strlen(MEMFD DELETED) ||
	    strcmp(link + length - strlen(DELETED), DELETED))
		return false;
	length -= strlen(MEMFD DELETED);
	if (length >= size)
		return false;
	for (i = 0; i < length; i++)
		name[i] = link[strlen(MEMFD) + i] >= ' ' && link[strlen(MEMFD) + i] <= '~' ?
				  link[strlen(MEMFD) + i] : '?';
	name[length] = '\0';
	return true;
}

struct share_search {
	int rootfd;
	pid_t self;
	struct stat file;
};

static int is_share(void *data, const struct proc_fd *fd)
{
	const struct share_search *search = data;
	char path[64], name[NAME_MAX];
	struct stat st;

	if (fd->pid == search->self || !procfs_memfd_name(fd->link, name, sizeof(name)))
		return 0;
	snprintf(path, sizeof(path), "proc/%d/fd/%s", (int)fd->pid, fd->number);
	return fstatat(search->rootfd, path, &st, 0) == 0 && st.st_dev == search->file.st_dev &&
	       st.st_ino == search->file.st_ino;
}

bool procfs_is_shared(int rootfd, int fd)
{
	struct share_search search = { .rootfd = rootfd, .self = getpid() };
	bool hidden;

	return fstat(fd, &search.file) == 0 && procfs_each_open(rootfd, is_share, &search, &hidden) == 1;
}

static int pass_by(void *data, const struct proc_fd *fd)
{
	(void)data;
	(void)fd;
	return 0;
}

bool procfs_is_hidden(int rootfd)
{
	bool hidden = false;

	procfs_each_open(rootfd, pass_by, NULL, &hidden);
	return hidden;
}

const char *procfs_session_name(const char *link)
{
	size_t length = strlen(SESSION_LINK);

	return strncmp(link, SESSION_LINK, length) ? NULL : link + length;
}
