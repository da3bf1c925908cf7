// SPDX-License-Identifier: GPL-2.0-or-later
/* What modules could take a device: a line with its alias, and below it what depmod wrote. */
#include <stdbool.h>

#include "cleanup.h"
#include "fuzz.h"
#include "native.h"
#include "root.h"

#define MODULES "lib/modules/7.3.4/"

static struct fuzz_file files[] = { { MODULES "modules.alias", -1 }, { MODULES "modules.builtin.modinfo", -1 } };

/* The same lines in both forms: of what is built in, each ends with a NUL. */
static void fill(const char *text)
{
	size_t length = strlen(text);
	cleanup_free char *builtin = fuzz_bytes((const uint8_t *)text, length);
	char *c;

	for (c = builtin; c < builtin + length; c++)
		if (*c == '\n')
			*c = '\0';
	fuzz_fill(&files[0], text, length);
	fuzz_fill(&files[1], builtin, length);
}

/* Whether what stands before @word in @names has it too. */
static bool is_repeated(const char *names, const char *word, size_t length)
{
	const char *other;

	for (other = names; other < word; other += strcspn(other, ",") + strlen(", "))
		if (strcspn(other, ",") == length && !memcmp(other, word, length))
			return true;
	return false;
}

static void check_names(const char *names)
{
	const char *word = names;

	while (*word) {
		size_t length = strcspn(word, ",");

		must(!is_repeated(names, word, length));
		word += length;
		must(!*word || !strncmp(word, ", ", 2));
		word += *word ? strlen(", ") : 0;
	}
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *modalias = fuzz_text(data, size);
	char *text = strchr(modalias, '\n'), few[8], many[8192];
	static int root;

	if (!root)
		root = fuzz_root(files, 2);
	if (!text)
		return 0;
	*text++ = '\0';
	fill(text);
	must(!native_drivers(root, "7.3.4", modalias, few, sizeof(few)) && strlen(few) < sizeof(few));
	must(!native_drivers(root, "7.3.4", modalias, many, sizeof(many)) && strlen(many) < sizeof(many));
	/* A name with a comma would look like two. */
	if (!strchr(text, ','))
		check_names(many);
	must(native_drivers(root, "../7.3.4", modalias, few, sizeof(few)) < 0 && !*few);
	return 0;
}
