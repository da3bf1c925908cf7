// SPDX-License-Identifier: GPL-2.0-or-later
/* The options that verbs share, and how argp's complaints become our errors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "report.h"
#include "commands.h"
#include "common.h"

enum { KEY_JSON = 0x100, KEY_SYSROOT, KEY_USAGE, KEY_LIST_COLUMNS };

static const struct argp_option global_options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print JSON, errors included", 0 },
	{ "sysroot", KEY_SYSROOT, "DIR", 0, "Read the host recorded in DIR", 0 },
	{ "help", 'h', NULL, 0, "Print this help", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Print the usage in short", -1 },
	{ "version", 'V', NULL, 0, "Print the version", -1 },
	{ 0 },
};

static error_t parse_global(int key, char *arg, struct argp_state *state)
{
	struct globals *globals = state->input;

	switch (key) {
	case KEY_JSON:
		globals->json = true;
		return 0;
	case KEY_SYSROOT:
		globals->sysroot = arg;
		return 0;
	case 'h':
		argp_state_help(state, state->out_stream, ARGP_HELP_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC);
		return ECANCELED;
	case KEY_USAGE:
		argp_state_help(state, state->out_stream, ARGP_HELP_USAGE);
		return ECANCELED;
	case 'V':
		fprintf(state->out_stream, "vfio-luctl %s\n", VERSION);
		return ECANCELED;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp global_argp = { global_options, parse_global, NULL, NULL, NULL, NULL, NULL };

struct inputs {
	void *own;
	struct globals *globals;
};

static error_t parse_root(int key, char *arg, struct argp_state *state)
{
	const struct inputs *inputs = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = inputs->own;
	state->child_inputs[1] = inputs->globals;
	return 0;
}

/* The first line of what argp and getopt wrote, without the name in front of it. */
static const char *complaint(char *text, const char *name)
{
	size_t length = strlen(name);

	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(text, name, length) && !strncmp(text + length, ": ", 2))
		text += length + 2;
	return text;
}

/*
 * argp_parse() with its complaint in *@text instead of on stderr: getopt and
 * argp know no other way to say what is wrong with a command line.
 */
static error_t parse_quietly(const struct argp *argp, int argc, char **argv, unsigned int flags,
			     void *input, char **text)
{
	FILE *saved = stderr, *captured;
	size_t size;
	error_t ret;

	captured = open_memstream(text, &size);
	if (!captured)
		return errno;
	/* argp never ends with a margin that is small enough. */
	unsetenv("ARGP_HELP_FMT");
	stderr = captured;
	ret = argp_parse(argp, argc, argv, flags | ARGP_NO_EXIT | ARGP_NO_HELP, NULL, input);
	stderr = saved;
	if (fclose(captured) && !ret)
		ret = errno;
	return ret;
}

static int parse(const struct command *command, const struct argp *own, struct inputs *inputs,
		 int argc, char **argv, unsigned int flags, struct error *err)
{
	const struct argp_child children[] = {
		{ own, 0, NULL, 0 },
		{ &global_argp, 0, "Global options:", 1 },
		{ 0 },
	};
	char *given = argv[0], name[64], doc[160];
	const struct argp root = { NULL, parse_root, command->args, doc, children, NULL, NULL };
	cleanup_free char *text = NULL;
	error_t ret;

	/* What is behind the \v stands below the options. */
	snprintf(doc, sizeof(doc), "%s\vThe manual: %s%s(8)", command->summary,
		 command->page ? "" : "vfio-luctl-", command->page ? command->page : command->name);
	snprintf(name, sizeof(name), "vfio-luctl%s%s", command->name ? " " : "",
		 command->name ? command->name : "");
	argv[0] = name; /* argp makes the usage line of it */
	ret = parse_quietly(&root, argc, argv, flags, inputs, &text);
	argv[0] = given;
	if (ret == ECANCELED)
		return 1;
	if (!ret)
		return 0;
	if (!text || !text[0])
		return error_set(err, STATUS_FAILED, ret, NULL, "cannot parse the command line");
	error_set(err, STATUS_USAGE, 0, NULL, "%s", complaint(text, name));
	error_hint(err, "see '%s --help'", name);
	return -EINVAL;
}

int common_parse(const struct command *command, const struct argp *own, void *input,
		 struct globals *globals, int argc, char **argv, struct error *err)
{
	struct inputs inputs = { input, globals };

	if (globals->grammar)
		globals->grammar->argp = own;
	return parse(command, own, &inputs, argc, argv, 0, err);
}

int common_parse_globals(const struct command *program, const struct argp *own, void *input,
			 struct globals *globals, int argc, char **argv, struct error *err)
{
	struct inputs inputs = { input, globals };

	return parse(program, own, &inputs, argc, argv, ARGP_IN_ORDER, err);
}

