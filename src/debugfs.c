// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's list of sessions and files in debugfs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "debugfs.h"
#include "sysfs.h"
#include "token.h"

#define LIST "sys/kernel/debug/liveupdate/sessions"
#define LIST_MAX (16 * 1024 * 1024) /* of a recorded one; the kernel's own has no size */

/* Cut the first word off *@text; NULL when there is none. */
static char *next_word(char **text)
{
	char *word = strsep(text, " ");

	return word && *word ? word : NULL;
}

static int octal(const char *text)
{
	int i, value = 0;

	for (i = 0; i < 3; i++) {
		if (text[i] < '0' || text[i] > '7')
			return -1;
		value = value * 8 + text[i] - '0';
	}
	return value;
}

/* "\ooo" back to the byte it stands for; seq_escape_str() in fs/seq_file.c. */
static int unescape(const char *word, char *name, size_t size)
{
	size_t used = 0;
	int byte;

	for (; *word; word++) {
		byte = (unsigned char)*word;
		if (*word == '\\') {
			byte = octal(word + 1);
			if (byte <= 0 || byte > 255)
				return -EINVAL;
			word += 3;
		}
		if (used + 1 >= size)
			return -EINVAL;
		name[used++] = (char)byte;
	}
	name[used] = '\0';
	return used ? 0 : -EINVAL;
}

/* "incoming" or "outgoing", "session" or "file". */
static int parse_kind(const char *direction, const char *kind, struct debugfs_line *line)
{
	if (!direction || !kind)
		return -EINVAL;
	line->incoming = !strcmp(direction, "incoming");
	line->is_file = !strcmp(kind, "file");
	if (!line->incoming && strcmp(direction, "outgoing"))
		return -EINVAL;
	return line->is_file || !strcmp(kind, "session") ? 0 : -EINVAL;
}

int debugfs_parse_line(const char *text, struct debugfs_line *line)
{
	char copy[512], *rest = copy;
	const char *direction, *kind, *word;

	memset(line, 0, sizeof(*line));
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	direction = next_word(&rest);
	kind = next_word(&rest);
	word = next_word(&rest);
	if (parse_kind(direction, kind, line) || !word ||
	    unescape(word, line->session, sizeof(line->session)))
		return -EINVAL;
	if (line->is_file) {
		word = next_word(&rest);
		if (!word || token_parse(word, &line->token))
			return -EINVAL;
		word = next_word(&rest);
		if (!word || unescape(word, line->kind, sizeof(line->kind)))
			return -EINVAL;
	}
	word = next_word(&rest);
	if (!word || rest || strlen(word) >= sizeof(line->state))
		return -EINVAL;
	strcpy(line->state, word);
	return 0;
}

int debugfs_each_line(int rootfd, debugfs_line_fn fn, void *data)
{
	cleanup_file FILE *file = sysfs_open(rootfd, LIST, LIST_MAX);
	struct debugfs_line line;
	char text[512];
	int rc = 0;

	if (!file)
		return -errno;
	while (rc == 0 && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		if (debugfs_parse_line(text, &line) == 0)
			rc = fn(data, &line);
	}
	return rc == 0 && ferror(file) ? -errno : rc;
}
