/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking a keeper.  Every call is one connection, and returns 0 or a negative
 * errno with the error filled: -ENOENT (STATUS_NOT_FOUND) when there is no
 * keeper of @session, -ECONNREFUSED (STATUS_NOT_FOUND) when it died and left
 * its socket, -ECONNRESET (STATUS_NOT_FOUND) when it ended meanwhile, -ECONNABORTED (STATUS_FAILED)
 * when it lives and has not answered, else what the keeper said.  @rootfd: see sysroot_open().
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
 * The devices and memfds under @tokens, retrieved if they were not yet: descriptors
 * (close-on-exec) into @fds, the caller's, those that it has not got being -1.
 */
int keeper_retrieve(int rootfd, const char *session, const uint64_t *tokens, size_t count,
		    int *fds, struct error *err);

/*
 * Finish a retrieved session, with @drop_memfds even when a memfd in it is in
 * use by nobody else.  On return it is closed and the keeper gone.
 */
int keeper_finish(int rootfd, const char *session, bool drop_memfds, struct error *err);

/*
 * Be the one who fills the session of a keeper that waits.  Returns a connection of the
 * caller's, which is the lease: it lasts until it is closed, be it by the caller's death.
 * *@spare is -1, or the empty session that the keeper has got from the service manager, a
 * descriptor of the caller's.  @summoned: the keeper waits for this one only.
 * -EAGAIN (STATUS_BUSY): another process is at it; -EEXIST (STATUS_BUSY): it has a session.
 */
int keeper_lease(int rootfd, const char *session, bool summoned, int *spare, struct error *err);

/* Hand over the session @session_fd and its manifest @manifest_fd.  Both stay the caller's. */
int keeper_hand_over(int lease, const char *session, int session_fd, int manifest_fd,
		     struct error *err);

/*
 * Give the keeper of an outgoing session its journal @fd, which stays the caller's.  A
 * keeper of an older version does not want it, which is no loss.
 */
int keeper_give_journal(int rootfd, const char *session, int fd, struct error *err);

/* Have the keeper write down that the jump is @begun now, or was not. */
int keeper_note_jump(int rootfd, const char *session, bool begun, struct error *err);

/*
 * Give it back.  What was not handed over is gone on return, and so is a keeper that was
 * summoned.  The caller has closed its copy of the spare session.
 */
void keeper_end_lease(int *lease);

/* End a keeper that waits for a session; STATUS_BUSY when it has one, or gets one now. */
int keeper_dismiss(int rootfd, const char *session, struct error *err);

/* The error that nobody holds @session, with what to do. */
int keeper_say_none(const char *session, struct error *err);

/* The sessions that have a socket, sorted. */
struct keeper_names {
	char (*names)[SESSION_NAME_SIZE];
	size_t count;
};

/* Freed with keeper_names_free(); no directory is no names. */
int keeper_list(int rootfd, struct keeper_names *names, struct error *err);
void keeper_names_free(struct keeper_names *names);
