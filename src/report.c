// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns, JSON from column tables, and the two forms of an error. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cleanup_json.h"
#include "error.h"
#include "report.h"
#include "report_text.h"

#define JSON_FORM (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* The bits of a UTF-8 continuation byte, or -1 if @byte is none. */
static int continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80 ? byte & 0x3f : -1;
}

/* The length of the printable character at @text; 0 when it must be escaped. */
static size_t printable_length(const unsigned char *text)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t character;
	size_t length, i;

	if (*text < 0x80)
		return *text >= 0x20 && *text != 0x7f && *text != '\\';
	if (*text < 0xc2 || *text > 0xf4)
		return 0;
	length = *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
	character = *text & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if (continuation(text[i]) < 0)
			return 0;
		character = character << 6 | (uint32_t)continuation(text[i]);
	}
	/* Overlong forms, C1 controls, surrogates, beyond Unicode. */
	if (character < smallest[length] || character < 0xa0 ||
	    (character >= 0xd800 && character < 0xe000) || character > 0x10ffff)
		return 0;
	return length;
}

const char *report_escape(const char *text, char *buf, size_t size)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0, length;
	char piece[5];

	while (*in) {
		length = printable_length(in);
		if (length)
			memcpy(piece, in, length);
		else
			snprintf(piece, sizeof(piece), "\\x%02x", *in);
		in += length ? length : 1;
		if (!length)
			length = 4;
		if (used + length >= size)
			break;
		memcpy(buf + used, piece, length);
		used += length;
	}
	buf[used] = '\0';
	return buf;
}

const struct column *report_find_column(const struct column *columns,
					const char *key, size_t length)
{
	const struct column *column;

	for (column = columns; column->key; column++)
		if (strlen(column->key) == length && !memcmp(column->key, key, length))
			return column;
	return NULL;
}

void column_set_text(struct column_value *value, const char *text)
{
	value->absent = !text || !text[0];
	snprintf(value->text, sizeof(value->text), "%s", text ? text : "");
}

void column_set_number(struct column_value *value, int64_t number)
{
	value->absent = number < 0;
	value->number = number;
}

void column_set_ids(struct column_value *value, int vendor, int device)
{
	value->absent = vendor < 0 || device < 0;
	if (!value->absent)
		snprintf(value->text, sizeof(value->text), "%04x:%04x", (unsigned int)vendor,
			 (unsigned int)device);
}

unsigned int report_needs(const struct report *report)
{
	const struct column *column;
	unsigned int needs = 0;
	size_t i;

	for (column = report->columns; column->key; column++)
		if (report->json ? !(column->flags & COLUMN_ON_REQUEST) :
		    !report->selected && (column->flags & COLUMN_DEFAULT))
			needs |= column->flags;
	for (i = 0; report->selected && report->selected[i]; i++) {
		column = report_find_column(report->columns, report->selected[i],
					    strlen(report->selected[i]));
		if (column)
			needs |= column->flags;
	}
	return needs >> COLUMN_NEEDS_SHIFT;
}

void report_get(const struct column *column, const void *record, struct column_value *value)
{
	value->absent = true;
	value->text[0] = '\0';
	value->number = 0;
	value->list = "";
	column->get(record, value);
}

void report_next_element(const char **list, char element[static REPORT_ELEMENT_SIZE])
{
	size_t length = strcspn(*list, "\n");

	snprintf(element, REPORT_ELEMENT_SIZE, "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == '\n');
}

/* Give @value to @parent under @key; false for want of memory. */
static bool json_give(struct json_object *parent, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(parent, key, value))
		return true;
	json_object_put(value);
	return false;
}

static bool json_give_null(struct json_object *parent, const char *key)
{
	return !json_object_object_add(parent, key, NULL);
}

static struct json_object *json_element(const char *text, bool number)
{
	char buf[REPORT_CELL_SIZE];

	if (number)
		return json_object_new_int64(strtoll(text, NULL, 10));
	return json_object_new_string(report_escape(text, buf, sizeof(buf)));
}

static bool json_give_list(struct json_object *object, const char *key, const char *list, bool numbers)
{
	struct json_object *array = json_object_new_array(), *element;
	char text[REPORT_ELEMENT_SIZE];

	if (!json_give(object, key, array))
		return false;
	while (*list) {
		report_next_element(&list, text);
		element = json_element(text, numbers);
		if (!element || json_object_array_add(array, element)) {
			json_object_put(element);
			return false;
		}
	}
	return true;
}

static bool json_give_column(struct json_object *object, const struct column *column,
			     const void *record)
{
	struct column_value value;
	char buf[REPORT_CELL_SIZE];

	report_get(column, record, &value);
	if (value.absent)
		return json_give_null(object, column->key);
	switch (column->type) {
	case COLUMN_NUMBER:
		return json_give(object, column->key, json_object_new_int64(value.number));
	case COLUMN_BOOL:
		return json_give(object, column->key, json_object_new_boolean(value.number != 0));
	case COLUMN_STRINGS:
	case COLUMN_NUMBERS:
		return json_give_list(object, column->key, value.list, column->type == COLUMN_NUMBERS);
	default:
		report_escape(value.text, buf, sizeof(buf));
		return json_give(object, column->key, json_object_new_string(buf));
	}
}

