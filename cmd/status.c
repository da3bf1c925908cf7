// SPDX-License-Identifier: GPL-2.0-or-later
/* status: every session that can be seen, who holds it, and what is left to do. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "moment.h"
#include "report.h"
#include "stores.h"
#include "survey.h"
#include "sysfs.h"
#include "token.h"
#include "commands.h"
#include "common.h"
#include "moments.h"

enum { KEY_EXIT_CODE = 0x200 };

/* One line: a file of a session, or a session without any. */
struct line {
	struct moments moments; /* first, for their columns */
	const struct survey *survey;
	const struct survey_session *session;
	const struct survey_file *file; /* NULL */
};

static void get_session(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct line *)record)->session->name);
}

static void get_direction(const void *record, struct column_value *value)
{
	static const char *const names[] = {
		[DIRECTION_UNKNOWN] = NULL, [DIRECTION_OUTGOING] = "outgoing",
		[DIRECTION_INCOMING] = "incoming",
	};

	column_set_text(value, names[((const struct line *)record)->session->direction]);
}

static void get_phase(const void *record, struct column_value *value)
{
	const struct line *line = record;

	column_set_text(value, survey_phase_name(survey_session_phase(line->survey, line->session)));
}

static void get_holder(const void *record, struct column_value *value)
{
	value->number = ((const struct line *)record)->session->holder;
	value->absent = value->number == 0;
}

static void get_command(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct line *)record)->session->command);
}

static void get_stored(const void *record, struct column_value *value)
{
	value->absent = false;
	value->number = ((const struct line *)record)->session->in_init;
}

static void get_carried(const void *record, struct column_value *value)
{
	enum answer carried = ((const struct line *)record)->session->carried;

	value->absent = carried == ANSWER_UNKNOWN;
	value->number = carried == ANSWER_YES;
}

static void get_unit(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct line *)record)->session->unit);
}

static void get_device(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;
	char address[PCI_ADDR_STRLEN];

	if (file && file->is_pci)
		column_set_text(value, pci_addr_format(file->address, address));
}

static void get_id(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;

	if (file)
		column_set_ids(value, file->vendor, file->device);
}

static void get_token(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;
	char token[TOKEN_STRLEN];

	if (file && file->has_token)
		column_set_text(value, token_format(file->token, token));
}

static void get_kind(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;

	if (file)
		column_set_text(value, file->kind);
}

static void get_name(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;

	if (file)
		column_set_text(value, file->name);
}

static void get_size(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;

	value->absent = !file || !file->is_memfd;
	value->number = value->absent ? 0 : (int64_t)file->size;
}

static void get_state(const void *record, struct column_value *value)
{
	const struct line *line = record;

	column_set_text(value, line->file ? line->file->state : line->session->state);
}

static void get_todo(const void *record, struct column_value *value)
{
	const struct line *line = record;
	char text[256];

	column_set_text(value, survey_todo(line->survey, line->session, line->file, text, sizeof(text)));
}

static void get_source(const void *record, struct column_value *value)
{
	column_set_text(value, source_name(((const struct line *)record)->session->source));
}

static void get_file_source(const void *record, struct column_value *value)
{
	const struct survey_file *file = ((const struct line *)record)->file;

	if (file)
		column_set_text(value, source_name(file->source));
}

static void get_state_source(const void *record, struct column_value *value)
{
	const struct line *line = record;

	column_set_text(value, source_name(line->file ? line->file->state_source : line->session->source));
}

_Static_assert(offsetof(struct line, moments) == 0, "for MOMENT_COLUMNS");

static const struct column columns[] = {
	{ "session", "SESSION", COLUMN_STRING, true, get_session, "name of the session" },
	{ "direction", "DIRECTION", COLUMN_STRING, true, get_direction, "outgoing: to the next kernel; incoming: from the previous one" },
	{ "phase", "PHASE", COLUMN_STRING, false, get_phase, "how far its live update is: preserved, armed, arrived, retrieved" },
	{ "holder", "HOLDER", COLUMN_NUMBER, true, get_holder, "process that holds the session" },
	{ "command", "COMMAND", COLUMN_STRING, true, get_command, "its name" },
	{ "stored", "STORED", COLUMN_BOOL, false, get_stored, "whether process 1 holds it too: the descriptor store of systemd" },
	{ "unit", "UNIT", COLUMN_STRING, false, get_unit, "whose descriptor store that is" },
	{ "carried", "CARRIED", COLUMN_BOOL, false, get_carried, "whether systemd takes it along with systemctl kexec" },
	{ "device", "DEVICE", COLUMN_STRING, true, get_device, "PCI address" },
	{ "id", "ID", COLUMN_STRING, false, get_id, "vendor and device id, hexadecimal" },
	{ "token", "TOKEN", COLUMN_STRING, false, get_token, "token of the file in the session, hexadecimal" },
	{ "kind", "KIND", COLUMN_STRING, false, get_kind, "the kernel's word for the type of the file" },
	{ "name", "NAME", COLUMN_STRING, false, get_name, "of a memfd" },
	{ "size", "SIZE", COLUMN_NUMBER, false, get_size, "of a memfd, in bytes" },
	{ "state", "STATE", COLUMN_STRING, true, get_state, "preserved, arrived, unclaimed, retrieved, bound, in-use, failed, gone; of a session: held, empty, waiting, no-manifest, stale, other-version, hidden" },
	{ "todo", "TODO", COLUMN_STRING, true, get_todo, "what is left to do" },
	MOMENT_COLUMNS,
	{ "source", "SOURCE", COLUMN_STRING, false, get_source, "who tells of the session and its holder: keeper, proc, kernel" },
	{ "file_source", "FILE-SOURCE", COLUMN_STRING, false, get_file_source, "who tells that the file is in it: manifest, keeper, kernel" },
	{ "state_source", "STATE-SOURCE", COLUMN_STRING, false, get_state_source, "who tells the state: keeper, proc, kernel" },
	{ 0 },
};

