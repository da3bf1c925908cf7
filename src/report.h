/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records to text or JSON through one table of columns; knows no devices.
 * An absent value is "-" in text and null in JSON.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct error;

enum column_type { COLUMN_STRING, COLUMN_NUMBER, COLUMN_BOOL, COLUMN_STRINGS, COLUMN_NUMBERS };

/* What a getter fills; start with .absent = true. */
struct column_value {
	bool absent;
	char text[2048];  /* COLUMN_STRING: a command line of a kernel fits */
	int64_t number;   /* COLUMN_NUMBER, COLUMN_BOOL */
	const char *list; /* COLUMN_STRINGS, COLUMN_NUMBERS: a newline after each element, "" is
			     none; stays the record's */
};

/* For getters: absent when @text is NULL or "", when @number is negative. */
void column_set_text(struct column_value *value, const char *text);
void column_set_number(struct column_value *value, int64_t number);

/* "8086:10c9"; absent when one of both is negative. */
void column_set_ids(struct column_value *value, int vendor, int device);

/* Of the flags of a column; where there is only the first, true and false will do. */
enum {
	COLUMN_DEFAULT = true,    /* shown in text unless -o says otherwise */
	COLUMN_ON_REQUEST = 1u << 1, /* in JSON, null unless chosen with -o */
	COLUMN_NEEDS_SHIFT = 8,
};

/* What the verb must find out for a column: bits that mean nothing to us, at most 24. */
#define COLUMN_NEEDS(bits) ((unsigned int)(bits) << COLUMN_NEEDS_SHIFT)

struct column {
	const char *key;     /* JSON key and the word for -o: lower case */
	const char *heading;
	enum column_type type;
	unsigned int flags;
	void (*get)(const void *record, struct column_value *value);
	const char *help;
};

/* A word about the whole, beside the records. */
struct report_note {
	const char *key;  /* JSON key, and the word in front of it in text; NULL ends the list */
	const char *text; /* NULL: null, and nothing in text */
	bool json_only;
};

struct report {
	const char *array;             /* JSON key of the array, e.g. "devices" */
	const struct column *columns;  /* ends with a NULL key */
	const char *const *selected;   /* keys chosen with -o, NULL-terminated; NULL: the defaults */
	bool json;                     /* all columns, whatever is selected */
	bool no_headings;
	size_t *widths;                /* NULL, or 0 for each column shown, for tables that come line by
					  line: how wide each was so far, kept over the calls */
	const struct report_note *notes; /* NULL: none; in text they are headings too */
};

/*
 * The COLUMN_NEEDS() bits of all columns that will be printed: what need not be
 * found out is nobody's to pay for.
 */
unsigned int report_needs(const struct report *report);

/*
 * Print @count records, each @size bytes long, starting at @records.
 * JSON: {"version":1,NOTES,"ARRAY":[{...},...]}; text: a line for each note, then
 * a padded table, nothing at all (not even headings) for zero records, lists
 * joined by commas.  Strings that are not UTF-8 or hold control characters are
 * escaped as \xNN.
 * Returns 0 or a negative errno with @err filled.
 */
int report_print(FILE *out, const struct report *report, const void *records,
		 size_t count, size_t size, struct error *err);

/* The column of @columns whose key is @key (@length bytes of it), or NULL. */
const struct column *report_find_column(const struct column *columns,
					const char *key, size_t length);

/*
 * Copy @text into @buf fit for a terminal and for JSON: bytes that are not
 * UTF-8, control characters and the backslash become \xNN; what does not fit
 * is cut off.  Four times the length of @text (and the NUL) always suffices.
 * Returns @buf.
 */
const char *report_escape(const char *text, char *buf, size_t size);

/*
 * Print @err (of @verb, NULL before it is known) as "vfio-luctl: VERB: OBJECT:
 * MESSAGE: ERRNO TEXT" and a line for the hint, or as one JSON object:
 * {"version":1,"error":{...}}.  For cmd/main.c only.
 */
void report_error(FILE *out, const char *verb, const struct error *err, bool json);