error_t common_parse_seconds(const char *option, const char *text, long max, long *seconds,
			     struct argp_state *state)
{
	char *end;

	errno = 0;
	*seconds = strtol(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *seconds <= max)
		return 0;
	argp_error(state, "%s: '%s' is not a number of seconds from 0 to %ld", option, text, max);
	return EINVAL;
}

static const struct argp_option table_option_list[] = {
	{ "output", 'o', "[+]COLUMN,...", 0, "Print these columns; with +, the usual ones and these", 0 },
	{ "output-all", 'O', NULL, 0, "Print all columns", 0 },
	{ "no-headings", 'n', NULL, 0, "Print no headings", 0 },
	{ "list-columns", KEY_LIST_COLUMNS, NULL, 0, "Print the columns there are", 0 },
	{ 0 },
};

static error_t parse_table(int key, char *arg, struct argp_state *state)
{
	struct table_options *options = state->input;

	switch (key) {
	case 'o':
		options->columns = arg;
		options->all_columns = false;
		return 0;
	case 'O':
		options->all_columns = true;
		return 0;
	case 'n':
		options->no_headings = true;
		return 0;
	case KEY_LIST_COLUMNS:
		options->list_columns = true;
		return 0;
	case ARGP_KEY_ARGS:
		if (!options->takes_words)
			return ARGP_ERR_UNKNOWN;
		options->words = state->argv + state->next;
		options->count = (size_t)(state->argc - state->next);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp table_argp = { table_option_list, parse_table, NULL, NULL, NULL, NULL, NULL };

static void get_key(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct column *)record)->key);
}

static void get_default(const void *record, struct column_value *value)
{
	value->absent = false;
	value->number = ((const struct column *)record)->flags & COLUMN_DEFAULT;
}

static void get_help(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct column *)record)->help);
}

static const struct column column_columns[] = {
	{ "column", "COLUMN", COLUMN_STRING, true, get_key, "word for --output" },
	{ "default", "DEFAULT", COLUMN_BOOL, true, get_default, "shown without --output" },
	{ "help", "HELP", COLUMN_STRING, true, get_help, "what it holds" },
	{ 0 },
};

static size_t count_columns(const struct column *columns)
{
	size_t count = 0;

	while (columns[count].key)
		count++;
	return count;
}

static int unknown_column(const struct column *columns, const char *word, size_t length,
			  struct error *err)
{
	char names[sizeof(err->hint) - 32] = "";
	size_t used = 0, i;

	for (i = 0; columns[i].key && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 i ? ", " : "", columns[i].key);
	error_set(err, STATUS_USAGE, 0, "--output", "no such column '%.*s'", (int)length, word);
	error_hint(err, "the columns are: %s", names);
	return -EINVAL;
}

/* Add the keys of all columns that have one of @flags, or of all, to *@next. */
static void add_columns(const struct column *columns, unsigned int flags, const char ***next)
{
	for (; columns->key; columns++)
		if (!flags || (columns->flags & flags))
			*(*next)++ = columns->key;
}

/* Add the keys of "device,cdev". */
static int add_words(const struct column *columns, const char *text, const char ***next,
		     struct error *err)
{
	const struct column *column;
	size_t length;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		column = report_find_column(columns, text, length);
		if (!column)
			return unknown_column(columns, text, length, err);
		*(*next)++ = column->key;
		if (!text[length])
			return 0;
	}
}

/* "device,cdev" or "+numa" to an array of keys. */
static int choose_columns(const struct column *columns, const struct table_options *options,
			  const char ***selected, struct error *err)
{
	const char *text = options->columns ? options->columns : "", **next;

	next = *selected = calloc(count_columns(columns) + strlen(text) / 2 + 3, sizeof(**selected));
	if (!next)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the columns");
	if (options->all_columns) {
		add_columns(columns, 0, &next);
		return 0;
	}
	if (text[0] == '+') {
		add_columns(columns, COLUMN_DEFAULT, &next);
		text++;
	}
	return add_words(columns, text, &next, err);
}

int table_prepare(const struct table_options *options, const struct globals *globals,
		  struct report *report, const char ***selected, struct error *err)
{
	const struct report listing = {
		.array = "columns",
		.columns = column_columns,
		.json = globals->json,
		.no_headings = options->no_headings,
	};
	int ret = 0;

	if (globals->grammar) {
		globals->grammar->columns = report->columns;
		return 1;
	}
	if (options->columns || options->all_columns)
		ret = choose_columns(report->columns, options, selected, err);
	report->selected = *selected;
	report->json = globals->json;
	report->no_headings = options->no_headings;
	if (ret || !options->list_columns)
		return ret;
	ret = report_print(stdout, &listing, report->columns, count_columns(report->columns),
			   sizeof(*report->columns), err);
	return ret ? ret : 1;
}