struct status_args {
	struct table_options table;
	const char *session; /* NULL: all */
	bool exit_code;
};

static error_t parse_status(int key, char *arg, struct argp_state *state)
{
	struct status_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		return 0;
	case KEY_EXIT_CODE:
		args->exit_code = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->session) {
			argp_error(state, "too many arguments: '%s'", arg);
			return EINVAL;
		}
		args->session = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static struct line make_line(const struct survey *survey, const struct survey_session *session,
			     const struct survey_file *file)
{
	return (struct line){
		.moments = {
			.preserved = session->preserved, .jumped = session->jumped, .booted = session->booted,
			.retrieved = file ? file->retrieved : MOMENT_UNKNOWN,
			.bound = file ? file->bound : MOMENT_UNKNOWN,
		},
		.survey = survey, .session = session, .file = file,
	};
}

static size_t fill_lines(const struct survey *survey, struct line *lines)
{
	size_t i, k, count = 0;

	for (i = 0; i < survey->count; i++) {
		const struct survey_session *session = &survey->sessions[i];

		/* A session whose files are known only from elsewhere still lacks its manifest. */
		if (!session->count || (session->state && !strcmp(session->state, "no-manifest")))
			lines[count++] = make_line(survey, session, NULL);
		for (k = 0; k < session->count; k++)
			lines[count++] = make_line(survey, session, &session->files[k]);
	}
	return count;
}

static bool has_memfd(const struct survey *survey)
{
	size_t i, k;

	for (i = 0; i < survey->count; i++)
		for (k = 0; k < survey->sessions[i].count; k++)
			if (survey->sessions[i].files[k].is_memfd)
				return true;
	return false;
}

static int print_lines(const struct survey *survey, const struct report *report, struct error *err)
{
	static const char *const with_memfds[] = {
		"session", "direction", "holder", "command", "device", "name", "size", "state", "todo", NULL,
	};
	char hidden[256];
	const struct report_note notes[] = {
		{ .key = "phase", .text = survey_phase_name(survey_phase(survey)) },
		{ .key = "hidden", .text = survey_hidden(survey, hidden, sizeof(hidden)) },
		MOMENTS_CLOCK,
		{ 0 },
	};
	cleanup_free struct line *lines = NULL;
	struct report own = *report;
	size_t i, most = 1;

	for (i = 0; i < survey->count; i++)
		most += survey->sessions[i].count + 1;
	lines = calloc(most, sizeof(*lines));
	if (!lines)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	own.notes = notes;
	if (!own.selected && has_memfd(survey))
		own.selected = with_memfds;
	return report_print(stdout, &own, lines, fill_lines(survey, lines), sizeof(*lines), err);
}

/* What a monitor is told: nothing is outstanding, something is, or that we cannot know. */
static int judge(const struct survey *survey, struct globals *globals, struct error *err)
{
	int rc;

	if (survey_outstanding(survey)) {
		globals->status = STATUS_OUTSTANDING;
		return 0;
	}
	if (survey_phase(survey) != PHASE_UNKNOWN)
		return 0;
	rc = error_set(err, STATUS_FAILED, EPERM, NULL, "whether something is outstanding cannot be told");
	error_hint(err, "run it as root, with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
	return rc;
}

static int show_status(const struct status_args *args, struct report *report,
		       struct globals *globals, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(globals->sysroot, err);
	struct survey survey = { 0 };
	int rc;

	rc = rootfd < 0 ? rootfd : survey_take(rootfd, args->session, &survey, err);
	if (rc == 0 && !globals->sysroot)
		stores_ask(rootfd, &survey);
	if (rc == 0 && args->session && survey.count == 0)
		rc = error_set(err, STATUS_NOT_FOUND, 0, args->session,
			       "there is no session of this name to be seen");
	if (rc == 0 && args->exit_code)
		rc = judge(&survey, globals, err);
	if (rc == 0)
		rc = print_lines(&survey, report, err);
	survey_free(&survey);
	return rc;
}

static int run_status(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp_option options[] = {
		{ "exit-code", KEY_EXIT_CODE, NULL, 0, "Exit with 8 when something is left to do", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse_status, NULL, NULL, children, NULL, NULL };
	struct report report = { .array = "sessions", .columns = columns };
	cleanup_free const char **selected = NULL;
	struct status_args args = { 0 };
	int rc;

	rc = common_parse(&cmd_status, &argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args.table, globals, &report, &selected, err);
	return rc ? rc : show_status(&args, &report, globals, err);
}

const struct command cmd_status = {
	.name = "status",
	.args = "[SESSION]",
	.summary = "Show the sessions, their holders and their devices",
	.sessions = SESSIONS_ANY,
	.run = run_status,
};
