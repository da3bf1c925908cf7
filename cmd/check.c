// SPDX-License-Identifier: GPL-2.0-or-later
/* check: would a live update of these devices work, and if not, why. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "preflight.h"
#include "cleanup.h"
#include "error.h"
#include "kexec_call.h"
#include "report.h"
#include "sysfs.h"
#include "commands.h"
#include "common.h"
#include "target_args.h"

static void get_severity(const void *record, struct column_value *value)
{
	column_set_text(value, severity_name(((const struct finding *)record)->kind->severity));
}

static void get_id(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct finding *)record)->kind->id);
}

static void get_object(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct finding *)record)->object);
}

static void get_text(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct finding *)record)->text);
}

static void get_remedy(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct finding *)record)->remedy);
}

static const struct column columns[] = {
	{ "severity", "SEVERITY", COLUMN_STRING, true, get_severity, "error: a device would be lost; warning: it can go wrong; info" },
	{ "id", "ID", COLUMN_STRING, true, get_id, "which finding it is, see vfio-luctl-check(8)" },
	{ "object", "OBJECT", COLUMN_STRING, true, get_object, "a device, a session, the kernel" },
	{ "text", "TEXT", COLUMN_STRING, true, get_text, "what was found" },
	{ "remedy", "REMEDY", COLUMN_STRING, true, get_remedy, "what to do about it" },
	{ 0 },
};

struct check_args {
	struct table_options table;
	struct target_args target;
};

static error_t parse_check(int key, char *arg, struct argp_state *state)
{
	struct check_args *args = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &args->table;
	state->child_inputs[1] = &args->target;
	return 0;
}

static int run_checks(const struct check_args *args, const struct report *report,
		      struct globals *globals, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(globals->sysroot, err);
	cleanup_target struct target target = TARGET_INIT;
	cleanup_findings struct finding_list list = { 0 };
	struct preflight preflight = {
		.rootfd = rootfd, .live = !globals->sysroot, .scope = PREFLIGHT_DEVICES,
		.words = args->table.words, .count = args->table.count,
		.to_be_loaded = args->target.kernel, .way = args->target.way,
	};
	int rc;

	if (rootfd < 0)
		return rootfd;
	rc = target_args_open(&args->target, rootfd, globals->sysroot, &target, err);
	/* The note is of what is loaded, if anything is. */
	if (rc == 0 && (preflight.to_be_loaded || kexec_is_loaded(rootfd) == ANSWER_YES))
		preflight.target = &target;
	if (rc == 0 || rc == -ENOENT)
		rc = preflight_run(&preflight, &list, err);
	if (rc == 0)
		rc = report_print(stdout, report, list.findings, list.count, sizeof(*list.findings), err);
	if (rc == 0 && findings_errors(&list))
		globals->status = STATUS_REFUSED;
	return rc;
}

static int run_check(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp_child children[] = {
		{ &table_argp, 0, NULL, 0 }, { &target_argp, 0, NULL, 0 }, { 0 },
	};
	static const struct argp argp = { NULL, parse_check, NULL, NULL, children, NULL, NULL };
	struct report report = { .array = "findings", .columns = columns };
	cleanup_free const char **selected = NULL;
	struct check_args args = { .table.takes_words = true };
	int rc;

	rc = common_parse(&cmd_check, &argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args.table, globals, &report, &selected, err);
	return rc ? rc : run_checks(&args, &report, globals, err);
}

const struct command cmd_check = {
	.name = "check",
	.args = "[DEVICE...]",
	.summary = "Tell whether a live update of devices would work",
	.run = run_check,
};
