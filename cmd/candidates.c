// SPDX-License-Identifier: GPL-2.0-or-later
/* The candidates that the program knows by itself: verbs, options, columns, words. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "await.h"
#include "findings.h"
#include "report.h"
#include "candidates.h"
#include "candidates_list.h"

void candidates_free(struct candidates *found)
{
	size_t i;

	for (i = 0; i < found->count; i++) {
		free(found->list[i].word);
		free(found->list[i].help);
	}
	free(found->list);
	found->list = NULL;
	found->count = 0;
}

static void append(struct candidates *found, const char *kind, const char *word, const char *help)
{
	struct candidate *list = reallocarray(found->list, found->count + 1, sizeof(*list));
	struct candidate one = { .kind = kind };

	if (list)
		found->list = list;
	if (!list || asprintf(&one.word, "%.*s%s", (int)found->head_length, found->head, word) < 0 ||
	    asprintf(&one.help, "%s", help) < 0) {
		free(one.word);
		found->failed = true;
		return;
	}
	list[found->count++] = one;
}

/* A name in sysfs can be anything; what a shell would take apart is not offered. */
static bool is_plain(const char *word)
{
	return word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				 "._:,+=@/-")] == '\0';
}

static bool add(struct candidates *found, const char *kind, const char *word, const char *help)
{
	if (strncmp(word, found->typed, strlen(found->typed)) || !word[0] || !is_plain(word))
		return false;
	append(found, kind, word, help);
	return true;
}

bool candidates_add(struct candidates *found, const char *word, const char *help)
{
	return add(found, found->open ? "part" : "word", word, help);
}

void candidates_shell(struct candidates *found, const char *kind)
{
	append(found, kind, "", "");
}

void candidates_verbs(struct candidates *found)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		candidates_add(found, (*command)->name, (*command)->summary);
}

static void add_option(struct candidates *found, const struct argp_option *option)
{
	const char *doc = option->doc ? option->doc : "";
	char word[64];

	if (option->flags & OPTION_HIDDEN)
		return;
	snprintf(word, sizeof(word), "--%s", option->name);
	candidates_add(found, word, doc);
	if (option->flags & OPTION_ARG_OPTIONAL) {
		snprintf(word, sizeof(word), "--%s=", option->name);
		add(found, "part", word, doc);
	}
	/* Short ones only where one is asked for. */
	if (option->key < 0x80 && isgraph(option->key) && found->typed[0] == '-' && found->typed[1]) {
		snprintf(word, sizeof(word), "-%c", option->key);
		candidates_add(found, word, doc);
	}
}

void candidates_options(struct candidates *found, const struct argp *argp)
{
	const struct argp_option *option;
	const struct argp_child *child;

	for (option = argp->options; option && option->name; option++)
		add_option(found, option);
	for (child = argp->children; child && child->argp; child++)
		candidates_options(found, child->argp);
}

/* Is @word an element of the list that is the head? */
static bool is_given(const struct candidates *found, const char *word)
{
	const char *text = found->head, *end = found->head + found->head_length;
	size_t length = strlen(word);

	for (; text < end; text++)
		if ((text == found->head || strchr(",=+", text[-1])) && text + length < end &&
		    !strncmp(text, word, length) && text[length] == ',')
			return true;
	return false;
}

void candidates_columns(struct candidates *found, const struct column *columns)
{
	bool first = !found->head_length || found->head[found->head_length - 1] != ',';

	/* What is behind a + is a list of its own. */
	if (first && found->typed[0] == '+') {
		found->head_length = (size_t)(found->typed + 1 - found->head);
		found->typed++;
	} else if (first) {
		candidates_add(found, "+", "the usual ones, and these");
	}
	for (; columns && columns->key; columns++)
		if (!is_given(found, columns->key))
			candidates_add(found, columns->key, columns->help);
}

void candidates_literal(struct candidates *found, const char *word)
{
	candidates_add(found, word, "");
}

void candidates_goals(struct candidates *found)
{
	enum goal goal;

	for (goal = GOAL_BOUND; goal <= GOAL_FREE; goal++)
		candidates_add(found, goal_name(goal), "");
}

/* The text of a finding, without places for what it is about. */
static void describe_finding(const struct finding_kind *kind, char *help, size_t size)
{
	const char *text = kind->text;
	size_t used = 0;

	while (*text && used + sizeof("...") < size) {
		if (*text != '{') {
			help[used++] = *text++;
			continue;
		}
		used += (size_t)snprintf(help + used, size - used, "...");
		text += strcspn(text, "}") + 1;
	}
	help[used] = '\0';
}

void candidates_findings(struct candidates *found)
{
	char help[256];
	size_t i;

	for (i = 0; i < FINDING_COUNT; i++) {
		const struct finding_kind *kind = &findings_table[i];

		if (kind->severity != SEVERITY_ERROR || is_given(found, kind->id))
			continue;
		describe_finding(kind, help, sizeof(help));
		candidates_add(found, kind->id, help);
	}
}
