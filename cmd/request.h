/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a session is to be retrieved. */
#pragma once

#include <stddef.h>

#include "handoff.h"
#include "keeper_wire.h"

struct error;
struct session_args;

/* What is to be retrieved, by token: devices in the order of the addresses, then memfds. */
struct request {
	struct keeper_entry *entries;   /* as they were before */
	struct handoff handoff;         /* a descriptor beside each entry, and perhaps an iommufd */
	size_t count;
	size_t device_count;            /* how many of them are devices */
};

/*
 * Fill @request with all that @info tells of, or with what the words of @args
 * mean, each once; without a manifest they are needed, and taken as they are.
 * STATUS_NOT_FOUND: the session does not hold it.  @request is freed with
 * request_free() in any case, which closes its descriptors.
 */
int request_choose(struct request *request, int rootfd, const struct session_args *args,
		   const struct keeper_info *info, struct error *err);
void request_free(struct request *request);

/* Have a new iommufd handed over too, after everything else.  Errors: claim_open_iommufd(). */
int request_add_iommufd(struct request *request, struct error *err);
