/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump itself, and what is left when it fails. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "findings.h"

struct error;

/* What goes along with a jump. */
struct load {
	size_t sessions, devices;
};

/* Count it.  Returns 0 or a negative errno with @err filled. */
int jump_load(int rootfd, struct load *load, struct error *err);

/*
 * Whether the running host's init system makes the jump on @way: systemd does,
 * with "systemctl kexec", which stops all services first.  Others know no kexec
 * that spares the keepers.
 */
bool jump_by_init(enum way way);

/*
 * Jump into the kernel that is loaded, unless less than @checked goes along by now:
 * STATUS_REFUSED.  @by_init: returns 0 when systemd has taken it in hand.  Otherwise it
 * returns only when the kernel refuses: a negative errno with @err filled with why, as the
 * kernel's log tells it since, and with what became of the sessions, which are looked at again.
 */
int jump(int rootfd, bool by_init, const struct load *checked, struct error *err);
