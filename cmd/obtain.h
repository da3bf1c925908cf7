/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a session of the previous kernel to descriptors of its devices. */
#pragma once

#include "ready.h"
#include "request.h"

struct error;
struct handoff_args;

/*
 * Have a keeper that holds the session of @ready's arguments, find out what of it
 * is meant, check all that can be checked, and retrieve it into @request (freed
 * with request_free() in any case).  @handoff: what the descriptors are for, or
 * NULL.  When it fails, what was bound for that is unbound again.  In a dry run
 * nothing is retrieved.
 */
int obtain_devices(struct ready *ready, const struct handoff_args *handoff, struct request *request,
		   struct error *err);
