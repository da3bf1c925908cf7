// SPDX-License-Identifier: GPL-2.0-or-later
/* SESSION [DEVICE...], --dry-run, --timeout and the options of tables. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "session.h"
#include "commands.h"
#include "session_args.h"

enum { KEY_DRY_RUN = 0x200, KEY_TIMEOUT };

#define TIMEOUT_MAX 3600

static error_t parse_timeout(const char *text, unsigned int *timeout, struct argp_state *state)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > TIMEOUT_MAX) {
		argp_error(state, "--timeout: '%s' is not a number of seconds from 0 to %d",
			   text, TIMEOUT_MAX);
		return EINVAL;
	}
	*timeout = (unsigned int)value;
	return 0;
}

static error_t parse_words(struct session_args *args, struct argp_state *state)
{
	args->session = state->argv[state->next];
	args->words = state->argv + state->next + 1;
	args->count = (size_t)(state->argc - state->next - 1);
	if (args->count == 0 || args->takes & TAKES_DEVICES)
		return 0;
	argp_error(state, "too many arguments: '%s'", args->words[0]);
	return EINVAL;
}

static error_t parse_session(int key, char *arg, struct argp_state *state)
{
	struct session_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		return 0;
	case KEY_DRY_RUN:
		args->dry_run = true;
		return 0;
	case KEY_TIMEOUT:
		return parse_timeout(arg, &args->timeout, state);
	case ARGP_KEY_ARGS:
		return parse_words(args, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0, "Wait this long for /dev/liveupdate (5)", 0 },
	{ "dry-run", KEY_DRY_RUN, NULL, 0, "Check everything, change nothing", 0 },
	{ 0 },
};

static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };

static const struct argp with_timeout = { options, parse_session, NULL, NULL, children, NULL, NULL };
static const struct argp without_timeout = { options + 1, parse_session, NULL, NULL, children, NULL, NULL };

int session_args_parse(const struct command *command, struct globals *globals,
		       int argc, char **argv, struct session_args *args, struct error *err)
{
	int rc;

	args->timeout = SESSION_TIMEOUT_DEFAULT;
	rc = common_parse(command, args->takes & TAKES_TIMEOUT ? &with_timeout : &without_timeout,
			  args, globals, argc, argv, err);
	if (rc)
		return rc;
	rc = table_prepare(&args->table, globals, &args->report, &args->selected, err);
	if (rc)
		return rc;
	if (!args->session) {
		rc = error_set(err, STATUS_USAGE, 0, NULL, "no session is given");
		error_hint(err, "see 'vfio-luctl %s --help'", command->name);
		return rc;
	}
	if (globals->sysroot)
		return error_set(err, STATUS_USAGE, 0, "--sysroot",
				 "only verbs that read can do with a recorded host");
	return session_check_name(args->session, err);
}
