// SPDX-License-Identifier: GPL-2.0-or-later
/* A keeper in the foreground, for a service manager that starts, restarts and stops it. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "debugfs.h"
#include "error.h"
#include "keeper.h"
#include "keeper_serve.h"
#include "notify.h"
#include "sysfs.h"

/* Of the descriptors handed to us: the session, and its manifest. */
struct found {
	int session;
	int manifest;
	const char *stored;
};

static int say_several(const char *session, struct error *err)
{
	return error_set(err, STATUS_REFUSED, 0, session,
			 "the service manager hands over several sessions, and none has this name");
}

/*
 * The session that is called @session, by the kernel or by the service manager;
 * else the only one there is.  Their order means nothing: it changes with every reload.
 */
static int find_session(const struct listen_fds *given, const char *session, struct found *found,
			struct error *err)
{
	char name[SESSION_NAME_SIZE];
	bool is_named = false;
	size_t i, count = 0;

	*found = (struct found){ .session = -1, .manifest = -1 };
	for (i = 0; i < given->count; i++) {
		int fd = LISTEN_FDS_FIRST + (int)i;
		bool is_session = session_name(fd, name) == 0;
		bool is_it = is_session && (!strcmp(name, session) || !strcmp(given->names[i], session));

		if (!strcmp(given->names[i], KEEPER_STORED_MANIFEST) && !is_session)
			found->manifest = fd;
		count += is_session;
		if (is_it ? !is_named : is_session && found->session < 0) {
			found->session = fd;
			found->stored = given->names[i];
		}
		is_named = is_named || is_it;
	}
	return count > 1 && !is_named ? say_several(session, err) : 0;
}

static int take_signals(struct error *err)
{
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return error_set(err, STATUS_FAILED, errno, "SIGTERM", "cannot wait for signals");
	return fd;
}

/* A pidfd of @pid.  Without, nobody would know what becomes of it: it is ended.  Returns an errno. */
static int watch_child(struct keeper *keeper, pid_t pid)
{
	int code;

	keeper->child = (int)syscall(SYS_pidfd_open, pid, 0);
	if (keeper->child >= 0)
		return 0;
	code = errno;
	kill(pid, SIGKILL);
	TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
	return code;
}

/* Another process of ours preserves the devices, and hands the session over to us. */
static int start_preserve(const struct hold *hold, struct keeper *keeper, pid_t *pid, struct error *err)
{
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(pid, "/proc/self/exe", NULL, &attributes, hold->preserve, environ);
	posix_spawnattr_destroy(&attributes);
	if (rc == 0)
		rc = watch_child(keeper, *pid);
	return rc ? error_set(err, STATUS_FAILED, rc, hold->slot->session, "cannot preserve the devices") : 0;
}

static int end_preserve(const char *session, pid_t pid, struct error *err)
{
	int status = 0;

	/* At a signal it runs still, and nobody would answer it. */
	kill(pid, SIGTERM);
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0 || !WIFEXITED(status))
		return error_set(err, STATUS_FAILED, 0, session, "preserving the devices was ended by a signal");
	return error_set(err, (enum exit_status)WEXITSTATUS(status), 0, session,
			 "the devices were not preserved (status %d)", WEXITSTATUS(status));
}

static int find_file(void *data, const struct debugfs_line *line)
{
	const char *name = data;

	return !line->incoming && line->is_file && !strcmp(line->session, name);
}

/*
 * A session for the next kernel with nothing in it: systemd makes one for LUOSession=.
 * What the kernel does not list could be full.
 */
static bool is_empty(struct keeper *keeper, int session)
{
	struct error ignored;

	return session_name(session, keeper->info.kernel_name) == 0 &&
	       session_is_incoming(session, keeper->info.kernel_name, &ignored) == 0 &&
	       debugfs_each_line(keeper->rootfd, find_file, keeper->info.kernel_name) == 0;
}

/* From the service manager, or by name from the kernel; 0 and none when there is none yet. */
static int get_session(const struct hold *hold, struct keeper *keeper, struct error *err)
{
	struct found found;
	int rc = find_session(hold->given, hold->slot->session, &found, err);

	if (rc < 0)
		return rc;
	if (found.session < 0) {
		found.session = session_retrieve(hold->slot->session, hold->timeout, err);
		if (found.session >= 0)
			keeper_adopt_retrieved(keeper, found.session);
		/* Nothing of this name came, or not yet; without live update nothing ever will. */
		return found.session >= 0 || err->status == STATUS_NOT_FOUND ? 0 : found.session;
	}
	snprintf(keeper->stored, sizeof(keeper->stored), "%s", found.stored);
	if (found.manifest < 0 && keeper->stored[0] && is_empty(keeper, found.session)) {
		keeper->spare = found.session;
		return 0;
	}
	return keeper_adopt(keeper, found.session, found.manifest, err);
}

static int serve(const struct hold *hold, struct keeper *keeper, struct error *err)
{
	pid_t pid = 0;
	int rc = 0;

	if (keeper->session < 0 && hold->preserve)
		rc = start_preserve(hold, keeper, &pid, err);
	else if (keeper->session < 0)
		notify_tell("READY=1\nSTATUS=Waiting for vfio-luctl preserve");
	if (rc < 0)
		return rc;
	keeper_serve(keeper);
	if (pid && keeper->session < 0 && !keeper->ended)
		return end_preserve(hold->slot->session, pid, err);
	return 0;
}

int keeper_hold(const struct hold *hold, struct error *err)
{
	struct keeper keeper = {
		.session = -1, .spare = -1, .child = -1, .lease = -1, .journal = -1, .listener = hold->slot->listener,
		.dir = hold->slot->dir, .rootfd = hold->rootfd, .info.pid = getpid(), .info.waiting = true,
	};
	int rc;

	snprintf(keeper.info.session, sizeof(keeper.info.session), "%s", hold->slot->session);
	keeper.signals = take_signals(err);
	if (keeper.signals < 0)
		return keeper.signals;
	keeper_steady();
	rc = get_session(hold, &keeper, err);
	if (rc == 0)
		rc = serve(hold, &keeper, err);
	/* Its name is free since then, and may be another's by now. */
	if (keeper.ended) {
		cleanup_close_fn(&hold->slot->listener);
		hold->slot->listener = -1;
	}
	keeper_info_free(&keeper.info);
	cleanup_close_fn(&keeper.child);
	cleanup_close_fn(&keeper.signals);
	return rc;
}
