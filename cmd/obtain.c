// SPDX-License-Identifier: GPL-2.0-or-later
/* From a session of the previous kernel to descriptors of its devices. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "handoff.h"
#include "handoff_send.h"
#include "keeper.h"
#include "keeper_check.h"
#include "keeper_client.h"
#include "unit.h"
#include "handoff_args.h"
#include "obtain.h"
#include "session_args.h"

/*
 * Every error of the request is found here, before the first device is
 * retrieved; and before it is bound, when it is none of the device itself.
 */
static int check_request(struct ready *ready, const struct handoff_args *wanted,
			 struct request *request, struct error *err)
{
	size_t i, numbers = 2 * (request->count + 1); /* once received, once out of the way */
	int rc = 0;

	if (wanted && wanted->iommufd)
		rc = request_add_iommufd(request, err);
	if (wanted && wanted->first) {
		request->handoff.first = wanted->first;
		numbers += (size_t)wanted->first;
	}
	if (rc == 0 && wanted && wanted->command)
		rc = handoff_check_arguments(wanted->command, &request->handoff, err);
	if (rc == 0 && wanted && wanted->send && !wanted->qmp)
		rc = handoff_check_count(&request->handoff, err);
	if (rc == 0)
		rc = keeper_check_room(numbers, err);
	if (rc == 0)
		rc = ready_devices(ready, request, err);
	for (i = 0; rc == 0 && i < request->device_count; i++)
		rc = ready_check(ready, &request->entries[i], err);
	return rc;
}

static int fetch(int rootfd, const char *session, struct request *request, struct error *err)
{
	cleanup_free uint64_t *tokens = calloc(request->count + 1, sizeof(*tokens));
	cleanup_free int *fds = calloc(request->count + 1, sizeof(*fds));
	size_t i;
	int rc;

	if (!tokens || !fds)
		return error_set(err, STATUS_FAILED, ENOMEM, session, "no memory for the devices");
	for (i = 0; i < request->count; i++)
		tokens[i] = request->entries[i].of.token;
	rc = keeper_retrieve(rootfd, session, tokens, request->count, fds, err);
	for (i = 0; i < request->count; i++)
		request->handoff.fds[i].fd = fds[i];
	return rc;
}

/* What a dry run knows of a session that nobody has retrieved: what the words say. */
static void guess_info(const struct session_args *args, struct keeper_info *info)
{
	memset(info, 0, sizeof(*info));
	info->direction = KEEPER_INCOMING;
	snprintf(info->session, sizeof(info->session), "%s", args->session);
	snprintf(info->manifest_error, sizeof(info->manifest_error),
		 "what the session holds is known only once it is retrieved");
}

static int say_nothing_came(const char *session, struct error *err)
{
	return error_set(err, STATUS_NOT_FOUND, ENOENT, session,
			 "the previous kernel handed over no session of this name");
}

/* systemd's copy of the session is handed to its unit only. */
static int start_unit(int rootfd, const char *session, struct keeper_info *info, struct error *err)
{
	struct error told;
	int rc = unit_resume(rootfd, session, info, &told);

	if (rc == -ENOENT)
		return say_nothing_came(session, err);
	if (rc < 0)
		*err = told;
	return rc;
}

/* A new keeper, or the one that somebody else started at the same time. */
static int start_keeper(int rootfd, const struct session_args *args, struct keeper_info *info,
			struct error *err)
{
	cleanup_slot struct keeper_slot slot = KEEPER_SLOT_INIT;
	int rc;

	if (unit_available(rootfd))
		return start_unit(rootfd, args->session, info, err);
	rc = keeper_reserve(args->session, &slot, err);
	if (rc == 0)
		rc = keeper_start_incoming(&slot, args->timeout, err);
	return rc < 0 && rc != -EEXIST ? rc : keeper_info(rootfd, args->session, info, err);
}

/* Have a keeper that holds the session, and ask it what that is. */
static int reach_keeper(int rootfd, const struct session_args *args, struct keeper_info *info,
			struct error *err)
{
	int rc = keeper_info(rootfd, args->session, info, err);

	if ((rc == -ENOENT || rc == -ECONNREFUSED) && args->dry_run) {
		guess_info(args, info);
		return 0;
	}
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		rc = start_keeper(rootfd, args, info, err);
	if (rc < 0 || info->direction == KEEPER_INCOMING)
		return rc;
	keeper_info_free(info);
	if (info->waiting)
		return say_nothing_came(args->session, err);
	return error_set(err, STATUS_REFUSED, 0, args->session,
			 "the session is outgoing: there was no kexec yet");
}

int obtain_devices(struct ready *ready, const struct handoff_args *handoff,
		   struct request *request, struct error *err)
{
	const struct session_args *args = ready->args;
	struct keeper_info info;
	int rc = reach_keeper(ready->rootfd, args, &info, err);

	if (rc < 0)
		return rc;
	rc = request_choose(request, ready->rootfd, args, &info, err);
	keeper_info_free(&info);
	if (rc == 0)
		rc = check_request(ready, handoff, request, err);
	if (rc == 0 && !args->dry_run)
		rc = fetch(ready->rootfd, args->session, request, err);
	if (rc < 0)
		ready_undo(ready, request, err);
	return rc;
}
