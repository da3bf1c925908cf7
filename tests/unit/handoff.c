// SPDX-License-Identifier: GPL-2.0-or-later
/* Placeholders in the command of a hand-over. */
#include <stdlib.h>

#include "error.h"
#include "handoff.h"
#include "tap.h"

static const struct handoff_device devices[] = {
	{ 0, { 0, 1, 0, 0 }, -1 }, { 0, { 0, 2, 0, 0 }, -1 }, { 0, { 0x10000, 2, 0, 0 }, -1 },
	{ 0, { 0x10000, 0xe1, 0x1f, 7 }, -1 }, { 1, { 0, 0, 0, 0 }, -1 },
};

static void good(const char *argument, const char *want)
{
	char *result = NULL;
	struct error err;

	ok(handoff_expand(argument, devices, 5, &result, &err) == 0, "'%s' is right", argument);
	is_text(result ? result : "(none)", want, "'%s' is expanded", argument);
	free(result);
}

static void bad(const char *argument)
{
	char *result = NULL;
	struct error err = { .status = STATUS_OK };

	ok(handoff_expand(argument, devices, 5, &result, &err) < 0, "'%s' is wrong", argument);
	is_int(err.status, STATUS_USAGE, "'%s' is wrong usage", argument);
	ok(!result, "'%s' gives nothing", argument);
}

static void check_command(const char *word, enum exit_status want)
{
	char *command[] = { (char *)"cat", (char *)word, NULL };
	struct error err = { .status = STATUS_OK };

	handoff_check_command(command, &err);
	is_int(err.status, want, "cat '%s' before the devices are known", word);
}

int main(void)
{
	char *missing[] = { (char *)"/nonexistent/command", NULL };
	char *directory[] = { (char *)"/", NULL };
	char *empty[] = { (char *)"", NULL };
	struct error err;

	good("", "");
	good("plain", "plain");
	good("{0000:01:00.0}", "3");
	good("{01:00.0}", "3");
	good("fd={0000:02:00.0},x", "fd=4,x");
	good("{10000:02:00.0}{e1:1f.7}", "56");
	good("{{}}", "{}");
	good("{{{01:00.0}}}", "{3}");
	good("{{\"fd\":{0000:01:00.0}}}", "{\"fd\":3}");
	good("{{01:00.0}}", "{01:00.0}");
	bad("{");
	bad("}");
	bad("{}");
	bad("a{b");
	bad("a}b");
	bad("{01:00.0");
	bad("01:00.0}");
	bad("{01:00.0{");
	bad("{{{01:00.0}}");
	bad("{x}");
	bad("{02:00.0}");      /* two domains have it */
	bad("{0000:03:00.0}"); /* not handed over */
	bad("{0001:01:00.0}");
	bad("{0000:00:00.0}"); /* a memfd has no address */
	bad("{01:00.0 }");
	bad("{0000:01:00.0000000000000000000000000000000000000000000}");

	check_command("{77:00.0}", STATUS_OK);
	check_command("{{}}", STATUS_OK);
	check_command("{77:00.0", STATUS_USAGE);
	check_command("{fd}", STATUS_USAGE);
	ok(handoff_check_command(missing, &err) < 0, "a missing command is found out");
	is_int(err.status, STATUS_FAILED, "a missing command is no wrong usage");
	ok(handoff_check_command(directory, &err) < 0, "a directory is no command");
	ok(handoff_check_command(empty, &err) < 0, "an empty word is no command");
	return tap_done();
}
