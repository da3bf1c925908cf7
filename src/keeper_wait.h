/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finishing a session as soon as that is possible. */
#pragma once

#include <stdbool.h>

struct error;

struct finish_wait {
	long seconds; /* at most; AWAIT_FOREVER without a limit */
	int user;     /* a pidfd: the process that is to bind the devices; -1 nobody in particular */
};

/*
 * keeper_finish(), again and again while that gives -EBUSY.  STATUS_TIMEOUT
 * (-ETIME): it did up to the end of the time; STATUS_FAILED (-ESRCH): up to the end of
 * the process.  Nothing is changed then, and the session is still held.
 */
int keeper_finish_wait(int rootfd, const char *session, bool drop_memfds,
		       const struct finish_wait *wait, struct error *err);

/*
 * Do that in a process of its own, which is nobody's child and ends with the calling
 * one: for what becomes of this by exec.  Returns 0 in the caller, 1 in the process, which
 * has closed standard input and output and has to return to keeper_finish_wait() with
 * @wait filled; or a negative errno, STATUS_FAILED.
 */
int keeper_wait_apart(const char *session, struct finish_wait *wait, struct error *err);
