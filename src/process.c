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

/* What is behind @key ("Pid:") in the file @path of /proc, read into @text; NULL when there is none. */
static const char *find_field(int rootfd, const char *path, const char *key,
			      char text[static STATUS_SIZE])
{
	char *rest = text, *line;

	if (sysfs_read(rootfd, path, text, STATUS_SIZE) < 0)
		return NULL;
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, key, strlen(key)))
			return line + strlen(key);
	return NULL;
}

/* The number there; -1 without one. */
static long read_field(int rootfd, const char *path, const char *key)
{
	char text[STATUS_SIZE];
	const char *field = find_field(rootfd, path, key, text);

	return field ? strtol(field, NULL, 10) : -1;
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

	snprintf(path, sizeof(path), "proc/self/fdinfo/%d", process->pidfd);
	pid = read_field(process->rootfd, path, "Pid:");
	if (pid == (long)process->pid)
		return 0;
	if (process_check_alive(process, err) < 0)
		return -ESRCH;
	return error_set(err, STATUS_REFUSED, 0, object(process, name),
			 "/proc is not that of our pid namespace");
}

static int check_kind(const struct process *process, struct error *err)
{
	char path[64], name[OBJECT_SIZE];

	snprintf(path, sizeof(path), "proc/%d/status", (int)process->pid);
	if (read_field(process->rootfd, path, "Kthread:") == 1)
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

/* Of the thread @tid: the letter in its status, 0 when it has ended. */
static char read_state(const struct process *process, const char *tid)
{
	char path[64], text[STATUS_SIZE];
	const char *state;

	snprintf(path, sizeof(path), "proc/%d/task/%.16s/status", (int)process->pid, tid);
	state = find_field(process->rootfd, path, "State:", text);
	return state ? state[strspn(state, " \t")] : 0;
}

/* Stopped by a signal or a tracer, or ended: nothing that goes on by itself. */
static bool all_stopped(const struct process *process)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "proc/%d/task", (int)process->pid);
	fd = openat(process->rootfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		char state = entry->d_name[0] == '.' ? 0 : read_state(process, entry->d_name);

		if (state && !strchr("TtZX", state))
			return false;
	}
	return dir;
}

int process_check_stopped(const struct process *process, struct error *err)
{
	char name[OBJECT_SIZE];
	int i, rc;

	for (i = 0; i < STOP_PATIENCE_MS; i++) {
		if (process_check_alive(process, err) < 0)
			return -ESRCH;
		if (all_stopped(process))
			return 0;
		usleep(1000);
	}
	rc = error_set(err, STATUS_REFUSED, 0, object(process, name),
		       "it runs, and would enable the interrupts again");
	error_hint(err, "have the VMM pause its guest, then kill -STOP %d, and leave it so until the jump",
		   (int)process->pid);
	return rc;
}

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
		error_hint(err, "run it as root");
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

static bool look_at_own(const struct process *process, int fd, struct own_fd *own)
{
	char path[64];
	ssize_t length;

	snprintf(own->number, sizeof(own->number), "%d", fd);
	snprintf(path, sizeof(path), "proc/self/fd/%d", fd);
	length = readlinkat(process->rootfd, path, own->link, sizeof(own->link) - 1);
	own->link[length < 0 ? 0 : length] = '\0';
	own->fd = (struct proc_fd){ getpid(), own->number, own->link };
	return length >= 0;
}

int process_take_device(const struct process *process, const struct process_device *device,
			struct error *err)
{
	cleanup_close int fd = take(process, device->number, err);
	const char *ignored;
	struct own_fd own;
	char name[64];

	if (fd < 0)
		return fd;
	if (!look_at_own(process, fd, &own) || procfs_file(own.link, &ignored) != device->kind ||
	    procfs_vfio_device(process->rootfd, &own.fd, name, sizeof(name)) < 0 ||
	    strcmp(name, device->name))
		return say_not_taken(process, device->number, EBADF, err);
	return steal_fd(&fd);
}

int process_take_memfd(const struct process *process, const struct process_memfd *memfd,
		       struct error *err)
{
	cleanup_close int fd = take(process, memfd->number, err);
	char name[MEMFD_NAME_SIZE];
	struct own_fd own;

	if (fd < 0)
		return fd;
	if (!look_at_own(process, fd, &own) || !procfs_memfd_name(own.link, name, sizeof(name)) ||
	    strcmp(name, memfd->name))
		return say_not_taken(process, memfd->number, EBADF, err);
	return steal_fd(&fd);
}

int process_take_number(const struct process *process, int number, struct error *err)
{
	cleanup_close int fd = (int)syscall(SYS_pidfd_getfd, process->pidfd, number, 0);
	char name[OBJECT_SIZE], memfd[MEMFD_NAME_SIZE];
	struct own_fd own;

	if (fd < 0 && errno == EBADF)
		return error_set(err, STATUS_NOT_FOUND, EBADF, object(process, name),
				 "it has no descriptor %d", number);
	if (fd < 0)
		return say_not_taken(process, number, errno, err);
	if (!look_at_own(process, fd, &own) || !procfs_memfd_name(own.link, memfd, sizeof(memfd)))
		return error_set(err, STATUS_REFUSED, 0, object(process, name),
				 "descriptor %d is no memfd", number);
	return steal_fd(&fd);
}
