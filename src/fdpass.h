/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets with descriptors beside them, over UNIX sockets (SCM_RIGHTS). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 4

/*
 * Send @size bytes in one packet, and the @count descriptors at @fds (at most
 * FDPASS_MAX) beside them.  No SIGPIPE.  Returns 0 or a negative errno.
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
