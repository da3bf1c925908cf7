// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nobody tells when a device is bound to an iommufd: the keeper is asked, at
 * growing intervals.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "keeper_client.h"
#include "keeper_wait.h"

#define SHORTEST_MS 10
#define LONGEST_MS 1000

/* Sleep @ms, or less when @user ends.  Whether it has. */
static bool sleep_with(int user, int ms)
{
	struct pollfd ended = { .fd = user, .events = POLLIN };

	return poll(&ended, 1, ms) > 0;
}

static int say_late(const struct finish_wait *wait, struct error *err)
{
	error_wrap(err, "not finished within %ld s", wait->seconds);
	err->status = STATUS_TIMEOUT;
	err->code = ETIME;
	return -ETIME;
}

static int say_ended(const char *session, struct error *err)
{
	error_wrap(err, "not finished, its user has ended");
	err->status = STATUS_FAILED;
	err->code = ESRCH;
	error_hint(err, "the session is held; 'vfio-luctl retrieve %s' again, or 'vfio-luctl recover %s'",
		   session, session);
	return -ESRCH;
}

int keeper_finish_wait(int rootfd, const char *session, bool drop_memfds,
		       const struct finish_wait *wait, struct error *err)
{
	int64_t start = clock_ms();
	bool ended = false;
	int ms = SHORTEST_MS;

	for (;;) {
		struct error said = { .status = STATUS_OK };
		int rc = keeper_finish(rootfd, session, drop_memfds, &said);
		int64_t left = wait->seconds * 1000 - (clock_ms() - start);

		if (rc == 0)
			return 0;
		*err = said;
		if (rc != -EBUSY)
			return rc;
		if (ended)
			return say_ended(session, err);
		if (wait->seconds != AWAIT_FOREVER && left <= 0)
			return say_late(wait, err);
		if (wait->seconds != AWAIT_FOREVER && left < ms)
			ms = (int)left;
		ended = sleep_with(wait->user, ms);
		ms = ms * 2 < LONGEST_MS ? ms * 2 : LONGEST_MS;
	}
}

/* It ends when there is nothing to wait for any more, not with the signals of a terminal. */
static void settle(void)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
}

int keeper_wait_apart(const char *session, struct finish_wait *wait, struct error *err)
{
	cleanup_close int caller = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t child = caller < 0 ? -1 : fork();

	if (child == 0) {
		child = fork();
		if (child)
			_exit(child < 0 ? errno : 0);
		settle();
		*wait = (struct finish_wait){ .seconds = AWAIT_FOREVER, .user = steal_fd(&caller) };
		return 1;
	}
	if (child > 0) {
		int status = 0;

		TEMP_FAILURE_RETRY(waitpid(child, &status, 0));
		errno = WEXITSTATUS(status);
		child = errno ? -1 : child;
	}
	return child > 0 ? 0 : error_set(err, STATUS_FAILED, errno, session,
					  "cannot start what finishes the session");
}
