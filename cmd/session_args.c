// SPDX-License-Identifier: GPL-2.0-or-later
/* SESSION [DEVICE...], --dry-run, --timeout and the options of tables. */
#include <errno.h>

#include "await.h"
#include "error.h"
#include "session.h"
#include "commands.h"
#include "session_args.h"

enum { KEY_DRY_RUN = 0x200, KEY_TIMEOUT, KEY_WAIT, KEY_BIND };

#define TIMEOUT_MAX 3600

static error_t parse_timeout(const char *text, unsigned int *timeout, struct argp_state *state)
{
	long seconds;
	error_t ret = common_parse_seconds("--timeout", text, TIMEOUT_MAX, &seconds, state);

	if (ret == 0)
		*timeout = (unsigned int)seconds;
	return ret;
}

/* Without an argument there is no limit. */
static error_t parse_wait(const char *text, struct session_args *args, struct argp_state *state)
{
	args->wait = true;
	return text ? common_parse_seconds("--wait", text, WAIT_SECONDS_MAX, &args->wait_seconds, state) : 0;
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
	case KEY_WAIT:
		return parse_wait(arg, args, state);
	case KEY_BIND:
		args->bind = true;
		return 0;
	case ARGP_KEY_ARGS:
		return parse_words(args, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "bind", KEY_BIND, NULL, 0, "Bind devices that have no driver to vfio-pci", 0 },
	{ "wait", KEY_WAIT, "SECONDS", OPTION_ARG_OPTIONAL, "Wait until the devices are bound to vfio-pci", 0 },
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0, "Wait this long for /dev/liveupdate (5)", 0 },
	{ "dry-run", KEY_DRY_RUN, NULL, 0, "Check everything, change nothing", 0 },
	{ 0 },
};

static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };

static const struct argp with_bind = { options, parse_session, NULL, NULL, children, NULL, NULL };
static const struct argp with_timeout = { options + 2, parse_session, NULL, NULL, children, NULL, NULL };
static const struct argp without_timeout = { options + 3, parse_session, NULL, NULL, children, NULL, NULL };

static const struct argp *choose_argp(unsigned int takes)
{
	if (takes & TAKES_BIND)
		return &with_bind;
	return takes & TAKES_TIMEOUT ? &with_timeout : &without_timeout;
}

int session_args_parse(const struct command *command, struct globals *globals,
		       int argc, char **argv, struct session_args *args, struct error *err)
{
	int rc;

	args->timeout = SESSION_TIMEOUT_DEFAULT;
	args->wait_seconds = AWAIT_FOREVER;
	rc = common_parse(command, choose_argp(args->takes), args, globals, argc, argv, err);
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
