// SPDX-License-Identifier: GPL-2.0-or-later
/* Who makes a session: a connection to its keeper, or its socket, is the lock. */
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "keeper_client.h"
#include "unit.h"
#include "seat.h"

/* Not an error: it can have ended since somebody started it. */
static bool is_gone(int rc)
{
	return rc == -ENOENT || rc == -ECONNREFUSED || rc == -ECONNRESET;
}

static int take_lease(int rootfd, const char *session, bool summoned, struct seat *seat,
		      struct error *err)
{
	seat->lease = keeper_lease(rootfd, session, summoned, &seat->spare, err);
	return seat->lease < 0 ? seat->lease : 0;
}

int seat_take(int rootfd, const char *session, struct seat *seat, struct error *err)
{
	struct error told;
	int rc = take_lease(rootfd, session, false, seat, &told);

	if (!is_gone(rc)) {
		if (rc < 0)
			*err = told;
		return rc;
	}
	if (!unit_available(rootfd)) {
		rc = keeper_reserve(session, &seat->slot, err);
		if (rc < 0)
			keeper_release(&seat->slot);
		return rc;
	}
	rc = unit_start(session, err);
	if (rc < 0)
		return rc;
	rc = take_lease(rootfd, session, true, seat, &told);
	if (rc < 0)
		*err = told;
	return is_gone(rc) ? error_set(err, STATUS_BUSY, EAGAIN, session,
				       "its unit was started, and has ended since") : rc;
}

void seat_leave(struct seat *seat)
{
	cleanup_close_fn(&seat->spare);
	seat->spare = -1;
	keeper_end_lease(&seat->lease);
	keeper_release(&seat->slot);
}
