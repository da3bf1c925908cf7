// SPDX-License-Identifier: GPL-2.0-or-later
/* wait: until devices are bound, or have got so far in a live update. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "await.h"
#include "cleanup.h"
#include "error.h"
#include "plan.h"
#include "report.h"
#include "sysfs.h"
#include "commands.h"
#include "common.h"

enum { KEY_FOR = 0x300, KEY_TIMEOUT };

struct wait_row {
	enum goal goal;
	struct vfio_device device;
};

static void get_device(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct wait_row *)record)->device.name);
}

static void get_state(const void *record, struct column_value *value)
{
	column_set_text(value, goal_name(((const struct wait_row *)record)->goal));
}

static void get_driver(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct wait_row *)record)->device.driver);
}

static void get_cdev(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct wait_row *)record)->device.cdev);
}

static void get_liveupdate(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct wait_row *)record)->device.liveupdate);
}

static const struct column columns[] = {
	{ "device", "DEVICE", COLUMN_STRING, true, get_device, "PCI address" },
	{ "state", "STATE", COLUMN_STRING, true, get_state, "what was waited for" },
	{ "driver", "DRIVER", COLUMN_STRING, true, get_driver, "driver it is bound to" },
	{ "cdev", "CDEV", COLUMN_STRING, true, get_cdev, "character device below /dev/vfio/devices" },
	{ "liveupdate", "LIVEUPDATE", COLUMN_STRING, false, get_liveupdate, "none, outgoing, incoming" },
	{ 0 },
};

struct wait_args {
	struct table_options table;
	bool has_goal;
	enum goal goal;
	long timeout; /* AWAIT_FOREVER without */
};

static error_t parse_goal(const char *word, struct wait_args *args, struct argp_state *state)
{
	if (goal_parse(word, &args->goal)) {
		argp_error(state, "--for: '%s' is not bound, cdev, preserved, incoming or free", word);
		return EINVAL;
	}
	args->has_goal = true;
	return 0;
}

static error_t parse_wait(int key, char *arg, struct argp_state *state)
{
	struct wait_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->table;
		return 0;
	case KEY_FOR:
		return parse_goal(arg, args, state);
	case KEY_TIMEOUT:
		return common_parse_seconds("--timeout", arg, WAIT_SECONDS_MAX, &args->timeout, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What is to be reached, and how far it is. */
struct waiting {
	int rootfd;
	enum goal goal;
	const struct pci_addr *addrs;
	struct wait_row *rows;
	size_t count;
	size_t missing; /* the first that is not so far */
};

/* 1 when all have reached it at this moment, else 0. */
static int check_all(struct waiting *waiting, struct error *err)
{
	size_t i;
	int rc = 1;

	for (i = 0; rc == 1 && i < waiting->count; i++) {
		waiting->missing = i;
		waiting->rows[i].goal = waiting->goal;
		rc = goal_check(waiting->rootfd, waiting->addrs[i], waiting->goal,
				&waiting->rows[i].device, err);
	}
	return rc;
}

/* Subscribe first, then look: between the two nothing can be missed. */
static int wait_all(struct waiting *waiting, long timeout, struct error *err)
{
	cleanup_await struct await await = { 0 };
	int rc = await_begin(&await, timeout, err);

	while (rc >= 0) {
		rc = check_all(waiting, err);
		if (rc)
			return rc < 0 ? rc : 0;
		rc = await_change(&await, err);
		if (rc == 0)
			return goal_timeout(waiting->addrs[waiting->missing], waiting->goal,
					    &waiting->rows[waiting->missing].device,
					    (unsigned int)timeout, err);
	}
	return rc;
}

static int wait_devices(const struct wait_args *args, const struct report *report,
			const char *sysroot, struct error *err)
{
	cleanup_close int rootfd = sysroot_open(sysroot, err);
	struct waiting waiting = { .rootfd = rootfd, .goal = args->goal };
	cleanup_free struct pci_addr *addrs = NULL;
	cleanup_free struct wait_row *rows = NULL;
	int rc = rootfd;

	if (rc >= 0)
		rc = plan_addresses(rootfd, args->table.words, args->table.count, &addrs, &waiting.count, err);
	if (rc < 0)
		return rc;
	waiting.addrs = addrs;
	waiting.rows = rows = calloc(waiting.count, sizeof(*rows));
	if (!rows)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	rc = wait_all(&waiting, args->timeout, err);
	return rc < 0 ? rc : report_print(stdout, report, rows, waiting.count, sizeof(*rows), err);
}

/* What is missing or does not go together. */
static int check_args(const struct wait_args *args, const char *sysroot, struct error *err)
{
	int rc;

	if (sysroot && args->timeout != 0)
		return error_set(err, STATUS_USAGE, 0, "--sysroot",
				 "in a recorded host nothing happens: it needs --timeout=0");
	if (args->table.count && args->has_goal)
		return 0;
	rc = error_set(err, STATUS_USAGE, 0, NULL, args->table.count ? "--for is missing" : "no device is given");
	error_hint(err, "see 'vfio-luctl wait --help'");
	return rc;
}

static int run_wait(struct globals *globals, int argc, char **argv, struct error *err)
{
	static const struct argp_option options[] = {
		{ "for", KEY_FOR, "STATE", 0, "bound, cdev, preserved, incoming or free (required)", 0 },
		{ "timeout", KEY_TIMEOUT, "SECONDS", 0, "Wait no longer than this; 0 only looks", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = { { &table_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse_wait, NULL, NULL, children, NULL, NULL };
	struct report report = { .array = "devices", .columns = columns };
	cleanup_free const char **selected = NULL;
	struct wait_args args = { .table.takes_words = true, .timeout = AWAIT_FOREVER };
	int rc;

	rc = common_parse(&cmd_wait, &argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args.table, globals, &report, &selected, err);
	if (rc == 0)
		rc = check_args(&args, globals->sysroot, err);
	return rc ? rc : wait_devices(&args, &report, globals->sysroot, err);
}

const struct command cmd_wait = {
	.name = "wait",
	.args = "DEVICE...",
	.summary = "Wait until devices are bound, or so far in a live update",
	.run = run_wait,
};
