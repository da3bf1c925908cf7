// SPDX-License-Identifier: GPL-2.0-or-later
/* SESSION [DEVICE...], and the options of the verbs that work on one session. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "await.h"
#include "error.h"
#include "session.h"
#include "commands.h"
#include "handoff_args.h"
#include "session_args.h"

enum {
	KEY_DRY_RUN = 0x200,
	KEY_TIMEOUT,
	KEY_WAIT,
	KEY_BIND,
	KEY_PID,
	KEY_MEMFD,
	KEY_ATTACH,
	KEY_FORCE,
	KEY_QUIET,
	KEY_DROP,
};

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

static error_t parse_pid(const char *text, pid_t *pid, struct argp_state *state)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < 1 || number > INT_MAX) {
		argp_error(state, "--pid: '%s' is not the number of a process", text);
		return EINVAL;
	}
	*pid = (pid_t)number;
	return 0;
}

/* The word that check and kexec have for it. */
static error_t parse_force(const char *id, bool *force, struct argp_state *state)
{
	*force = !strcmp(id, "device-interrupts");
	if (*force)
		return 0;
	argp_error(state, "--force: '%s' is not 'device-interrupts', all that can be overridden here", id);
	return EINVAL;
}

static error_t add_memory(struct session_args *args, const char *text, bool copy,
			  struct argp_state *state)
{
	struct memory_arg *grown = reallocarray(args->memory, args->memory_count + 1, sizeof(*grown));

	if (!grown) {
		argp_error(state, "no memory for '%s'", text);
		return ENOMEM;
	}
	args->memory = grown;
	grown[args->memory_count++] = (struct memory_arg){ text, copy };
	return 0;
}

/* The next word is its argument when it can be nothing else: no device has a '=' in its name. */
static error_t parse_memfd(const char *text, struct session_args *args, struct argp_state *state)
{
	if (!text && state->next < state->argc && strchr(state->argv[state->next], '=') &&
	    state->argv[state->next][0] != '-')
		text = state->argv[state->next++];
	if (text)
		return add_memory(args, text, false, state);
	args->memfd = true;
	return 0;
}

/* What only makes sense together. */
static error_t check_together(const struct session_args *args, struct argp_state *state)
{
	if (args->pid || (!args->memfd && !args->force && !args->quiet))
		return 0;
	argp_error(state, "%s needs --pid", args->memfd ? "--memfd without FILE=NAME" :
		   args->force ? "--force" : "--disable-interrupts");
	return EINVAL;
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
		if (args->handoff)
			state->child_inputs[1] = args->handoff;
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
	case KEY_PID:
		return parse_pid(arg, &args->pid, state);
	case KEY_MEMFD:
		return parse_memfd(arg, args, state);
	case KEY_ATTACH:
		return add_memory(args, arg, true, state);
	case KEY_FORCE:
		return parse_force(arg, &args->force, state);
	case KEY_QUIET:
		args->quiet = true;
		return 0;
	case KEY_DROP:
		args->drop_memfds = true;
		return 0;
	case ARGP_KEY_ARGS:
		return parse_words(args, state);
	case ARGP_KEY_END:
		return check_together(args, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

#define DRY_RUN { "dry-run", KEY_DRY_RUN, NULL, 0, "Check everything, change nothing", 0 }
#define TIMEOUT_FOR(what) { "timeout", KEY_TIMEOUT, "SECONDS", 0, "Wait this long for " what " (5)", 0 }
#define TIMEOUT TIMEOUT_FOR("/dev/liveupdate")

static const struct argp_option bind_options[] = {
	{ "bind", KEY_BIND, NULL, 0, "Bind devices that have no driver to vfio-pci", 0 },
	{ "wait", KEY_WAIT, "SECONDS", OPTION_ARG_OPTIONAL, "Wait until the devices are bound to vfio-pci", 0 },
	TIMEOUT,
	DRY_RUN,
	{ 0 },
};

static const struct argp_option process_options[] = {
	{ "pid", KEY_PID, "PID", 0, "Preserve the files that this process has open", 0 },
	{ "memfd", KEY_MEMFD, "FILE=NAME|PID:FD=NAME", OPTION_ARG_OPTIONAL, "Preserve this memfd too; with --pid alone, all its memfds, that is its memory", 0 },
	{ "attach", KEY_ATTACH, "FILE[=NAME]", 0, "Preserve a copy of this small file too", 0 },
	{ "force", KEY_FORCE, "device-interrupts", 0, "With --pid: in spite of this finding", 0 },
	{ "disable-interrupts", KEY_QUIET, NULL, 0, "With --pid of a process that is stopped: disable the interrupts of the devices", 0 },
	TIMEOUT_FOR("/dev/liveupdate, or another who preserves"),
	DRY_RUN,
	{ 0 },
};

static const struct argp_option recover_options[] = {
	{ "wait", KEY_WAIT, "SECONDS", OPTION_ARG_OPTIONAL, "Wait until the devices are bound to vfio-pci", 0 },
	{ "drop-memfds", KEY_DROP, NULL, 0, "Lose the memfds that nobody uses", 0 },
	TIMEOUT,
	DRY_RUN,
	{ 0 },
};

static const struct argp_option drop_options[] = {
	{ "wait", KEY_WAIT, "SECONDS", OPTION_ARG_OPTIONAL, "Wait until it can be finished", 0 },
	{ "drop-memfds", KEY_DROP, NULL, 0, "Lose the memfds that nobody uses", 0 },
	DRY_RUN,
	{ 0 },
};

static const struct argp_option plain_options[] = { DRY_RUN, { 0 } };

static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };
static const struct argp_child handoff_children[] = {
	{ &table_argp, 0, NULL, 0 }, { &handoff_argp, 0, NULL, 0 }, { 0 },
};

static const struct argp with_handoff = { bind_options, parse_session, NULL, NULL, handoff_children, NULL, NULL };
static const struct argp with_process = { process_options, parse_session, NULL, NULL, children, NULL, NULL };
static const struct argp with_recover = { recover_options, parse_session, NULL, NULL, children, NULL, NULL };
static const struct argp with_drop = { drop_options, parse_session, NULL, NULL, children, NULL, NULL };
static const struct argp plain = { plain_options, parse_session, NULL, NULL, children, NULL, NULL };

static const struct argp *choose_argp(unsigned int takes)
{
	if (takes & TAKES_BIND && takes & TAKES_DROP)
		return &with_recover;
	if (takes & TAKES_HANDOFF)
		return &with_handoff;
	if (takes & TAKES_PROCESS)
		return &with_process;
	return takes & TAKES_DROP ? &with_drop : &plain;
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
	return args->takes & TAKES_PROCESS ? session_check_new_name(args->session, err) :
					     session_check_name(args->session, err);
}
