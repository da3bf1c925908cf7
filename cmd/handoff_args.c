// SPDX-License-Identifier: GPL-2.0-or-later
/* -- COMMAND, --send, and the options that go with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "handoff.h"
#include "commands.h"
#include "handoff_args.h"

enum {
	KEY_SEND = 0x300,
	KEY_QMP,
	KEY_IOMMUFD,
	KEY_FINISH,
	KEY_FD_BASE,
};

#define FD_BASE_MAX 65535

static error_t parse_fd_base(const char *text, int *first, struct argp_state *state)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < HANDOFF_FIRST_FD || number > FD_BASE_MAX) {
		argp_error(state, "--fd-base: '%s' is not a number from %d to %d", text, HANDOFF_FIRST_FD,
			   FD_BASE_MAX);
		return EINVAL;
	}
	*first = (int)number;
	return 0;
}

static error_t parse_handoff(int key, char *arg, struct argp_state *state)
{
	struct handoff_args *args = state->input;

	switch (key) {
	case KEY_SEND:
		args->send = arg;
		return 0;
	case KEY_QMP:
		args->qmp = true;
		return 0;
	case KEY_IOMMUFD:
		args->iommufd = true;
		return 0;
	case KEY_FINISH:
		args->finish = true;
		return 0;
	case KEY_FD_BASE:
		return parse_fd_base(arg, &args->first, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "iommufd", KEY_IOMMUFD, NULL, 0, "Hand a new iommufd over too, as {iommufd}", 0 },
	{ "fd-base", KEY_FD_BASE, "NUMBER", 0, "Number the descriptors of COMMAND from here on (3)", 0 },
	{ "finish", KEY_FINISH, NULL, 0, "Finish the session once the devices are bound", 0 },
	{ "send", KEY_SEND, "SOCKET", 0, "Send the descriptors to who listens at this UNIX socket", 0 },
	{ "qmp", KEY_QMP, NULL, 0, "With --send: by QMP, as QEMU speaks it", 0 },
	{ 0 },
};

const struct argp handoff_argp = { options, parse_handoff, NULL, NULL, NULL, NULL, NULL };

void handoff_args_split(struct handoff_args *args, int *argc, char **argv)
{
	int i;

	for (i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		*argc = i;
		args->command = argv + i + 1;
		return;
	}
}

static int say_needs(const char *option, const char *other, struct error *err)
{
	return error_set(err, STATUS_USAGE, 0, option, "it needs %s", other);
}

int handoff_args_check(const struct handoff_args *args, struct error *err)
{
	if (args->command && !*args->command)
		return error_set(err, STATUS_USAGE, 0, "--", "no command follows");
	if (args->command && args->send)
		return error_set(err, STATUS_USAGE, 0, "--send", "there is a command to hand over to");
	if (args->qmp && !args->send)
		return say_needs("--qmp", "--send", err);
	if (args->first && !args->command)
		return say_needs("--fd-base", "a command", err);
	if (args->iommufd && !args->command && !args->send)
		return say_needs("--iommufd", "a command, or --send", err);
	if (args->finish && !args->command && !args->send)
		return say_needs("--finish", "a command, or --send", err);
	return args->command ? handoff_check_command(args->command, args->iommufd, err) : 0;
}
