// SPDX-License-Identifier: GPL-2.0-or-later
/* hold: keep a session, in the foreground; for unit files. */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "keeper.h"
#include "notify.h"
#include "session.h"
#include "sysfs.h"
#include "commands.h"
#include "common.h"

struct hold_args {
	char **words; /* SESSION DEVICE... */
	size_t count;
};

static error_t parse_hold(int key, char *arg, struct argp_state *state)
{
	struct hold_args *args = state->input;

	(void)arg;
	if (key != ARGP_KEY_ARGS)
		return ARGP_ERR_UNKNOWN;
	args->words = state->argv + state->next;
	args->count = (size_t)(state->argc - state->next);
	return 0;
}

/* "vfio-luctl [--json] preserve -- SESSION DEVICE...", or NULL without devices. */
static int make_preserve(const struct hold_args *args, bool json, char ***preserve, struct error *err)
{
	size_t i, n = 0;

	*preserve = NULL;
	if (args->count == 1)
		return 0;
	*preserve = calloc(args->count + 5, sizeof(**preserve));
	if (!*preserve)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	(*preserve)[n++] = (char *)"vfio-luctl";
	if (json)
		(*preserve)[n++] = (char *)"--json";
	(*preserve)[n++] = (char *)"preserve";
	(*preserve)[n++] = (char *)"--";
	for (i = 0; i < args->count; i++)
		(*preserve)[n++] = args->words[i];
	return 0;
}

static int take_given(struct listen_fds *given, struct error *err)
{
	int rc = listen_fds_take(given);

	return rc < 0 ? error_set(err, STATUS_FAILED, -rc, "LISTEN_FDS",
				  "cannot take the descriptors of the service manager") : 0;
}

static int hold(const struct hold_args *args, bool json, struct error *err)
{
	cleanup_slot struct keeper_slot slot = KEEPER_SLOT_INIT;
	cleanup_close int rootfd = sysroot_open(NULL, err);
	__attribute__((cleanup(listen_fds_free))) struct listen_fds given = { 0 };
	cleanup_free char **preserve = NULL;
	struct hold request = {
		.rootfd = rootfd, .slot = &slot, .given = &given, .timeout = SESSION_TIMEOUT_DEFAULT,
	};
	int rc = rootfd < 0 ? rootfd : make_preserve(args, json, &preserve, err);

	request.preserve = preserve;
	if (rc == 0)
		rc = take_given(&given, err);
	if (rc == 0)
		rc = keeper_reserve(args->words[0], &slot, err);
	return rc < 0 ? rc : keeper_hold(&request, err);
}

static int run_hold(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp argp = { NULL, parse_hold, NULL, NULL, NULL, NULL, NULL };
	struct hold_args args = { 0 };
	int rc = common_parse(&cmd_hold, &argp, &args, globals, argc, argv, err);

	if (rc == 0 && !args.count) {
		rc = error_set(err, STATUS_USAGE, 0, NULL, "no session is given");
		error_hint(err, "see 'vfio-luctl hold --help'");
	}
	if (rc == 0 && globals->sysroot)
		rc = error_set(err, STATUS_USAGE, 0, "--sysroot",
			       "only verbs that read can do with a recorded host");
	if (rc == 0)
		rc = args.count > 1 ? session_check_new_name(args.words[0], err) :
				      session_check_name(args.words[0], err);
	return rc ? rc : hold(&args, globals->json, err);
}

const struct command cmd_hold = {
	.name = "hold",
	.args = "SESSION [DEVICE...]",
	.summary = "Hold a session in the foreground, for unit files",
	.sessions = SESSIONS_ANY,
	.run = run_hold,
};
