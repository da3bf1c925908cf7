// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec: check, load and jump, or say why not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "preflight.h"
#include "cleanup.h"
#include "error.h"
#include "jump.h"
#include "kexec_call.h"
#include "report.h"
#include "sysfs.h"
#include "commands.h"
#include "common.h"
#include "target_args.h"

enum { KEY_LOAD_ONLY = 0x200, KEY_DRY_RUN, KEY_FORCE };

/* A line of output: what was done, or would be. */
struct step {
	const char *step;  /* check, load, jump */
	const char *state; /* overridden, warning; planned, done, begun */
	const char *id;    /* of a finding, else NULL */
	const char *object;
	const char *text;
};

struct kexec_args {
	struct table_options table;
	struct target_args target;
	const char *force;
	bool load_only;
	bool dry_run;
};

static void get_step(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct step *)record)->step);
}

static void get_state(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct step *)record)->state);
}

static void get_id(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct step *)record)->id);
}

static void get_object(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct step *)record)->object);
}

static void get_text(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct step *)record)->text);
}

static const struct column columns[] = {
	{ "step", "STEP", COLUMN_STRING, true, get_step, "check, load, jump" },
	{ "state", "STATE", COLUMN_STRING, true, get_state, "of a finding: overridden, warning; of the rest: planned, done, begun" },
	{ "id", "ID", COLUMN_STRING, true, get_id, "which finding it is, see vfio-luctl-check(8)" },
	{ "object", "OBJECT", COLUMN_STRING, true, get_object, "what the finding is about; the image; who jumps" },
	{ "text", "TEXT", COLUMN_STRING, true, get_text, "the finding; the command line" },
	{ 0 },
};

/* Every id that is to be overridden is one that exists. */
static error_t parse_force(const char *ids, struct argp_state *state)
{
	size_t length;

	for (;; ids += length + 1) {
		length = strcspn(ids, ",");
		if (!finding_kind_find(ids, length)) {
			argp_error(state, "--force: there is no finding '%.*s'", (int)length, ids);
			return EINVAL;
		}
		if (!ids[length])
			return 0;
	}
}

