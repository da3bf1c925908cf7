// SPDX-License-Identifier: GPL-2.0-or-later
/* posix_spawn with three descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

/* dup2() onto itself, which posix_spawn has for that, takes close-on-exec away. */
static int add_stdio(posix_spawn_file_actions_t *actions, int fd, int as, int flags)
{
	if (fd < 0)
		return posix_spawn_file_actions_addopen(actions, as, "/dev/null", flags, 0);
	return posix_spawn_file_actions_adddup2(actions, fd, as);
}

static int start(const char *const argv[], int in, int out, int error, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return -rc;
	rc = add_stdio(&actions, in, STDIN_FILENO, O_RDONLY);
	if (!rc)
		rc = add_stdio(&actions, out, STDOUT_FILENO, O_WRONLY);
	if (!rc)
		rc = add_stdio(&actions, error, STDERR_FILENO, O_WRONLY);
	if (!rc)
		rc = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

int program_run(const char *const argv[], int in, int out, int error)
{
	pid_t pid;
	int status, rc = start(argv, in, out, error, &pid);

	if (rc < 0)
		return rc;
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
