// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking into another process, and taking files out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "process.h"
#include "sysfs.h"

#define STOP_PATIENCE_MS 1000

/* "process 7 (qemu)", as errors name it */
#define OBJECT_SIZE (PROCFS_COMM_SIZE + 32)

static const char *object(const struct process *process, char buf[static OBJECT_SIZE])
{
	if (process->comm[0])
		snprintf(buf, OBJECT_SIZE, "process %d (%s)", (int)process->pid, process->comm);
	else
		snprintf(buf, OBJECT_SIZE, "process %d", (int)process->pid);
	return buf;
}

static int say_ended(const struct process *process, struct error *err)
{
	char name[OBJECT_SIZE];

	return error_set(err, STATUS_NOT_FOUND, ESRCH, object(process, name), "it has ended meanwhile");
}

static int say_no_process(const struct process *process, int code, struct error *err)
{
	char name[OBJECT_SIZE];
	int rc;

	object(process, name);
	switch (code) {
	case ESRCH:
		rc = error_set(err, STATUS_NOT_FOUND, ESRCH, name, "there is no such process");
		error_hint(err, "in a container, a process has another number than outside");
		return rc;
	case EINVAL: /* until Linux 6.15 */
	case ENOENT:
		return error_set(err, STATUS_REFUSED, 0, name,
				 "it is a thread; the process that it is of is meant");
	case ENOSYS:
		return error_set(err, STATUS_UNSUPPORTED, ENOSYS, name, "this kernel has no pidfd_open()");
	default:
		return error_set(err, STATUS_FAILED, code, name, "cannot look into it");
	}
}

#define STATUS_SIZE 16384

/*
 * What is behind @key ("Pid:") in the file @path of /proc, read into @text, to *@field; -ENODATA
 * when there is none, or why the file could not be read.
 */
static int find_field(int rootfd, const char *path, const char *key, char text[static STATUS_SIZE],
		      const char **field)
{
	char *rest = text, *line;
	int rc = sysfs_read(rootfd, path, text, STATUS_SIZE);

	if (rc < 0)
		return rc;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, key, strlen(key)))
			continue;
		*field = line + strlen(key);
		return 0;
	}
	return -ENODATA;
}

/* The number there. */
static int read_field(int rootfd, const char *path, const char *key, long *number)
{
	char text[STATUS_SIZE];
	const char *field;
	int rc = find_field(rootfd, path, key, text, &field);

	*number = rc < 0 ? -1 : strtol(field, NULL, 10);
	return rc;
}

/*
 * What /proc says of our pidfd (pidfd_show_fdinfo() in fs/pidfs.c): the number
 * of the process in the pid namespace of that /proc.  Only when it is the same
 * number are its directory there and our pidfd of the same process.
 */
static int check_namespace(const struct process *process, struct error *err)
{
	char path[64], name[OBJECT_SIZE];
	long pid;
	int rc;

	snprintf(path, sizeof(path), "proc/self/fdinfo/%d", process->pidfd);
	rc = read_field(process->rootfd, path, "Pid:", &pid);
	if (pid == (long)process->pid)
		return 0;
	if (process_check_alive(process, err) < 0)
		return -ESRCH;
	/* Without /proc/self, this /proc is of others. */
	if (rc < 0 && rc != -ENODATA && rc != -ENOENT)
		return error_set(err, STATUS_FAILED, -rc, object(process, name),
				 "cannot read what /proc tells of our descriptor for it");
	return error_set(err, STATUS_REFUSED, 0, object(process, name),
			 "/proc is not that of our pid namespace");
}

static int check_kind(const struct process *process, struct error *err)
{
	char path[64], name[OBJECT_SIZE];
	long is_kernels;

	snprintf(path, sizeof(path), "proc/%d/status", (int)process->pid);
	read_field(process->rootfd, path, "Kthread:", &is_kernels);
	if (is_kernels == 1)
		return error_set(err, STATUS_REFUSED, 0, object(process, name),
				 "it is a thread of the kernel, no process");
	return 0;
}