static bool json_give_record(struct json_object *array, const struct column *columns,
			     const void *record)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return false;
	if (json_object_array_add(array, object)) {
		json_object_put(object);
		return false;
	}
	for (; columns->key; columns++)
		if (!json_give_column(object, columns, record))
			return false;
	return true;
}

static bool json_give_text(struct json_object *object, const char *key, const char *text)
{
	char buf[sizeof(((struct error *)0)->message) * 4];

	if (!text || !text[0])
		return json_give_null(object, key);
	report_escape(text, buf, sizeof(buf));
	return json_give(object, key, json_object_new_string(buf));
}

static bool json_give_notes(struct json_object *object, const struct report_note *note)
{
	for (; note && note->key; note++)
		if (!json_give_text(object, note->key, note->text))
			return false;
	return true;
}

static int print_json(FILE *out, const struct report *report, const char *records,
		      size_t count, size_t size, struct error *err)
{
	cleanup_json struct json_object *root = json_object_new_object();
	struct json_object *array = NULL;
	const char *text = NULL;
	bool complete;
	size_t i;

	complete = root && json_give(root, "version", json_object_new_int(1)) &&
		   json_give_notes(root, report->notes) &&
		   json_give(root, report->array, array = json_object_new_array());
	for (i = 0; complete && i < count; i++)
		complete = json_give_record(array, report->columns, records + i * size);
	if (complete)
		text = json_object_to_json_string_ext(root, JSON_FORM);
	if (!text)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the JSON text");
	/* What is longer than the buffer of @out fails here, and is not tried again when that is closed. */
	if (fprintf(out, "%s\n", text) < 0)
		return error_set(err, STATUS_FAILED, errno, "standard output", "cannot write");
	return 0;
}

static void print_notes(FILE *out, const struct report_note *note)
{
	char buf[sizeof(((struct error *)0)->message) * 4];

	for (; note && note->key; note++)
		if (note->text && note->text[0] && !note->json_only)
			fprintf(out, "%s: %s\n", note->key,
				report_escape(note->text, buf, sizeof(buf)));
}

int report_print(FILE *out, const struct report *report, const void *records,
		 size_t count, size_t size, struct error *err)
{
	if (report->json)
		return print_json(out, report, records, count, size, err);
	if (!report->no_headings)
		print_notes(out, report->notes);
	return report_print_text(out, report, records, count, size, err);
}

static const char *status_name(enum exit_status status)
{
	static const char *const names[] = {
		[STATUS_OK] = "ok",
		[STATUS_FAILED] = "failed",
		[STATUS_USAGE] = "usage",
		[STATUS_UNSUPPORTED] = "unsupported",
		[STATUS_REFUSED] = "refused",
		[STATUS_BUSY] = "busy",
		[STATUS_NOT_FOUND] = "not-found",
		[STATUS_TIMEOUT] = "timeout",
	};

	return names[status];
}

static bool print_error_json(FILE *out, const char *verb, const struct error *err)
{
	cleanup_json struct json_object *root = json_object_new_object();
	struct json_object *object = NULL;
	const char *text = NULL;

	if (root && json_give(root, "version", json_object_new_int(1)) &&
	    json_give(root, "error", object = json_object_new_object()) &&
	    json_give(object, "code", json_object_new_int((int)err->status)) &&
	    json_give_text(object, "status", status_name(err->status)) &&
	    json_give_text(object, "errno", err->code ? strerrorname_np(err->code) : NULL) &&
	    json_give_text(object, "verb", verb) &&
	    json_give_text(object, "object", err->object) &&
	    json_give_text(object, "message", err->message) &&
	    json_give_text(object, "hint", err->hint))
		text = json_object_to_json_string_ext(root, JSON_FORM);
	if (text)
		fprintf(out, "%s\n", text);
	return text != NULL;
}

static void print_part(FILE *out, const char *text, const char *after)
{
	char buf[sizeof(((struct error *)0)->message) * 4];

	if (text && text[0])
		fprintf(out, "%s%s", report_escape(text, buf, sizeof(buf)), after);
}

void report_error(FILE *out, const char *verb, const struct error *err, bool json)
{
	if (json && print_error_json(out, verb, err))
		return;
	fputs("vfio-luctl: ", out);
	print_part(out, verb, ": ");
	print_part(out, err->object, ": ");
	print_part(out, err->message, err->code ? ": " : "");
	if (err->code)
		fputs(strerror(err->code), out);
	fputc('\n', out);
	if (err->hint[0]) {
		fputs("vfio-luctl: hint: ", out);
		print_part(out, err->hint, "\n");
	}
}
