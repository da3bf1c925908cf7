// SPDX-License-Identifier: GPL-2.0-or-later
/* posix_spawn with three descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
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
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): start() has set it */
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void read_text(int fd, char *text, size_t size)
{
	ssize_t length = fd < 0 ? -1 : pread(fd, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
}

int program_output(const char *const argv[], char *text, size_t size)
{
	cleanup_close int out = memfd_create(argv[0], MFD_CLOEXEC);
	int status = program_run(argv, -1, out, -1);

	read_text(out, text, size);
	return status;
}

int program_run_quietly(const char *const argv[], char *said, size_t size)
{
	cleanup_close int error = memfd_create(argv[0], MFD_CLOEXEC);
	int status = program_run(argv, -1, -1, error);

	read_text(error, said, size);
	said[strcspn(said, "\n")] = '\0';
	return status;
}
