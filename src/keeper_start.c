// SPDX-License-Identifier: GPL-2.0-or-later
/* How a keeper becomes a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "keeper.h"
#include "keeper_serve.h"
#include "sysfs.h"

#define COMM "vfio-luctl-keep" /* 15 bytes, the most the kernel keeps */

/* What the keeper tells the process that started it; the same program at both ends. */
struct start_report {
	int rc;
	struct error err;
};

static void report_start(int pipe_fd, int rc, const struct error *err)
{
	struct start_report report = { .rc = rc, .err = *err };

	/* Below PIPE_BUF, so in one piece; nobody is left to hear of a failure. */
	_Static_assert(sizeof(report) <= PIPE_BUF, "one write");
	if (write(pipe_fd, &report, sizeof(report)) < 0)
		return;
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Close all descriptors from 3 on but those in @keep (-1 is skipped). */
static void close_others(int *keep, size_t count)
{
	unsigned int from = 3;
	size_t i;

	qsort(keep, count, sizeof(*keep), compare_ints);
	for (i = 0; i < count; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_range(from, (unsigned int)keep[i] - 1, 0);
		from = (unsigned int)keep[i] + 1;
	}
	close_range(from, UINT_MAX, 0);
}

/* A keeper that kept them would keep whoever reads its caller's output waiting. */
static int detach_stdio(struct error *err)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd;

	if (null < 0)
		return error_set(err, STATUS_FAILED, errno, "/dev/null", "the keeper cannot open it");
	for (fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	return 0;
}

/*
 * Nothing that a shell, a terminal, a limit or a shutdown sends may end it.  SIGCHLD is for who
 * waits for children, and ends nobody; the kernel's own for faults cannot be ignored.
 */
static void ignore_signals(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int number;

	for (number = 1; number <= SIGRTMAX; number++)
		if (number != SIGCHLD)
			sigaction(number, &ignore, NULL);
}

/*
 * Show the session in ps, over the arguments of the command that started us.
 * The leading '@' keeps the last killing of systemd-shutdown away.
 */
static void set_title(const char *session)
{
	cleanup_close int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char *title = program_invocation_name, now[16384];
	ssize_t size = fd < 0 ? -1 : read(fd, now, sizeof(now));

	/* Only when this is really where the kernel reads them from. */
	if (size <= 0 || strncmp(title, now, (size_t)size))
		return;
	memset(title, 0, (size_t)size);
	snprintf(title, (size_t)size, "@vfio-luctl: keeper %s", session);
}

/* What somebody set for a shell is not meant for who lives until the next kernel. */
static void raise_limits(void)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit;

	setrlimit(RLIMIT_CPU, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void keeper_steady(void)
{
	ignore_signals();
	umask(077);
	prctl(PR_SET_NAME, COMM);
	/* Only root may; a keeper that the OOM killer can reach is still a keeper. */
	sysfs_write(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
	raise_limits();
	/* What is in use; not the libraries' text that never is. */
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

static int become_daemon(struct keeper *keeper, int pipe_fd, struct error *err)
{
	int keep[] = { keeper->session, keeper->listener, keeper->dir, keeper->rootfd, pipe_fd };
	int rc = detach_stdio(err);

	if (rc < 0)
		return rc;
	close_others(keep, sizeof(keep) / sizeof(*keep));
	keeper_steady();
	set_title(keeper->info.session);
	keeper->info.pid = getpid();
	if (chdir("/") < 0)
		return error_set(err, STATUS_FAILED, errno, "/", "cannot change the directory");
	return 0;
}

/*
 * The life of a keeper.  _exit() and not a return: this is a fork of a program
 * that has its own buffers to flush and its own errors to print.
 */
static _Noreturn void keeper_main(struct keeper *keeper, int pipe_fd,
				  unsigned int timeout, const sigset_t *mask)
{
	struct error err = { .status = STATUS_OK };
	int rc = become_daemon(keeper, pipe_fd, &err);

	sigprocmask(SIG_SETMASK, mask, NULL);
	if (rc == 0 && keeper->session < 0) {
		keeper->session = session_retrieve(keeper->info.session, timeout, &err);
		rc = keeper->session < 0 ? keeper->session : 0;
		if (rc == 0)
			keeper_read_manifest(keeper);
	}
	report_start(pipe_fd, rc, &err);
	close(pipe_fd);
	if (rc == 0)
		keeper_serve(keeper);
	_exit(rc < 0);
}

/* In the middle process: it leads the new session, so that the keeper does not. */
static _Noreturn void fork_again(struct keeper *keeper, int pipe_fd,
				 unsigned int timeout, const sigset_t *mask)
{
	struct error err = { .status = STATUS_OK };
	pid_t pid;

	setsid();
	pid = fork();
	if (pid == 0)
		keeper_main(keeper, pipe_fd, timeout, mask);
	if (pid < 0) {
		error_set(&err, STATUS_FAILED, errno, keeper->info.session, "cannot start a keeper");
		report_start(pipe_fd, -err.code, &err);
	}
	_exit(0);
}

static int await_start(int pipe_fd, pid_t middle, const char *session, struct error *err)
{
	struct start_report report;
	ssize_t n;

	while (waitpid(middle, NULL, 0) < 0 && errno == EINTR)
		;
	n = TEMP_FAILURE_RETRY(read(pipe_fd, &report, sizeof(report)));
	if (n != (ssize_t)sizeof(report))
		return error_set(err, STATUS_FAILED, 0, session, "the keeper died while starting");
	if (report.rc < 0)
		*err = report.err;
	return report.rc;
}

static int start(struct keeper *keeper, unsigned int timeout, struct error *err)
{
	cleanup_close int reader = -1, writer = -1;
	sigset_t all, before;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, STATUS_FAILED, errno, keeper->info.session,
				 "cannot start a keeper");
	reader = ends[0];
	writer = ends[1];
	/* A Ctrl-C in between must not hit a keeper that does not ignore it yet. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		fork_again(keeper, writer, timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return error_set(err, STATUS_FAILED, errno, keeper->info.session,
				 "cannot start a keeper");
	close(steal_fd(&writer));
	return await_start(reader, pid, keeper->info.session, err);
}

static int start_in_slot(struct keeper *keeper, struct keeper_slot *slot,
			 unsigned int timeout, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	int rc;

	if (rootfd < 0)
		return rootfd;
	snprintf(keeper->info.session, sizeof(keeper->info.session), "%s", slot->session);
	snprintf(keeper->info.kernel_name, sizeof(keeper->info.kernel_name), "%s", slot->session);
	keeper->signals = keeper->child = keeper->spare = keeper->lease = keeper->journal = -1;
	keeper->listener = slot->listener;
	keeper->dir = slot->dir;
	keeper->rootfd = rootfd;
	rc = start(keeper, timeout, err);
	if (rc == 0)
		close(steal_fd(&slot->listener)); /* the name is the keeper's now */
	return rc;
}

int keeper_start_outgoing(struct keeper_slot *slot, int session_fd,
			  struct manifest *manifest, struct error *err)
{
	struct keeper keeper = { .info.direction = KEEPER_OUTGOING, .session = session_fd };
	int rc = keeper_load(&keeper, manifest, ENTRY_PRESERVED);

	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, slot->session, "cannot start a keeper");
	rc = start_in_slot(&keeper, slot, 0, err);
	keeper_info_free(&keeper.info);
	return rc;
}

int keeper_start_incoming(struct keeper_slot *slot, unsigned int timeout, struct error *err)
{
	struct keeper keeper = { .info.direction = KEEPER_INCOMING, .session = -1 };

	return start_in_slot(&keeper, slot, timeout, err);
}