int process_open(int rootfd, pid_t pid, struct process *process, struct error *err)
{
	char name[OBJECT_SIZE];
	int rc;

	*process = (struct process){ .rootfd = rootfd, .pid = pid, .pidfd = -1 };
	if (pid == getpid())
		return error_set(err, STATUS_USAGE, 0, object(process, name), "it is vfio-luctl itself");
	process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process->pidfd < 0)
		return say_no_process(process, errno, err);
	rc = check_namespace(process, err);
	if (rc == 0) {
		procfs_comm(rootfd, pid, process->comm);
		rc = check_kind(process, err);
	}
	/* What has ended and was not waited for yet still has its number. */
	return rc < 0 ? rc : process_check_alive(process, err);
}

void process_close(struct process *process)
{
	cleanup_close_fn(&process->pidfd);
	process->pidfd = -1;
}

int process_check_alive(const struct process *process, struct error *err)
{
	struct pollfd ended = { .fd = process->pidfd, .events = POLLIN };

	return poll(&ended, 1, 0) > 0 ? say_ended(process, err) : 0;
}

/* Whether the thread @tid can run: not when it is stopped by a signal or a tracer, or has ended. */
static int can_run(const struct process *process, const char *tid)
{
	char path[64], text[STATUS_SIZE];
	const char *state;
	int rc;

	snprintf(path, sizeof(path), "proc/%d/task/%.16s/status", (int)process->pid, tid);
	rc = find_field(process->rootfd, path, "State:", text, &state);
	if (rc < 0)
		return rc == -ENOENT || rc == -ESRCH ? 0 : rc;
	state += strspn(state, " \t");
	return *state && !strchr("TtZX", *state);
}

/* 1 when nothing of it goes on by itself, 0 when something does, or why that cannot be told. */
static int all_stopped(const struct process *process)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	char path[64];
	int fd, rc;

	snprintf(path, sizeof(path), "proc/%d/task", (int)process->pid);
	fd = openat(process->rootfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		rc = errno == ENOENT || errno == ESRCH ? 0 : -errno; /* 0: it has ended */
		cleanup_close_fn(&fd);
		return rc;
	}
	while ((entry = readdir(dir))) {
		rc = entry->d_name[0] == '.' ? 0 : can_run(process, entry->d_name);
		if (rc)
			return rc < 0 ? rc : 0;
	}
	return 1;
}

int process_check_stopped(const struct process *process, struct error *err)
{
	char name[OBJECT_SIZE];
	int i, rc;

	for (i = 0; i < STOP_PATIENCE_MS; i++) {
		if (process_check_alive(process, err) < 0)
			return -ESRCH;
		rc = all_stopped(process);
		if (rc < 0)
			return error_set(err, STATUS_FAILED, -rc, object(process, name),
					 "cannot see whether it is stopped");
		if (rc)
			return 0;
		usleep(1000);
	}
	rc = error_set(err, STATUS_REFUSED, 0, object(process, name),
		       "it runs, and would enable the interrupts again");
	error_hint(err, "have the VMM pause its guest, then kill -STOP %d, and leave it so until the jump",
		   (int)process->pid);
	return rc;
}

static int say_not_taken(const struct process *process, int number, int code, struct error *err)
{
	char name[OBJECT_SIZE];
	int rc;

	object(process, name);
	switch (code) {
	case ESRCH:
		return say_ended(process, err);
	case EBADF:
		rc = error_set(err, STATUS_BUSY, EBADF, name,
			       "it closed descriptor %d, or opened something else there, while we looked",
			       number);
		error_hint(err, "try again");
		return rc;
	case EPERM:
		rc = error_set(err, STATUS_FAILED, EPERM, name, "we may not take descriptor %d of it", number);
		error_hint(err, "it takes the right to trace the process: be root with CAP_SYS_PTRACE, where no security module forbids it (/proc/sys/kernel/yama/ptrace_scope is less than 3)");
		return rc;
	default:
		rc = error_set(err, STATUS_FAILED, code, name, "cannot take descriptor %d of it", number);
		if (code == EMFILE)
			error_hint(err, "ulimit -n: one of ours is needed for each device and memfd");
		return rc;
	}
}

