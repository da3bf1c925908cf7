/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that the verbs working on one session share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common.h"
#include "report.h"

struct handoff_args;

/* What a verb takes besides SESSION. */
enum {
	TAKES_DEVICES = 1, /* DEVICE... */
	TAKES_BIND = 2,    /* --bind, --wait; and --timeout, as it opens /dev/liveupdate */
	TAKES_PROCESS = 4, /* --pid, --memfd, --attach, --force, --disable-interrupts; and --timeout */
	TAKES_DROP = 8,    /* --drop-memfds */
	TAKES_HANDOFF = 16, /* the options of handoff_args.h; with TAKES_BIND */
};

/* What is to be preserved beside devices: see claim_add_memfd(), claim_attach(). */
struct memory_arg {
	const char *text;
	bool copy;
};

struct session_args {
	unsigned int takes;
	struct table_options table;
	const char *session;
	char **words; /* the devices */
	size_t count;
	bool dry_run;
	unsigned int timeout;
	bool bind;
	bool wait;
	long wait_seconds; /* AWAIT_FOREVER without a limit */
	pid_t pid;         /* whose files are meant; 0: nobody's */
	bool memfd;        /* its memfds too */
	struct memory_arg *memory; /* --memfd=..., --attach, in their order */
	size_t memory_count;
	bool force;        /* in spite of interrupts */
	bool quiet;        /* have them disabled */
	bool drop_memfds;
	struct handoff_args *handoff; /* the verb's, for TAKES_HANDOFF */
	bool recover;      /* set by the verb: all that the session really holds is meant */

	struct report report; /* ready to print */
	const char **selected;
};

/*
 * Parse the command line of @command into @args, whose .takes and .report
 * (array and columns) are set.  The session's name is checked, --sysroot is
 * refused: these verbs change the running host.  Returns as common_parse();
 * args->selected and args->memory are the caller's to free in any case.
 */
int session_args_parse(const struct command *command, struct globals *globals,
		       int argc, char **argv, struct session_args *args,
		       struct error *err);
