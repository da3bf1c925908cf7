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
 * returned, or a negative errno when there is no /proc or we are short of
 * descriptors or memory.
 */
int procfs_each_open(int rootfd, procfs_open_fn fn, void *data, bool *hidden);

/* The same for one process; *@hidden is only ever set.  0 when there is no such process. */
int procfs_each_open_of(int rootfd, pid_t pid, procfs_open_fn fn, void *data, bool *hidden);

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

/* What a descriptor of VFIO is of, as far as its link tells. */
enum proc_file {
	PROC_FILE_OTHER,
	PROC_FILE_CDEV,         /* a device, through "/dev/vfio/devices/NAME" */
	PROC_FILE_RETRIEVED,    /* a device, out of a session: as good as the cdev */
	PROC_FILE_GROUP_DEVICE, /* a device, through its group: "anon_inode:[vfio-device]" */
	PROC_FILE_GROUP,        /* "/dev/vfio/NAME", NAME "12" or "noiommu-12" */
	PROC_FILE_CONTAINER,    /* "/dev/vfio/vfio" */
};

/*
 * *@name points into @link, and is "" or NULL where there is none.  Anybody can
 * have a file of such a path: a device is one only when procfs_vfio_device()
 * says so too.
 */
enum proc_file procfs_file(const char *link, const char **name);

/*
 * Whether @link has the form of a memfd's: "/memfd:NAME (deleted)", or "/ (deleted)"
 * once it came out of a session.  Then NAME, all but printable ASCII replaced by
 * '?', is in @name, or "".  A deleted file can have such a path too, and so has a
 * memfd on huge pages.
 */
bool procfs_memfd_name(const char *link, char *name, size_t size);

/* Whether a process other than this one is seen to have the memfd @fd open. */
bool procfs_is_shared(int rootfd, int fd);

/* Whether there is a process whose descriptors we may not look at. */
bool procfs_is_hidden(int rootfd);

/*
 * The session name in a descriptor link ("anon_inode:[luo_session] NAME",
 * luo_session_getfile() in kernel/liveupdate/luo_session.c), or NULL when the
 * link is of something else.
 */
const char *procfs_session_name(const char *link);