static int take(const struct process *process, int number, struct error *err)
{
	int fd = (int)syscall(SYS_pidfd_getfd, process->pidfd, number, 0);

	return fd < 0 ? say_not_taken(process, number, errno, err) : fd;
}

/* Our own descriptor as the walk over /proc shows descriptors. */
struct own_fd {
	char number[16];
	char link[PATH_MAX];
	struct proc_fd fd;
};

static int look_at_own(const struct process *process, int fd, struct own_fd *own)
{
	char path[64];
	ssize_t length;

	snprintf(own->number, sizeof(own->number), "%d", fd);
	snprintf(path, sizeof(path), "proc/self/fd/%d", fd);
	length = readlinkat(process->rootfd, path, own->link, sizeof(own->link) - 1);
	own->link[length < 0 ? 0 : length] = '\0';
	own->fd = (struct proc_fd){ getpid(), own->number, own->link };
	return length < 0 ? -errno : 0;
}

/* We have it, and cannot see what it is. */
static int say_not_seen(const struct process *process, int number, int code, struct error *err)
{
	char name[OBJECT_SIZE];

	return error_set(err, STATUS_FAILED, code, object(process, name),
			 "cannot look at what was taken from its descriptor %d", number);
}

int process_take_device(const struct process *process, const struct process_device *device,
			struct error *err)
{
	cleanup_close int fd = take(process, device->number, err);
	const char *ignored;
	struct own_fd own;
	char name[64] = "";
	int rc;

	if (fd < 0)
		return fd;
	rc = look_at_own(process, fd, &own);
	if (rc == 0 && procfs_file(own.link, &ignored) == device->kind)
		rc = procfs_vfio_device(process->rootfd, &own.fd, name, sizeof(name));
	if (rc < 0 && rc != -ENODATA && rc != -ENOENT)
		return say_not_seen(process, device->number, -rc, err);
	if (strcmp(name, device->name))
		return say_not_taken(process, device->number, EBADF, err);
	return steal_fd(&fd);
}

int process_take_memfd(const struct process *process, const struct process_memfd *memfd,
		       struct error *err)
{
	cleanup_close int fd = take(process, memfd->number, err);
	char name[MEMFD_NAME_SIZE];
	struct own_fd own;
	int rc;

	if (fd < 0)
		return fd;
	rc = look_at_own(process, fd, &own);
	if (rc < 0)
		return say_not_seen(process, memfd->number, -rc, err);
	if (!procfs_memfd_name(own.link, name, sizeof(name)) || strcmp(name, memfd->name))
		return say_not_taken(process, memfd->number, EBADF, err);
	return steal_fd(&fd);
}

int process_take_number(const struct process *process, int number, struct error *err)
{
	cleanup_close int fd = (int)syscall(SYS_pidfd_getfd, process->pidfd, number, 0);
	char name[OBJECT_SIZE], memfd[MEMFD_NAME_SIZE];
	struct own_fd own;
	int rc;

	if (fd < 0 && errno == EBADF)
		return error_set(err, STATUS_NOT_FOUND, EBADF, object(process, name),
				 "it has no descriptor %d", number);
	if (fd < 0)
		return say_not_taken(process, number, errno, err);
	rc = look_at_own(process, fd, &own);
	if (rc < 0)
		return say_not_seen(process, number, -rc, err);
	if (!procfs_memfd_name(own.link, memfd, sizeof(memfd)))
		return error_set(err, STATUS_REFUSED, 0, object(process, name),
				 "descriptor %d is no memfd", number);
	return steal_fd(&fd);
}
