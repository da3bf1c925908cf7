/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What retrieve does so that devices can be retrieved: --wait and --bind. */
#pragma once

#include <stddef.h>

#include "await.h"
#include "rebind.h"
#include "request.h"

struct error;
struct session_args;

struct ready {
	int rootfd;
	const struct session_args *args;
	struct await await;
	struct rebind rebind;
};

/* Begin to listen and, with --wait, to count the time.  Ended by ready_end() in any case. */
int ready_begin(struct ready *ready, int rootfd, const struct session_args *args,
		struct error *err);

/* session_check_host(); with --wait, once the driver vfio-pci is there. */
int ready_host(struct ready *ready, struct error *err);

/*
 * Bind and wait for the devices of @request as the options say.  0 says that
 * nothing is left to do for us, which keeper_check_device() need not be
 * content with.  STATUS_TIMEOUT: one was not there in time.
 */
int ready_devices(struct ready *ready, const struct request *request, struct error *err);

/*
 * keeper_check_device() of a device; in a dry run, what binding or waiting would bring
 * about counts as done.
 */
int ready_check(const struct ready *ready, const struct keeper_entry *entry, struct error *err);

/*
 * After a failure: undo what was bound, but for what has been retrieved all
 * the same, and tell that in the hint of @err.
 */
void ready_undo(struct ready *ready, const struct request *request, struct error *err);

void ready_end(struct ready *ready);
