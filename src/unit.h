/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unit vfio-luctl@SESSION.service, with which systemd carries a session over a kexec. */
#pragma once

#include <stdbool.h>

struct error;
struct keeper_info;

/*
 * Is process 1 a systemd that can do that (261 or later), and is the unit
 * installed?
 */
bool unit_available(int rootfd);

/*
 * Start it, for @session: on return a keeper serves.  STATUS_FAILED with what
 * systemctl said.
 */
int unit_start(const char *session, struct error *err);

/*
 * Start it for what it has in its store, or what came from the previous kernel, and ask its
 * keeper for that.  -ENOENT, STATUS_NOT_FOUND: there is nothing, and it has ended again.
 */
int unit_resume(int rootfd, const char *session, struct keeper_info *info, struct error *err);

/*
 * keeper_info(), after having the unit started when it is stopped, or crashed, and
 * only process 1 holds the session, whatever the kernel calls it.
 */
int unit_reach(int rootfd, const char *session, struct keeper_info *info, struct error *err);
