/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The place of whoever makes a session, which only one process can have at a time. */
#pragma once

#include "keeper.h"

struct error;

struct seat {
	struct keeper_slot slot; /* for a keeper of ours; or */
	int lease;               /* of a keeper that waits, such as that of a unit, */
	int spare;               /* which may have lent an empty session */
};

#define SEAT_INIT { .slot = KEEPER_SLOT_INIT, .lease = -1, .spare = -1 }

/*
 * Take the place for @session; where systemd carries sessions, its unit is started for
 * that.  -EAGAIN (STATUS_BUSY): another process has it; -EEXIST (STATUS_BUSY): the session
 * has a keeper already, or another process starts one.  Both may be over at once, and it
 * can be tried again.
 */
int seat_take(int rootfd, const char *session, struct seat *seat, struct error *err);

/* Give it back: what was not handed over to a keeper is undone, as it is when we die. */
void seat_leave(struct seat *seat);
