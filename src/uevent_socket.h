/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The uevents of the running kernel as they come, through netlink
 * (NETLINK_KOBJECT_UEVENT, group 1).  Needs no privilege.
 *
 * Only what the kernel sent is taken.  (The kernel broadcasts what a process
 * with CAP_SYS_ADMIN hands to it for that; this cannot be told apart.)
 */
#pragma once

#include "uevent.h"

struct error;
struct uevent_socket;

enum uevent_result {
	UEVENT_NONE = 0, /* no more for now: poll() the descriptor */
	UEVENT_ONE,      /* an event */
	UEVENT_LOST,     /* some were lost; told once none is left: time to look for oneself */
};

/*
 * Subscribe.  What happens from now on is kept until it is read.  Returns 0 and
 * the caller's *@sock, or a negative errno with @err filled: STATUS_UNSUPPORTED
 * for a kernel without it.
 */
int uevent_socket_open(struct uevent_socket **sock, struct error *err);

/* @sock may be NULL. */
void uevent_socket_free(struct uevent_socket *sock);

/* For poll(); stays the socket's. */
int uevent_socket_fd(const struct uevent_socket *sock);

/*
 * The next event, without waiting.  @event lies in @sock until the next call.
 * Returns enum uevent_result, or a negative errno with @err filled.
 */
int uevent_socket_next(struct uevent_socket *sock, struct uevent *event, struct error *err);
