// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking systemctl and systemd-analyze. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "host.h"
#include "procfs.h"
#include "program.h"
#include "stores.h"

#define TEXT_SIZE (256 * 1024)

/* "no", and "restart" too: nothing is started again before a kexec. */
static bool is_carried(const struct stores_unit *unit)
{
	return strcmp(unit->preserve, "no") && strcmp(unit->preserve, "restart");
}

static void add_unit(struct survey *survey, const struct stores_unit *unit, char *text)
{
	const char *const argv[] = { "systemd-analyze", "--json=short", "fdstore", unit->id, NULL };
	char link[PROCFS_SESSION_LINK_SIZE], quoted[PROCFS_SESSION_LINK_SIZE + 2];
	size_t i;

	if (program_output(argv, text, TEXT_SIZE) != 0)
		return;
	for (i = 0; i < survey->count; i++) {
		struct survey_session *session = &survey->sessions[i];

		snprintf(quoted, sizeof(quoted), "\"%s\"",
			 procfs_session_link(session->kernel_name, link));
		if (!session->in_init || !strstr(text, quoted))
			continue;
		snprintf(session->unit, sizeof(session->unit), "%s", unit->id);
		snprintf(session->unit_preserve, sizeof(session->unit_preserve), "%s", unit->preserve);
		session->carried = is_carried(unit) ? ANSWER_YES : ANSWER_NO;
	}
}

/* "Id=ssh.service" */
static void read_property(struct stores_unit *unit, const char *line)
{
	const char *value = strchr(line, '=');

	if (!value)
		return;
	if (!strncmp(line, "Id=", 3))
		snprintf(unit->id, sizeof(unit->id), "%s", value + 1);
	else if (!strncmp(line, "NFileDescriptorStore=", 21))
		unit->stored = atoi(value + 1);
	else if (!strncmp(line, "FileDescriptorStorePreserve=", 28))
		snprintf(unit->preserve, sizeof(unit->preserve), "%s", value + 1);
}

bool stores_next_unit(char **text, struct stores_unit *unit)
{
	const char *line;

	*unit = (struct stores_unit){ .stored = 0 };
	if (!*text)
		return false;
	while ((line = strsep(text, "\n")) && *line)
		read_property(unit, line);
	return true;
}

static void ask_units(struct survey *survey)
{
	static const char *const argv[] = {
		"systemctl", "show", "--all", /* those too that are stopped */
		"--property=Id,NFileDescriptorStore,FileDescriptorStorePreserve", "*.service", NULL,
	};
	cleanup_free char *units = malloc(TEXT_SIZE), *of_unit = malloc(TEXT_SIZE);
	struct stores_unit unit;
	char *rest = units;

	if (!units || !of_unit || program_output(argv, units, TEXT_SIZE) != 0)
		return;
	while (stores_next_unit(&rest, &unit))
		if (unit.stored > 0)
			add_unit(survey, &unit, of_unit);
}

void stores_ask(int rootfd, struct survey *survey)
{
	int version = host_systemd_version(rootfd);
	bool stored = false;
	size_t i;

	if (version < 0)
		return;
	for (i = 0; i < survey->count; i++) {
		struct survey_session *session = &survey->sessions[i];

		if (session->direction != DIRECTION_OUTGOING)
			continue;
		if (!session->in_init || (version && version < SYSTEMD_WITH_STORE))
			session->carried = ANSWER_NO;
		else
			stored = true;
	}
	if (stored)
		ask_units(survey);
}
