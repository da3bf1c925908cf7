// SPDX-License-Identifier: GPL-2.0-or-later
/* Becoming the command: the only place where close-on-exec is cleared. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "handoff.h"

#define VARIABLE "VFIO_LUCTL_"

/*
 * First out of the way of the numbers they are to have, then onto these.  What
 * dup2() closes there is ours and not needed after the exec.
 */
static int place_fds(const struct handoff *handoff)
{
	const int above = handoff->first + (int)handoff->count;
	cleanup_free int *moved = calloc(handoff->count + 1, sizeof(*moved));
	size_t i;

	if (!moved)
		return -ENOMEM;
	for (i = 0; i < handoff->count; i++) {
		moved[i] = fcntl(handoff->fds[i].fd, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return -errno;
	}
	for (i = 0; i < handoff->count; i++)
		if (dup2(moved[i], handoff->first + (int)i) < 0)
			return -errno;
	return 0;
}

static int set_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	return setenv(name, text, 1) < 0 ? -errno : 0;
}

/* sd_listen_fds(3): how many, for whom, and their names separated by colons. */
static int set_listen_fds(const struct handoff *handoff)
{
	cleanup_free char *names = NULL;
	char name[HANDOFF_NAME_SIZE];
	size_t i, size;
	FILE *out = open_memstream(&names, &size);
	int rc;

	if (!out)
		return -errno;
	for (i = 0; i < handoff->count; i++)
		fprintf(out, "%s%s", i ? ":" : "", handoff_name(handoff, i, name));
	if (fclose(out) || setenv("LISTEN_FDNAMES", names, 1) < 0)
		return -errno;
	rc = set_number("LISTEN_FDS", (long)handoff->count);
	return rc < 0 ? rc : set_number("LISTEN_PID", (long)getpid());
}

/* The protocol knows of no other first number; what we were given is not the command's. */
static void unset_listen_fds(void)
{
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("LISTEN_PIDFDID");
}

/* VFIO_LUCTL_FD_pci_0000_01_00_0=3 */
static int set_fd_variable(const char *name, int number)
{
	char variable[sizeof(VARIABLE "FD_") + HANDOFF_NAME_SIZE];
	char *c;

	snprintf(variable, sizeof(variable), VARIABLE "FD_%s", name);
	for (c = variable; *c; c++)
		if (!isascii(*c) || !isalnum(*c))
			*c = '_';
	return set_number(variable, number);
}

/*
 * What a retrieve that this one was run by has left there.  unsetenv() does not see what
 * has no '=', which whoever called us may have put there.
 */
static void unset_fd_variables(void)
{
	char **from = environ, **to = environ;

	for (; *from; from++)
		if (strncmp(*from, VARIABLE "FD_", strlen(VARIABLE "FD_")))
			*to++ = *from;
	*to = NULL;
}

static int set_fd_variables(const struct handoff *handoff)
{
	char name[HANDOFF_NAME_SIZE];
	size_t i;
	int rc = 0;

	unset_fd_variables();
	for (i = 0; rc == 0 && i < handoff->count; i++)
		rc = set_fd_variable(handoff_name(handoff, i, name), handoff->first + (int)i);
	return rc;
}

static int set_environment(const struct handoff *handoff)
{
	int rc = 0;

	unset_listen_fds();
	if (handoff->first == HANDOFF_FIRST_FD)
		rc = set_listen_fds(handoff);
	if (rc == 0)
		rc = set_fd_variables(handoff);
	if (rc == 0 && setenv(VARIABLE "SESSION", handoff->session, 1) < 0)
		rc = -errno;
	return rc;
}

static void free_arguments(char ***arguments)
{
	char **argument;

	for (argument = *arguments; argument && *argument; argument++)
		free(*argument);
	free(*arguments);
}

int handoff_exec(char *const *command, const struct handoff *handoff, struct error *err)
{
	__attribute__((cleanup(free_arguments))) char **arguments = NULL;
	size_t n = 0;
	int rc = 0;

	while (command[n])
		n++;
	arguments = calloc(n + 1, sizeof(*arguments));
	if (!arguments)
		return error_set(err, STATUS_FAILED, ENOMEM, command[0], "cannot run");
	for (n = 0; rc == 0 && command[n]; n++)
		rc = handoff_expand(command[n], handoff, &arguments[n], err);
	if (rc < 0)
		return rc;
	rc = place_fds(handoff);
	if (rc == 0)
		rc = set_environment(handoff);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, command[0], "cannot hand the devices over");
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): a command has a first word */
	execvp(arguments[0], arguments);
	return error_set(err, STATUS_FAILED, errno, command[0], "cannot run");
}