static error_t parse_kexec(int key, char *arg, struct argp_state *state)
{
	struct kexec_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		state->child_inputs[1] = &args->target;
		return 0;
	case KEY_LOAD_ONLY:
		args->load_only = true;
		return 0;
	case KEY_DRY_RUN:
		args->dry_run = true;
		return 0;
	case KEY_FORCE:
		args->force = arg;
		return parse_force(arg, state);
	case ARGP_KEY_ARG:
		argp_error(state, "too many arguments: '%s'", arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int open_target(const struct kexec_args *args, int rootfd, struct target *target,
		       struct error *err)
{
	int rc = target_args_open(&args->target, rootfd, false, target, err);

	if (rc == -ENOENT) {
		rc = error_set(err, STATUS_USAGE, 0, NULL, "no kernel is given, and none was loaded by vfio-luctl");
		error_hint(err, "vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline");
		return rc;
	}
	/* Loaded once more: somebody else may have loaded another one since. */
	if (rc == 0 && target->image_fd < 0)
		rc = target_open(rootfd, false, target, err);
	return rc;
}

/* The ids of all errors, as --force takes them, each once. */
static void join_ids(const struct finding_list *list, char *ids, size_t size)
{
	const struct finding_kind *kind = NULL;
	size_t i, used = 0;

	ids[0] = '\0';
	/* Findings of one kind are not always neighbours. */
	for (i = 0; i < list->count && used < size; i++) {
		kind = list->findings[i].kind;
		if (kind->severity != SEVERITY_ERROR || list->findings[i].overridden || strstr(ids, kind->id))
			continue;
		used += (size_t)snprintf(ids + used, size - used, "%s%s", used ? "," : "", kind->id);
	}
}

static int refuse(const struct finding_list *list, struct error *err)
{
	const struct finding *first = list->findings;
	size_t count = findings_errors(list);
	char ids[300], more[48] = "";
	int rc;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is an error, or we would not refuse */
	while (first->overridden)
		first++;
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more)", count - 1);
	join_ids(list, ids, sizeof(ids));
	rc = error_set(err, STATUS_REFUSED, 0, first->object, "%s: %s%s", first->kind->id, first->text, more);
	error_hint(err, "%s%s'vfio-luctl check' tells more; to go on in spite of it: --force %s", first->remedy,
		   first->remedy[0] ? "; " : "", ids);
	return rc;
}

/* Findings that are no reason to stop, and what is done in spite of them. */
static int print_steps(const struct kexec_args *args, const struct finding_list *list,
		       const struct target *target, const struct report *report, struct error *err)
{
	cleanup_free struct step *steps = calloc(list->count + 2, sizeof(*steps));
	size_t i, count = 0;

	if (!steps)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	for (i = 0; i < list->count; i++) {
		const struct finding *finding = &list->findings[i];

		if (finding->kind->severity == SEVERITY_INFO)
			continue;
		steps[count++] = (struct step){ "check", finding->overridden ? "overridden" : "warning",
						finding->kind->id, finding->object, finding->text };
	}
	steps[count++] = (struct step){ "load", args->dry_run ? "planned" : "done", NULL,
					target->image, target->cmdline };
	if (!args->load_only)
		steps[count++] = (struct step){ "jump", args->dry_run ? "planned" : "begun", NULL,
						jump_by_init(args->target.way) ?
						"systemctl kexec" : "directly", NULL };
	return report_print(stdout, report, steps, count, sizeof(*steps), err);
}

/* It is loaded, and not noted: nobody could tell what it is. */
static void undo_load(enum answer before, struct error *err)
{
	if (before != ANSWER_YES && kexec_unload() == 0) {
		error_hint(err, "no kernel is loaded, as before");
		return;
	}
	target_note_remove();
	error_hint(err, "the kernel is loaded%s, and cannot be told from one that others have loaded",
		   before == ANSWER_YES ? " in place of the one before" : "");
}

static int load(const struct target *target, int rootfd, struct error *err)
{
	enum answer before = kexec_is_loaded(rootfd);
	int rc = target_note_prepare(target, err);

	if (rc < 0)
		return rc;
	rc = kexec_load_files(target->image_fd, target->initrd_fd, target->cmdline, target->image, err);
	if (rc < 0) {
		target_note_drop();
		return rc;
	}
	rc = target_note_commit(err);
	if (rc < 0)
		undo_load(before, err);
	return rc;
}

/*
 * After a jump nobody is left to print, so it is done before; but a JSON
 * document is not followed by an error.
 */
static int act(const struct kexec_args *args, int rootfd, const struct finding_list *list,
	       const struct target *target, const struct load *checked, const struct report *report,
	       struct error *err)
{
	cleanup_close int lock = args->dry_run ? -1 : target_lock(err);
	int rc = args->dry_run ? 0 : lock;

	if (rc >= 0 && !args->dry_run)
		rc = load(target, rootfd, err);
	if (rc < 0)
		return rc;
	if (args->dry_run || args->load_only || !report->json)
		rc = print_steps(args, list, target, report, err);
	if (rc < 0 || args->dry_run || args->load_only)
		return rc;
	fflush(stdout);
	rc = jump(rootfd, jump_by_init(args->target.way), checked, err);
	return rc == 0 && report->json ? print_steps(args, list, target, report, err) : rc;
}

static int check_and_act(const struct kexec_args *args, const struct report *report, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(NULL, err);
	cleanup_target struct target target = TARGET_INIT;
	cleanup_findings struct finding_list list = { 0 };
	struct preflight preflight = {
		.rootfd = rootfd, .live = true, .target = &target, .to_be_loaded = true,
		.scope = args->load_only ? PREFLIGHT_LOAD : PREFLIGHT_JUMP, .way = args->target.way,
	};
	struct load checked = { 0 };
	int rc = rootfd < 0 ? rootfd : open_target(args, rootfd, &target, err);

	if (rc == 0 && !args->load_only)
		rc = jump_load(rootfd, &checked, err);
	if (rc == 0)
		rc = preflight_run(&preflight, &list, err);
	if (rc < 0)
		return rc;
	if (args->force)
		findings_override(&list, args->force);
	if (findings_errors(&list))
		return refuse(&list, err);
	return act(args, rootfd, &list, &target, &checked, report, err);
}

static int run_kexec(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp_option options[] = {
		{ "load-only", KEY_LOAD_ONLY, NULL, 0, "Load the kernel, and do not jump", 0 },
		{ "force", KEY_FORCE, "ID,...", 0, "Go on in spite of these findings", 0 },
		{ "dry-run", KEY_DRY_RUN, NULL, 0, "Check everything, change nothing", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = {
		{ &table_argp, 0, NULL, 0 }, { &target_argp, 0, NULL, 0 }, { 0 },
	};
	static const struct argp argp = { options, parse_kexec, NULL, NULL, children, NULL, NULL };
	struct report report = { .array = "steps", .columns = columns };
	cleanup_free const char **selected = NULL;
	struct kexec_args args = { 0 };
	int rc;

	rc = common_parse(&cmd_kexec, &argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args.table, globals, &report, &selected, err);
	if (rc == 0 && globals->sysroot)
		rc = error_set(err, STATUS_USAGE, 0, "--sysroot",
			       "only verbs that read can do with a recorded host");
	if (rc == 0 && geteuid() != 0)
		rc = error_set(err, STATUS_FAILED, EPERM, NULL, "it takes root to replace the kernel");
	return rc ? rc : check_and_act(&args, &report, err);
}

const struct command cmd_kexec = {
	.name = "kexec",
	.args = "",
	.summary = "Check, then load the next kernel and jump into it",
	.run = run_kexec,
};
