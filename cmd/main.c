// SPDX-License-Identifier: GPL-2.0-or-later
/* Global options, the table of verbs, and the only place that prints errors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "report.h"
#include "commands.h"
#include "common.h"

const struct command *const commands[] = {
	&cmd_list,
	&cmd_check,
	&cmd_preserve,
	&cmd_status,
	&cmd_cancel,
	&cmd_kexec,
	&cmd_retrieve,
	&cmd_finish,
	&cmd_recover,
	&cmd_hold,
	&cmd_wait,
	&cmd_monitor,
	&cmd_complete,
	NULL,
};

struct main_args {
	int verb; /* index into argv; 0: none */
};

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	struct main_args *args = state->input;

	(void)arg;
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	args->verb = state->next - 1;
	state->next = state->argc; /* the rest belongs to the verb */
	return 0;
}

/* The verbs below the options of --help. */
static char *help_verbs(int key, const char *text, void *input)
{
	const struct command *const *command;
	char *table = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_EXTRA)
		return (char *)text;
	out = open_memstream(&table, &size);
	if (!out)
		return NULL;
	fputs("Verbs:\n", out);
	for (command = commands; *command; command++)
		fprintf(out, "  %-10s %s\n", (*command)->name, (*command)->summary);
	fputs("\n'vfio-luctl VERB --help' tells more about a verb.", out);
	if (fclose(out))
		return NULL;
	return table;
}

const struct command *command_find(const char *name)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		if (!strcmp((*command)->name, name))
			return *command;
	return NULL;
}

/* How many characters, counted from both ends, two words share. */
static size_t likeness(const char *a, const char *b)
{
	size_t a_end = strlen(a), b_end = strlen(b), start = 0, same = 0;

	while (a[start] && a[start] == b[start])
		start++;
	while (a_end > start && b_end > start && a[a_end - 1] == b[b_end - 1]) {
		a_end--;
		b_end--;
		same++;
	}
	return start + same;
}

/* A typing error leaves most of a word as it is. */
static const struct command *near_command(const char *word)
{
	const struct command *const *command, *best = NULL;
	size_t most = 0, same, length;

	for (command = commands; *command; command++) {
		length = strlen((*command)->name);
		if (strlen(word) > length)
			length = strlen(word);
		same = likeness(word, (*command)->name);
		if (same > most && same + 2 >= length && same * 2 >= length) {
			most = same;
			best = *command;
		}
	}
	return best;
}

static void hint_verbs(struct error *err)
{
	char names[256] = "";
	size_t used = 0, i;

	for (i = 0; commands[i] && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 i ? ", " : "", commands[i]->name);
	error_hint(err, "the verbs are: %s", names);
}

static int unknown_verb(const char *word, struct error *err)
{
	const struct command *near = near_command(word);

	error_set(err, STATUS_USAGE, 0, word, "no such verb");
	if (!strcmp(word, "help"))
		error_hint(err, "see 'vfio-luctl --help' and 'vfio-luctl VERB --help'");
	else if (near)
		error_hint(err, "did you mean '%s'?", near->name);
	else
		hint_verbs(err);
	return -EINVAL;
}

static int run(struct globals *globals, int argc, char **argv, const char **verb, struct error *err)
{
	static const struct command program = {
		.args = "VERB [ARGUMENT...]",
		.summary = "Keep VFIO devices over a live update of the kernel.",
		.page = "vfio-luctl",
	};
	const struct argp argp = { NULL, parse_main, NULL, NULL, NULL, help_verbs, NULL };
	struct main_args args = { 0 };
	const struct command *command;
	int ret = common_parse_globals(&program, &argp, &args, globals, argc, argv, err);

	if (ret)
		return ret;
	if (!args.verb) {
		error_set(err, STATUS_USAGE, 0, NULL, "no verb is given");
		hint_verbs(err);
		return -EINVAL;
	}
	command = command_find(argv[args.verb]);
	if (!command)
		return unknown_verb(argv[args.verb], err);
	*verb = command->name;
	return command->run(globals, argc - args.verb, argv + args.verb, err);
}

/* A wrong option in front of --json must not decide the form of its error. */
static bool mentions_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json"))
			return true;
	return false;
}

/* A descriptor of ours must not become standard output. */
static int fill_stdio(struct error *err)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return error_set(err, STATUS_FAILED, errno, "/dev/null", "cannot open");
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

static void on_write_signal(int number)
{
	(void)number;
}

/*
 * Writing to a pipe without reader, or beyond RLIMIT_FSIZE, be it into a memfd, shall be an
 * error like any other.  A handler, unlike SIG_IGN, is not inherited by the commands we run.
 */
static void catch_write_signals(void)
{
	const struct sigaction action = { .sa_handler = on_write_signal, .sa_flags = SA_RESTART };
	const int numbers[] = { SIGPIPE, SIGXFSZ };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!sigaction(numbers[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(numbers[i], &action, NULL);
}

static int close_stdout(struct error *err)
{
	bool failed;
	int code;

	errno = 0;
	failed = fflush(stdout) || ferror(stdout);
	code = errno;
	errno = 0;
	if (fclose(stdout) && !failed) {
		failed = true;
		code = errno;
	}
	return failed ? error_set(err, STATUS_FAILED, code, "standard output", "cannot write") : 0;
}

int main(int argc, char **argv)
{
	char *no_arguments[] = { (char *)"vfio-luctl", NULL };
	struct globals globals = { 0 };
	struct error err = { 0 };
	const char *verb = NULL;
	int ret;

	catch_write_signals();
	if (argc < 1) {
		argc = 1;
		argv = no_arguments;
	}
	ret = fill_stdio(&err);
	if (ret == 0)
		ret = run(&globals, argc, argv, &verb, &err);
	if (ret >= 0)
		ret = close_stdout(&err);
	if (ret >= 0)
		return (int)globals.status;
	report_error(stderr, verb, &err, globals.json || mentions_json(argc, argv));
	return (int)err.status;
}
