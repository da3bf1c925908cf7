/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command lines of all verbs have in common. */
#pragma once

#include <argp.h>
#include <stdbool.h>

struct column;
struct command;
struct error;
struct globals;
struct report;

/* The options that every verb has. */
extern const struct argp global_argp;

/*
 * Parse the command line of @command with its own options in @own, whose
 * parser gets @input; the global options are added and go to @globals.  A
 * parser reports wrong usage with argp_error() and returns EINVAL.
 * Returns 0 to go on, 1 when everything is done (--help), or -EINVAL with @err
 * filled (STATUS_USAGE).
 */
int common_parse(const struct command *command, const struct argp *own, void *input,
		 struct globals *globals, int argc, char **argv, struct error *err);

/* The same for the words before the verb: options end where the verb begins. */
int common_parse_globals(const struct command *program, const struct argp *own, void *input,
			 struct globals *globals, int argc, char **argv, struct error *err);

/* The longest anybody can be told to wait for devices. */
#define WAIT_SECONDS_MAX 86400

/*
 * For a parser of options: @text as a number of seconds from 0 to @max into
 * *@seconds.  Returns 0, or EINVAL after argp_error() in the name of @option.
 */
error_t common_parse_seconds(const char *option, const char *text, long max, long *seconds,
			     struct argp_state *state);

/*
 * The options of verbs that print a table: -o, -O, -n, --list-columns; and the
 * words beside the options, when the verb takes any number of them.
 */
struct table_options {
	const char *columns; /* the argument of -o, or NULL */
	bool all_columns;    /* -O; of both, the last one counts */
	bool no_headings;
	bool list_columns;
	bool takes_words; /* set by the verb */
	char **words;     /* DEVICE..., the elements of argv */
	size_t count;
};

/* A child for the argp of a verb; its input is a struct table_options. */
extern const struct argp table_argp;

/*
 * Fill @report (columns and array name are set already) from the options.
 * *@selected is freed by the caller after printing.
 * Returns 0, 1 when --list-columns was all that was asked for (and is done),
 * or a negative errno with @err filled.
 */
int table_prepare(const struct table_options *options, const struct globals *globals,
		  struct report *report, const char ***selected, struct error *err);
