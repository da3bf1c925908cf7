// SPDX-License-Identifier: GPL-2.0-or-later
/* A keeper that waits for a session, and those who want to fill it: one at a time. */
#include <errno.h>
#include <json-c/json.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "keeper_serve.h"

/* Who else is at it: two at the same time would undo what the other does. */
int keeper_refuse_leased(const struct keeper *keeper, struct error *err)
{
	int rc;

	if (!keeper->lessee)
		return 0;
	rc = error_set(err, STATUS_BUSY, EAGAIN, keeper->info.session,
		       "process %d is preserving this session", (int)keeper->lessee);
	error_hint(err, "try again when it has ended");
	return rc;
}

static int refuse_filled(const struct keeper *keeper, struct error *err)
{
	return keeper->session < 0 ? 0 : error_set(err, STATUS_BUSY, EEXIST, keeper->info.session,
						   "a keeper holds this session already");
}

/* Whoever preserves, with an empty session of ours when there is one. */
int keeper_grant_lease(struct keeper *keeper, struct json_object *request, int sock,
		       int *fd, struct error *err)
{
	bool summoned = false;
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	int rc = refuse_filled(keeper, err);

	if (rc == 0)
		rc = keeper_refuse_leased(keeper, err);
	if (rc == 0)
		summoned = keeper_flag(keeper, request, "summoned", &rc, err);
	if (rc < 0)
		return rc;
	getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	keeper->summoned = summoned;
	keeper->lessee = peer.pid > 0 ? peer.pid : -1; /* not in our namespace */
	keeper->lease = sock;
	*fd = keeper->spare;
	return 0;
}

void keeper_lease_ended(struct keeper *keeper)
{
	bool filled = keeper->session >= 0, lent = keeper->spare >= 0;

	if (!filled && lent) {
		keeper_unstore(keeper);
		cleanup_close_fn(&keeper->spare);
		keeper->spare = -1;
	}
	keeper->lessee = 0;
	/* With a child that preserves, its end decides. */
	if (!filled && (lent || keeper->summoned) && keeper->child < 0)
		keeper_end(keeper);
	if (!keeper->ended)
		cleanup_close_fn(&keeper->lease);
	keeper->lease = -1;
}

/* Somebody who has filled a session. */
int keeper_take_over(struct keeper *keeper, int sock, int *given, struct error *err)
{
	int rc = refuse_filled(keeper, err);

	if (rc < 0)
		return rc;
	if (!keeper->lessee || sock != keeper->lease)
		return error_set(err, STATUS_REFUSED, 0, keeper->info.session,
				 "a session handed over without a lease");
	if (given[1] < 0)
		return error_set(err, STATUS_FAILED, EBADMSG, keeper->info.session,
				 "a session without its manifest");
	rc = keeper_adopt(keeper, given[0], given[1], err);
	if (rc == 0)
		given[0] = given[1] = -1;
	return rc;
}

/* Whoever made a keeper wait does not need it. */
int keeper_dismissed(struct keeper *keeper, struct error *err)
{
	int rc = refuse_filled(keeper, err);

	if (rc == 0)
		rc = keeper_refuse_leased(keeper, err);
	if (rc == 0)
		keeper_end(keeper);
	return rc;
}
