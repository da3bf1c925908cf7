/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs and what every verb is given. */
#pragma once

#include <stdbool.h>

#include "error.h"

struct argp;
struct column;

/* The global options, valid before and after the verb. */
struct globals {
	bool json;
	const char *sysroot; /* NULL: the running host */
	enum exit_status status; /* with which a verb ends that has done what it was asked for */
	struct grammar *grammar; /* NULL; else a verb tells of itself what fits in there, and does nothing */
};

/* What a command line of a verb is made of, for complete. */
struct grammar {
	const struct argp *argp;
	const struct column *columns; /* NULL: it prints none */
};

/* Which sessions the operand SESSION of a verb can mean. */
enum sessions { SESSIONS_NEW, SESSIONS_OUTGOING, SESSIONS_INCOMING, SESSIONS_ANY };

/*
 * One verb.  @run gets argc/argv beginning with the verb's name, parses its own options with
 * argp and returns 0, or a negative errno with @err filled; it prints data on stdout and nothing else.
 * What common_parse() returned, when it is not 0, is returned as it is.
 */
struct command {
	const char *name;
	const char *args;    /* for usage: "SESSION DEVICE..." */
	const char *summary; /* one line, shown by --help and nowhere else written */
	const char *page;    /* of the manual, in section 8; NULL: vfio-luctl-NAME */
	enum sessions sessions; /* for complete */
	int (*run)(struct globals *globals, int argc, char **argv, struct error *err);
};

/* All verbs, in the order of --help; NULL ends the table. */
extern const struct command *const commands[];

/* The verb called @name, or NULL. */
const struct command *command_find(const char *name);

extern const struct command cmd_cancel;
extern const struct command cmd_check;
extern const struct command cmd_complete;
extern const struct command cmd_finish;
extern const struct command cmd_hold;
extern const struct command cmd_kexec;
extern const struct command cmd_list;
extern const struct command cmd_monitor;
extern const struct command cmd_preserve;
extern const struct command cmd_recover;
extern const struct command cmd_retrieve;
extern const struct command cmd_status;
extern const struct command cmd_wait;
