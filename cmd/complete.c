// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * complete: what the last word of a command line can become.  The verbs' own tables of options
 * and columns tell what there is, and the name of an argument, in --help too, what it is.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "report.h"
#include "sysfs.h"
#include "candidates.h"
#include "commands.h"
#include "common.h"

/* Nobody waits longer at a prompt. */
#define PATIENCE 2

static void get_kind(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct candidate *)record)->kind);
}

static void get_word(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct candidate *)record)->word);
}

static void get_help(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct candidate *)record)->help);
}

static const struct column columns[] = {
	{ "kind", "KIND", COLUMN_STRING, true, get_kind, "word; part: more may follow at once; file, directory, command: the shell knows these" },
	{ "word", "WORD", COLUMN_STRING, true, get_word, "what the last word can become; for those of the shell, what stays in front" },
	{ "help", "HELP", COLUMN_STRING, true, get_help, "what it means" },
	{ 0 },
};

/* A command line, read up to the word that is to be completed. */
struct line {
	const struct command *command; /* NULL: the verb is still to come */
	struct grammar grammar;
	const char *sysroot;
	char **operands;
	size_t count;
	bool only_operands;                /* "--" was there */
	const struct argp_option *waiting; /* for its argument */
};

static const struct argp_option *find_in(const struct argp *argp, char key, const char *name,
					 size_t length)
{
	const struct argp_option *option;
	const struct argp_child *child;

	for (option = argp->options; option && option->name; option++)
		if (name ? !strncmp(option->name, name, length) : option->key == key)
			return option;
	for (child = argp->children; child && child->argp; child++) {
		option = find_in(child->argp, key, name, length);
		if (option)
			return option;
	}
	return NULL;
}

static const struct argp_option *find_option(const struct line *line, char key, const char *name,
					     size_t length)
{
	const struct argp_option *option = NULL;

	if (line->grammar.argp)
		option = find_in(line->grammar.argp, key, name, length);
	return option ? option : find_in(&global_argp, key, name, length);
}

/*
 * The option in @word whose argument begins at *@value: behind the = or the letter; "" when
 * it is the next word, or there is none.
 */
static const struct argp_option *option_of(const struct line *line, const char *word,
					   const char **value)
{
	const struct argp_option *option;
	size_t length;

	if (word[1] == '-') {
		length = strcspn(word + 2, "=");
		*value = word + 2 + length;
		*value += **value == '=';
		return find_option(line, 0, word + 2, length);
	}
	do {
		option = find_option(line, *++word, NULL, 0);
		*value = word + 1;
	} while (option && !option->arg && word[1]);
	return option;
}

static void read_option(struct line *line, const char *word)
{
	const char *value;
	const struct argp_option *option = option_of(line, word, &value);

	if (!option || !option->arg || option->flags & OPTION_ARG_OPTIONAL)
		return;
	if (!*value && !strchr(word, '='))
		line->waiting = option;
	else if (!strcmp(option->name, "sysroot"))
		line->sysroot = value;
}

/* Have the verb tell of itself; it does nothing else when it is asked for its columns. */
static void ask(struct line *line, struct error *ignored)
{
	char *words[] = { (char *)line->command->name, (char *)"--list-columns", NULL };
	struct globals globals = { .grammar = &line->grammar };

	line->command->run(&globals, 2, words, ignored);
}

/* -1: this can be no command line of ours. */
static int read_word(struct line *line, char *word)
{
	struct error ignored;

	if (line->waiting) {
		if (!strcmp(line->waiting->name, "sysroot"))
			line->sysroot = word;
		line->waiting = NULL;
	} else if (!line->only_operands && !strcmp(word, "--")) {
		line->only_operands = line->command != NULL;
	} else if (!line->only_operands && word[0] == '-' && word[1]) {
		read_option(line, word);
	} else if (line->command) {
		line->operands[line->count++] = word;
	} else {
		line->command = command_find(word);
		if (!line->command)
			return -1;
		ask(line, &ignored);
	}
	return 0;
}

/* The name of operand @index in "SESSION [DEVICE...] [-- COMMAND ...]"; "" there is none. */
static void operand_name(const char *args, size_t index, char *name, size_t size)
{
	size_t length;

	for (; *args && *args != '\n'; args += length + (args[length] == ' ')) {
		args += strspn(args, "[");
		length = strcspn(args, " \n");
		snprintf(name, size, "%.*s", (int)strcspn(args, " ].\n"), args);
		if (name[0] == '-')
			break;
		if (index == 0 || !strncmp(args + strlen(name), "...", 3))
			return;
		index--;
	}
	name[0] = '\0';
}

/* Move what is before the last comma into the head. */
static void divide(struct candidates *found)
{
	const char *comma = strrchr(found->typed, ',');

	found->open = true;
	if (!comma)
		return;
	found->head_length = (size_t)(comma + 1 - found->head);
	found->typed = comma + 1;
}

