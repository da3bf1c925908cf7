// SPDX-License-Identifier: GPL-2.0-or-later
/* Text tables and JSON from column tables, and the two forms of an error. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "report.h"

#define JSON_FORM (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
#define CELL_SIZE (sizeof(((struct column_value *)0)->text) * 4)

static void cleanup_json_fn(struct json_object **object)
{
	json_object_put(*object);
}

#define cleanup_json __attribute__((cleanup(cleanup_json_fn)))

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

static void get_value(const struct column *column, const void *record, struct column_value *value)
{
	value->absent = true;
	value->text[0] = '\0';
	value->number = 0;
	column->get(record, value);
}

/* One cell of the table as text. */
static const char *cell(const struct column *column, const void *record, char buf[static CELL_SIZE])
{
	struct column_value value;

	get_value(column, record, &value);
	buf[0] = '\0';
	if (!value.absent && column->type == COLUMN_STRING)
		report_escape(value.text, buf, CELL_SIZE);
	else if (!value.absent && column->type == COLUMN_NUMBER)
		snprintf(buf, CELL_SIZE, "%" PRId64, value.number);
	else if (!value.absent)
		strcpy(buf, value.number ? "yes" : "no");
	if (!buf[0])
		strcpy(buf, "-");
	return buf;
}

/* Characters, not bytes: what pads a column. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += continuation((unsigned char)*text) < 0;
	return width;
}

static void print_cell(FILE *out, const char *text, size_t width, bool last)
{
	size_t used = text_width(text);

	fputs(text, out);
	if (last)
		fputc('\n', out);
	else
		fprintf(out, "%*s", (int)(width > used ? width - used : 0) + 2, "");
}

static size_t column_width(const struct report *report, const struct column *column,
			   const char *records, size_t count, size_t size)
{
	size_t widest = report->no_headings ? 0 : text_width(column->heading);
	char buf[CELL_SIZE];
	size_t i, width;

	for (i = 0; i < count; i++) {
		width = text_width(cell(column, records + i * size, buf));
		if (width > widest)
			widest = width;
	}
	return widest;
}

/* The columns to show, NULL at the end. */
static int choose_columns(const struct report *report, const struct column ***chosen,
			  struct error *err)
{
	const struct column **shown, *column;
	size_t count = 0, i;

	for (column = report->columns; column->key; column++)
		count++;
	for (i = 0; report->selected && report->selected[i]; i++)
		count++;
	shown = calloc(count + 1, sizeof(*shown));
	if (!shown)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	*chosen = shown;
	for (column = report->columns; column->key && !report->selected; column++)
		if (column->by_default)
			*shown++ = column;
	for (i = 0; report->selected && report->selected[i]; i++) {
		column = report_find_column(report->columns, report->selected[i],
					    strlen(report->selected[i]));
		if (!column)
			return error_set(err, STATUS_USAGE, 0, report->selected[i], "no such column");
		*shown++ = column;
	}
	return 0;
}

static int print_text(FILE *out, const struct report *report, const char *records,
		      size_t count, size_t size, struct error *err)
{
	cleanup_free const struct column **shown = NULL;
	cleanup_free size_t *own_widths = NULL;
	size_t *widths = report->widths, columns = 0, i, c, width;
	char buf[CELL_SIZE];
	int ret = choose_columns(report, &shown, err);

	if (ret || !count)
		return ret;
	while (shown[columns])
		columns++;
	if (!widths)
		widths = own_widths = calloc(columns + 1, sizeof(*widths));
	if (!widths)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	for (c = 0; c < columns; c++) {
		width = column_width(report, shown[c], records, count, size);
		if (width > widths[c])
			widths[c] = width;
	}
	for (c = 0; c < columns && !report->no_headings; c++)
		print_cell(out, shown[c]->heading, widths[c], c + 1 == columns);
	for (i = 0; i < count; i++)
		for (c = 0; c < columns; c++)
			print_cell(out, cell(shown[c], records + i * size, buf), widths[c],
				   c + 1 == columns);
	return 0;
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

static bool json_give_column(struct json_object *object, const struct column *column,
			     const void *record)
{
	struct column_value value;
	char buf[CELL_SIZE];

	get_value(column, record, &value);
	if (value.absent)
		return json_give_null(object, column->key);
	switch (column->type) {
	case COLUMN_NUMBER:
		return json_give(object, column->key, json_object_new_int64(value.number));
	case COLUMN_BOOL:
		return json_give(object, column->key, json_object_new_boolean(value.number != 0));
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

static int print_json(FILE *out, const struct report *report, const char *records,
		      size_t count, size_t size, struct error *err)
{
	cleanup_json struct json_object *root = json_object_new_object();
	struct json_object *array = NULL;
	const char *text = NULL;
	bool complete;
	size_t i;

	complete = root && json_give(root, "version", json_object_new_int(1)) &&
		   json_give(root, report->array, array = json_object_new_array());
	for (i = 0; complete && i < count; i++)
		complete = json_give_record(array, report->columns, records + i * size);
	if (complete)
		text = json_object_to_json_string_ext(root, JSON_FORM);
	if (!text)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the JSON text");
	fprintf(out, "%s\n", text);
	return 0;
}

int report_print(FILE *out, const struct report *report, const void *records,
		 size_t count, size_t size, struct error *err)
{
	if (report->json)
		return print_json(out, report, records, count, size, err);
	return print_text(out, report, records, count, size, err);
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

static bool json_give_text(struct json_object *object, const char *key, const char *text)
{
	char buf[sizeof(((struct error *)0)->message) * 4];

	if (!text || !text[0])
		return json_give_null(object, key);
	report_escape(text, buf, sizeof(buf));
	return json_give(object, key, json_object_new_string(buf));
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
