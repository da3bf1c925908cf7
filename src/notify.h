/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The notification protocol of service managers, sd_notify(3), and the
 * descriptors they hand over, sd_listen_fds(3).  The protocol is declared stable;
 * no library is needed for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Is there a service manager that wants to be told ($NOTIFY_SOCKET)? */
bool notify_wanted(void);

/*
 * Tell the service manager @text, lines of NAME=VALUE.  Returns 0, also when
 * there is none, or a negative errno.
 */
int notify_tell(const char *text);

/*
 * Have it keep a copy of @fd under @name, which has no colon and at most 255
 * printable ASCII characters, even when nobody listens to the other end
 * (FDSTORE, FDPOLL=0).  It has taken it, or not, when notify_barrier() returns.
 * -ENOENT: there is no service manager.
 */
int notify_store(int fd, const char *name);

/* Have it close all that it keeps under @name. */
int notify_forget(const char *name);

/*
 * Wait until everything told so far has been acted upon, at most @seconds:
 * -ETIME.  0 at once when there is no service manager.
 */
int notify_barrier(unsigned int seconds);

/* Descriptors that the service manager handed to us, from 3 on. */
struct listen_fds {
	char (*names)[256]; /* "unknown" when it gave none */
	size_t count;
};

#define LISTEN_FDS_FIRST 3

/*
 * What $LISTEN_FDS, $LISTEN_PID and $LISTEN_FDNAMES say, once: they are taken
 * out of the environment, and the descriptors, the caller's now, get
 * close-on-exec.  None is an empty list.  Returns 0, -EBADF when one of them is
 * not open, -ENOMEM, -EINVAL for variables that are no such thing.
 */
int listen_fds_take(struct listen_fds *fds);
void listen_fds_free(struct listen_fds *fds);
