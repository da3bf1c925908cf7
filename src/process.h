/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of another process, a running VMM: found through /proc, taken with
 * pidfd_getfd(2), which gives us the very same open file.  The process notices
 * nothing of it.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "manifest.h"
#include "procfs.h"

struct error;

struct process {
	int rootfd; /* the caller's */
	pid_t pid;
	int pidfd;  /* what keeps the number from being used again unnoticed */
	char comm[PROCFS_COMM_SIZE];
};

#define PROCESS_INIT { .rootfd = -1, .pidfd = -1 }

/*
 * The process @pid, to be ended with process_close().  STATUS_NOT_FOUND
 * (-ESRCH): there is none; STATUS_USAGE: it is this one; STATUS_REFUSED: a
 * thread, a kernel thread, or /proc is not that of our pid namespace.
 */
int process_open(int rootfd, pid_t pid, struct process *process, struct error *err);
void process_close(struct process *process);

/* STATUS_NOT_FOUND (-ESRCH) when it has ended since. */
int process_check_alive(const struct process *process, struct error *err);

/*
 * Whether all its threads are stopped, as by SIGSTOP; waits for those that are about
 * to be, at most a second.  STATUS_REFUSED (-EINVAL) when one is not, and as above.
 */
int process_check_stopped(const struct process *process, struct error *err);

/* A descriptor of VFIO. */
struct process_device {
	int number;          /* the descriptor */
	enum proc_file kind;
	char name[64];       /* of the device in sysfs; of a group its number */
};

/* A descriptor of what looks like a memfd; several can be of the same. */
struct process_memfd {
	int number;
	char name[MEMFD_NAME_SIZE];
};

/* Both in the order of the descriptors. */
struct process_files {
	struct process_device *devices;
	size_t device_count;
	struct process_memfd *memfds;
	size_t memfd_count;
};

/*
 * Find the files of the process @pid below @rootfd: what /proc says, nothing is
 * taken or touched.  -EACCES (STATUS_FAILED): we may not look.  The caller frees
 * @files with process_files_free() in any case.
 */
int process_find(int rootfd, pid_t pid, struct process_files *files, struct error *err);
void process_files_free(struct process_files *files);

/*
 * A descriptor of our own (close-on-exec) for what @process has as @device or
 * @memfd.  -EPERM (STATUS_FAILED): we may not trace it, see ptrace(2); -ESRCH
 * (STATUS_NOT_FOUND): it has ended; -EBADF (STATUS_BUSY): it has closed it
 * meanwhile, or has another file there; -EMFILE.
 */
int process_take_device(const struct process *process, const struct process_device *device,
			struct error *err);
int process_take_memfd(const struct process *process, const struct process_memfd *memfd,
		       struct error *err);

/*
 * The same for whatever it has under @number, which must look like a memfd: else
 * -EINVAL, STATUS_REFUSED; -EBADF, STATUS_NOT_FOUND: there is nothing.
 */
int process_take_number(const struct process *process, int number, struct error *err);
