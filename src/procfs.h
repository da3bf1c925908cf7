/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has what open: the descriptor links of all processes.
 *
 * What cannot be read (other users' processes without root, processes that
 * end during the walk) is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;

#define PROCFS_COMM_SIZE 32

/* A process that has something open. */
struct proc_holder {
	pid_t pid;
	char comm[PROCFS_COMM_SIZE];
};

/* An open descriptor of a process. */
struct proc_fd {
	pid_t pid;
	const char *number; /* the descriptor, as its directories name it */
	const char *link;   /* where its link points */
};

/* Called per open descriptor; non-zero ends the walk. */
typedef int (*procfs_open_fn)(void *data, const struct proc_fd *fd);

/*
 * Walk every descriptor of every process below @rootfd.  *@hidden tells whether
 * there are processes whose descriptors we may not see.  Returns 0, what @fn
 * returned, or a negative errno when there is no /proc.
 */
int procfs_each_open(int rootfd, procfs_open_fn fn, void *data, bool *hidden);

/* Called per open descriptor with where its link points; non-zero ends the walk. */
typedef int (*procfs_fd_fn)(void *data, pid_t pid, const char *link);

/* The same for who needs no more than that. */
int procfs_each_fd(int rootfd, procfs_fd_fn fn, void *data);

/* The first other process having @path open: 0, or -ENOENT when none is seen. */
int procfs_find_holder(int rootfd, const char *path, struct proc_holder *holder);

#define PROCFS_SESSION_LINK_SIZE 128

/* The link of a descriptor of the session @name, into @link.  Returns @link. */
const char *procfs_session_link(const char *name, char link[static PROCFS_SESSION_LINK_SIZE]);

/* Has @pid something open whose link is @link?  False also when that may not be seen. */
bool procfs_has_open(int rootfd, pid_t pid, const char *link);

/* The command name of @pid, control characters replaced by '?'; "" when gone. */
void procfs_comm(int rootfd, pid_t pid, char comm[static PROCFS_COMM_SIZE]);

/*
 * The name in sysfs of the device that a file of VFIO belongs to, out of the
 * "vfio-device-syspath" line of its fdinfo (vfio_device_show_fdinfo() in
 * drivers/vfio/vfio_main.c): its link only says "anon_inode:[vfio-device...]"
 * when it was opened through a group or came out of a session.
 * Returns 0 or a negative errno, -ENODATA when the kernel does not tell.
 */
int procfs_vfio_device(int rootfd, const struct proc_fd *fd, char *name, size_t size);

/*
 * The session name in a descriptor link ("anon_inode:[luo_session] NAME",
 * luo_session_getfile() in kernel/liveupdate/luo_session.c), or NULL when the
 * link is of something else.
 */
const char *procfs_session_name(const char *link);
