/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper: one small process per session that holds it, because a session
 * lives only as long as somebody keeps it open.
 *
 * It listens on /run/vfio-luctl/SESSION.sock (root only) and never ends by
 * itself; its clients are in keeper_client.h.  An outgoing one holds the
 * session until the kexec or a cancel.  An incoming one retrieves the session
 * itself, after it has become a daemon, so that there is no moment at which a
 * process that may die holds the only descriptor: closing a retrieved session
 * that cannot finish locks its devices until the next boot.
 */
#pragma once

#include <stdbool.h>

#include "session.h"

struct error;
struct listen_fds;
struct manifest;

#define KEEPER_DIR "run/vfio-luctl" /* below the root */
#define KEEPER_SUFFIX ".sock"

/* The name of a session while it is being set up: a listening socket, not served yet. */
struct keeper_slot {
	int dir;      /* KEEPER_DIR */
	int listener; /* -1: not reserved, or handed over to a keeper */
	char session[SESSION_NAME_SIZE];
};

#define KEEPER_SLOT_INIT { .dir = -1, .listener = -1 }

/*
 * Reserve @session for a new keeper: one of several that try at once wins.  A
 * socket that a dead keeper left behind is replaced.  Returns 0; -EEXIST with
 * STATUS_BUSY when a keeper has it.  The caller ends it with keeper_release().
 */
int keeper_reserve(const char *session, struct keeper_slot *slot, struct error *err);

/*
 * The directory of the sockets, made when it is not there: a descriptor of the
 * caller's.  STATUS_REFUSED (-EINVAL) when others than we may write there.
 */
int keeper_open_dir(struct error *err);

/* Give back what was not handed over to a keeper. */
void keeper_release(struct keeper_slot *slot);

/*
 * Start the keeper of a session just created.  It gets its own reference to
 * @session_fd; the caller closes its own, and every descriptor of a device.
 * Returns 0 when it serves, or a negative errno with @err filled and no keeper
 * left.
 */
int keeper_start_outgoing(struct keeper_slot *slot, int session_fd,
			  struct manifest *manifest, struct error *err);

/*
 * Start a keeper that retrieves the session of @slot and reads its manifest,
 * waiting up to @timeout seconds for /dev/liveupdate.  Returns 0 when it holds
 * the session, be its manifest readable or not (keeper_info() tells); errors
 * are those of session_retrieve(), and then there is no keeper.
 */
int keeper_start_incoming(struct keeper_slot *slot, unsigned int timeout,
			  struct error *err);

/* A keeper in the foreground. */
struct hold {
	int rootfd;
	struct keeper_slot *slot;
	const struct listen_fds *given; /* by the service manager; a session in it is taken over */
	char *const *preserve;          /* argv of a command that hands a session over to us, for when
					   there is none; NULL: somebody else will */
	unsigned int timeout;           /* for /dev/liveupdate, in seconds */
};

/*
 * Be the keeper of the session of @hold: one that the service manager hands over,
 * one of that name that came from the previous kernel, or one that is handed
 * over by preserve.  Tells the service manager when it is ready and has it keep the
 * session; ends at a signal only then, or while there is none.  Returns 0 when
 * the session has ended or others have it, or a negative errno with @err filled.
 */
int keeper_hold(const struct hold *hold, struct error *err);

#define cleanup_slot __attribute__((cleanup(keeper_release)))
