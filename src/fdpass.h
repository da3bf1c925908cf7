/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data with descriptors beside it, over UNIX sockets (SCM_RIGHTS). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 253 /* SCM_MAX_FD in include/net/scm.h */

/*
 * Send @size bytes, in one packet where the socket has packets, and the @count
 * descriptors at @fds (at most FDPASS_MAX) beside the first of them.  No SIGPIPE.
 * Returns 0 or a negative errno: -E2BIG, -EAGAIN after the socket's timeout.
 */
int fdpass_send(int sock, const void *data, size_t size, const int *fds, size_t count);

/*
 * Receive one packet of at most @size bytes and at most @room descriptors
 * (close-on-exec, the caller's; what is left of @fds is -1).  Returns the size,
 * or a negative errno and no descriptor: -ENODATA at the end, -EMSGSIZE when it
 * is larger, -EMFILE when a descriptor could not be taken, -EBADMSG when one
 * came and there is no room for any.
 */
ssize_t fdpass_receive(int sock, void *data, size_t size, int *fds, size_t room);
