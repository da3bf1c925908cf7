/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking a keeper.  Every call is one connection, and returns 0 or a negative
 * errno with the error filled: -ENOENT (STATUS_NOT_FOUND) when there is no
 * keeper of @session, -ECONNREFUSED (STATUS_NOT_FOUND) when it died and left
 * its socket, else what the keeper said.  @rootfd: see sysroot_open().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper_wire.h"

struct error;

/* What it holds, and how far each device is; freed with keeper_info_free(). */
int keeper_info(int rootfd, const char *session, struct keeper_info *info,
		struct error *err);

/* End an outgoing session.  On return it is closed and the keeper gone. */
int keeper_cancel(int rootfd, const char *session, struct error *err);

/*
 * The device or memfd under @token, retrieved if it was not yet.  Returns a
 * close-on-exec descriptor of the caller's.
 */
int keeper_retrieve(int rootfd, const char *session, uint64_t token, struct error *err);

/*
 * Finish a retrieved session, with @drop_memfds even when a memfd in it is in
 * use by nobody else.  On return it is closed and the keeper gone.
 */
int keeper_finish(int rootfd, const char *session, bool drop_memfds, struct error *err);

/*
 * Give the keeper of @session, which waits for it, the session @session_fd and its
 * manifest @manifest_fd.  Both stay the caller's.
 */
int keeper_hand_over(int rootfd, const char *session, int session_fd, int manifest_fd,
		     struct error *err);

/*
 * The empty session that a waiting keeper has got from the service manager, to be
 * filled and handed over: a descriptor of the caller's; -ENOENT when it has none.
 * When it is not handed over, keeper_dismiss() lets go of what is in it.
 */
int keeper_borrow(int rootfd, const char *session, struct error *err);

/* End a keeper that waits for a session; -EBUSY when it has got one. */
int keeper_dismiss(int rootfd, const char *session, struct error *err);

/* The sessions that have a socket, sorted. */
struct keeper_names {
	char (*names)[SESSION_NAME_SIZE];
	size_t count;
};

/* Freed with keeper_names_free(); no directory is no names. */
int keeper_list(int rootfd, struct keeper_names *names, struct error *err);
void keeper_names_free(struct keeper_names *names);