static void find_devices(const struct line *line, int rootfd, struct candidates *found)
{
	if (found->typed[0] == '/')
		candidates_shell(found, "file");
	else if (line->command->sessions == SESSIONS_INCOMING && line->count)
		candidates_session_devices(found, rootfd, line->operands[0], line->operands, line->count);
	if (!found->count)
		candidates_devices(found, rootfd, line->operands, line->count);
}

/* What the host has; only then is it looked at. */
static void find_live(const struct line *line, const char *name, struct candidates *found)
{
	struct error ignored;
	cleanup_close int rootfd = sysroot_open(line->sysroot, &ignored);

	if (rootfd < 0)
		return;
	if (!strcmp(name, "DEVICE"))
		find_devices(line, rootfd, found);
	else if (!strcmp(name, "SESSION"))
		candidates_sessions(found, rootfd, line->command->sessions);
	else
		candidates_processes(found, rootfd);
}

/* All names of arguments have a meaning here; tests/cli/completion.bats knows the list. */
static void find_argument(const struct line *line, const char *name, struct candidates *found)
{
	if (name[0] >= 'a' && name[0] <= 'z') {
		candidates_literal(found, name);
	} else if (!strcmp(name, "DIR")) {
		candidates_shell(found, "directory");
	} else if (!strncmp(name, "FILE", 4) || !strcmp(name, "IMAGE") || !strcmp(name, "SOCKET")) {
		candidates_shell(found, "file");
	} else if (!strcmp(name, "STATE")) {
		candidates_goals(found);
	} else if (!strcmp(name, "ID,...")) {
		divide(found);
		candidates_findings(found);
	} else if (!strcmp(name, "[+]COLUMN,...")) {
		divide(found);
		candidates_columns(found, line->grammar.columns);
	} else if (!strcmp(name, "DEVICE") || !strcmp(name, "SESSION") || !strcmp(name, "PID")) {
		find_live(line, name, found);
	}
}

static void find_operand(const struct line *line, struct candidates *found)
{
	char name[32];

	if (!line->command) {
		candidates_verbs(found);
	} else if (line->only_operands && strstr(line->command->args, "-- COMMAND")) {
		candidates_shell(found, "command");
	} else {
		operand_name(line->command->args, line->count, name, sizeof(name));
		find_argument(line, name, found);
	}
}

/* An option, or what it has behind its = or its letter. */
static void find_option_or_value(const struct line *line, struct candidates *found)
{
	const char *word = found->typed, *value = "";
	const struct argp_option *option = word[1] ? option_of(line, word, &value) : NULL;

	if (option && option->arg && (*value || strchr(word, '='))) {
		found->head_length = (size_t)(value - word);
		found->typed = value;
		find_argument(line, option->arg, found);
		return;
	}
	if (line->grammar.argp)
		candidates_options(found, line->grammar.argp);
	candidates_options(found, &global_argp);
}

static void find(const struct line *line, struct candidates *found)
{
	if (line->waiting)
		find_argument(line, line->waiting->arg, found);
	else if (found->typed[0] == '-' && !line->only_operands)
		find_option_or_value(line, found);
	else
		find_operand(line, found);
}

static int complete(const struct table_options *args, const char *sysroot, struct candidates *found,
		    struct error *err)
{
	cleanup_free char **operands = calloc(args->count + 1, sizeof(*operands));
	struct line line = { .sysroot = sysroot, .operands = operands };
	size_t i;

	if (!operands)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the words");
	found->head = found->typed = args->count ? args->words[args->count - 1] : "";
	for (i = 0; i + 1 < args->count; i++)
		if (read_word(&line, args->words[i]))
			return 0;
	find(&line, found);
	return found->failed ? error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the candidates") : 0;
}

/* Nothing found is the answer when a process or the kernel lets us wait. */
static void on_alarm(int number)
{
	(void)number;
	_exit(STATUS_OK);
}

static int run_complete(struct globals *globals, int argc, char **argv, struct error *err)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	struct report report = { .array = "candidates", .columns = columns };
	cleanup_candidates struct candidates found = { 0 };
	cleanup_free const char **selected = NULL;
	struct table_options args = { .takes_words = true };
	int rc;

	rc = common_parse(&cmd_complete, &table_argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args, globals, &report, &selected, err);
	if (rc)
		return rc;
	sigaction(SIGALRM, &action, NULL);
	alarm(PATIENCE);
	rc = complete(&args, globals->sysroot, &found, err);
	alarm(0);
	return rc ? rc : report_print(stdout, &report, found.list, found.count, sizeof(*found.list), err);
}

const struct command cmd_complete = {
	.name = "complete",
	.args = "[-- WORD...]",
	.summary = "Tell a shell what the last word can become",
	.page = "vfio-luctl",
	.run = run_complete,
};
