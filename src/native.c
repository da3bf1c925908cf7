// SPDX-License-Identifier: GPL-2.0-or-later
/* modules.alias and modules.builtin.modinfo, as depmod and the kernel's build write them. */
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "native.h"
#include "sysfs.h"

#define FILE_MAX (64 * 1024 * 1024) /* today's have 2 MiB */

static FILE *open_file(int rootfd, const char *release, const char *name)
{
	char path[256];

	if (strchr(release, '/'))
		return NULL;
	snprintf(path, sizeof(path), "lib/modules/%s/%s", release, name);
	return sysfs_open(rootfd, path, FILE_MAX);
}

static bool is_listed(const char *names, const char *name, size_t length)
{
	for (; *names; names += strspn(names, ", ")) {
		size_t word = strcspn(names, ",");

		if (word == length && !memcmp(names, name, length))
			return true;
		names += word;
	}
	return false;
}

static void add_name(char *names, size_t size, const char *name, size_t length)
{
	size_t used = strlen(names);

	if (!is_listed(names, name, length))
		snprintf(names + used, size - used, "%s%.*s", used ? ", " : "", (int)length, name);
}

/* "alias PATTERN MODULE" */
static void match_line(char *line, const char *modalias, char *names, size_t size)
{
	char *word, *pattern, *module;

	line[strcspn(line, "\n")] = '\0';
	word = strsep(&line, " ");
	pattern = strsep(&line, " ");
	module = strsep(&line, " ");
	if (pattern && module && *module && !strcmp(word, "alias") && !fnmatch(pattern, modalias, 0))
		add_name(names, size, module, strlen(module));
}

/* "MODULE.alias=PATTERN" */
static void match_builtin(const char *entry, const char *modalias, char *names, size_t size)
{
	const char *dot = strchr(entry, '.');

	if (dot && dot > entry && strcspn(entry, " ,") > (size_t)(dot - entry) &&
	    !strncmp(dot, ".alias=", strlen(".alias=")) && !fnmatch(dot + strlen(".alias="), modalias, 0))
		add_name(names, size, entry, (size_t)(dot - entry));
}

int native_drivers(int rootfd, const char *release, const char *modalias,
		   char *names, size_t size)
{
	cleanup_file FILE *aliases = open_file(rootfd, release, "modules.alias");
	cleanup_file FILE *builtin = open_file(rootfd, release, "modules.builtin.modinfo");
	cleanup_free char *line = NULL;
	size_t room = 0;

	names[0] = '\0';
	if (!*release || (!aliases && !builtin))
		return -ENOENT;
	while (aliases && getline(&line, &room, aliases) > 0)
		match_line(line, modalias, names, size);
	/* Each ends with a NUL. */
	while (builtin && getdelim(&line, &room, '\0', builtin) > 0)
		match_builtin(line, modalias, names, size);
	return 0;
}
