// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that others gave to things, fit for a terminal and for JSON. */
#include <json-c/json.h>

#include "cleanup.h"
#include "fuzz.h"
#include "report.h"
#include "report_text.h"
#include "strict_json.h"

/* Another one's judgement of what is UTF-8. */
static bool is_utf8(const char *text)
{
	struct json_object *string = NULL;
	cleanup_free char *quoted = NULL;
	bool good;

	must(asprintf(&quoted, "\"%s\"", text) >= 0);
	good = strict_json(quoted, strlen(quoted), 1, &string) == 0 && json_object_is_type(string, json_type_string);
	json_object_put(string);
	return good;
}

/* Those below the blank, DEL and the C1 controls, in UTF-8. */
static bool is_control(const char *text)
{
	unsigned char byte = (unsigned char)*text, next = (unsigned char)text[1];

	return byte < ' ' || byte == 0x7f || (byte == 0xc2 && next < 0xa0);
}

/* Backslashes and quotes are JSON's own matter. */
static void check_text(char *text)
{
	char *c;

	for (c = text; *c; c++) {
		must(!is_control(c));
		if (*c == '\\' || *c == '"')
			*c = '/';
	}
	must(is_utf8(text));
}

static void check(const char *text, size_t size)
{
	cleanup_free char *buf = malloc(size);

	must(buf && report_escape(text, buf, size) == buf && strlen(buf) < size);
	check_text(buf);
}

static void check_list(const char *list)
{
	char element[REPORT_ELEMENT_SIZE];
	size_t left;

	while (*list) {
		left = strlen(list);
		report_next_element(&list, element);
		must(strlen(element) < sizeof(element) && !strchr(element, '\n') && strlen(list) < left);
	}
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);

	check(text, 4 * strlen(text) + 1);
	check(text, 1 + size / 2);
	check(text, 1);
	check_list(text);
	return 0;
}
