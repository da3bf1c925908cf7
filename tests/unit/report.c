// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables, JSON and errors, with contents that would harm a terminal or a parser. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "report.h"
#include "tap.h"

struct record {
	const char *name; /* NULL: absent */
	int64_t number;   /* negative: absent */
	bool flag;
};

static void get_name(const void *record, struct column_value *value)
{
	const struct record *r = record;

	value->absent = !r->name;
	snprintf(value->text, sizeof(value->text), "%s", r->name ? r->name : "");
}

static void get_number(const void *record, struct column_value *value)
{
	value->number = ((const struct record *)record)->number;
	value->absent = value->number < 0;
}

static void get_flag(const void *record, struct column_value *value)
{
	value->absent = false;
	value->number = ((const struct record *)record)->flag;
}

static void get_nothing(const void *record, struct column_value *value)
{
	(void)record;
	(void)value;
}

static const struct column columns[] = {
	{ "name", "NAME", COLUMN_STRING, true, get_name, "" },
	{ "number", "NUMBER", COLUMN_NUMBER, true, get_number, "" },
	{ "flag", "FLAG", COLUMN_BOOL, false, get_flag, "" },
	{ "nothing", "NOTHING", COLUMN_NUMBER, false, get_nothing, "" },
	{ 0 },
};

static const struct record records[] = {
	{ "a", 1, true },
	{ NULL, -1, false },
	{ "longer-than-heading", INT64_MAX, true },
	{ "gr\xc3\xbc\xc3\x9f" "e", 0, false },
};

static void check_print(const struct report *report, size_t count, const char *want, const char *what)
{
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int ret = report_print(out, report, records, count, sizeof(*records), &err);

	fclose(out);
	if (ret)
		ok(false, "%s: %s", what, err.message);
	else
		is_text(text, want, "%s", what);
	free(text);
}

static void check_text(void)
{
	static const char *const chosen[] = { "flag", "name", "flag", "nothing", NULL };
	struct report report = { .array = "things", .columns = columns };

	check_print(&report, 4,
		    "NAME                 NUMBER\n"
		    "a                    1\n"
		    "-                    -\n"
		    "longer-than-heading  9223372036854775807\n"
		    "gr\xc3\xbc\xc3\x9f" "e                0\n", "text: padded, the last column is not");
	check_print(&report, 1, "NAME  NUMBER\na     1\n", "text: the heading is wider");
	check_print(&report, 0, "", "text: no records, no headings");
	report.no_headings = true;
	check_print(&report, 1, "a  1\n", "text: without headings");
	check_print(&report, 0, "", "text: no records, without headings");
	report.no_headings = false;
	report.selected = chosen;
	check_print(&report, 2,
		    "FLAG  NAME  FLAG  NOTHING\nyes   a     yes   -\nno    -     no    -\n",
		    "text: chosen columns, in the order chosen");
}

static void check_json(void)
{
	static const char *const chosen[] = { "flag", NULL };
	struct report report = { .array = "things", .columns = columns, .json = true, .selected = chosen };

	check_print(&report, 0, "{\"version\":1,\"things\":[]}\n", "JSON: none");
	check_print(&report, 2,
		    "{\"version\":1,\"things\":["
		    "{\"name\":\"a\",\"number\":1,\"flag\":true,\"nothing\":null},"
		    "{\"name\":null,\"number\":null,\"flag\":false,\"nothing\":null}]}\n",
		    "JSON: all columns, typed, null when absent");
}

/* Words about the whole stand before the table; none of them is absent in JSON. */
static void check_notes(void)
{
	static const struct report_note notes[] = {
		{ .key = "phase", .text = "idle" }, { .key = "hidden" }, { .key = "said", .text = "\xff" },
		{ .key = "clock", .text = "realtime", .json_only = true }, { 0 },
	};
	struct report report = { .array = "things", .columns = columns, .notes = notes };

	check_print(&report, 1, "phase: idle\nsaid: \\xff\nNAME  NUMBER\na     1\n", "notes: text");
	check_print(&report, 0, "phase: idle\nsaid: \\xff\n", "notes: text, no records");
	report.no_headings = true;
	check_print(&report, 1, "a  1\n", "notes: they are headings");
	report.json = true;
	check_print(&report, 0,
		    "{\"version\":1,\"phase\":\"idle\",\"hidden\":null,\"said\":\"\\\\xff\",\"clock\":\"realtime\",\"things\":[]}\n",
		    "notes: JSON");
}

struct lists {
	const char *words, *numbers; /* NULL: absent */
};

static void get_words(const void *record, struct column_value *value)
{
	value->list = ((const struct lists *)record)->words;
	value->absent = !value->list;
}

static void get_numbers(const void *record, struct column_value *value)
{
	value->list = ((const struct lists *)record)->numbers;
	value->absent = !value->list;
}

static const struct column list_columns[] = {
	{ "words", "WORDS", COLUMN_STRINGS, COLUMN_DEFAULT | COLUMN_NEEDS(1), get_words, "" },
	{ "numbers", "NUMBERS", COLUMN_NUMBERS, COLUMN_NEEDS(2), get_numbers, "" },
	{ "costly", "COSTLY", COLUMN_STRING, COLUMN_ON_REQUEST | COLUMN_NEEDS(1u << 23), get_nothing, "" },
	{ 0 },
};

static void check_lists(const char *const *selected, bool json, const char *want, const char *what)
{
	static const struct lists lists[] = {
		{ "a\n\xff,\n\n", "7\n12\n" }, { "", "" }, { NULL, NULL }, { "\n", "-1\n" },
	};
	const struct report report = { .array = "things", .columns = list_columns, .selected = selected, .json = json };
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	is_int(report_print(out, &report, lists, 4, sizeof(*lists), &err), 0, "%s: printed", what);
	fclose(out);
	is_text(text, want, "%s", what);
	free(text);
}

static void check_list_forms(void)
{
	static const char *const both[] = { "numbers", "words", NULL };

	check_lists(both, false, "NUMBERS  WORDS\n7,12     a,\\xff,,\n-        -\n-        -\n-1       \n",
		    "lists: text, joined by commas");
	check_lists(NULL, true,
		    "{\"version\":1,\"things\":["
		    "{\"words\":[\"a\",\"\\\\xff,\",\"\"],\"numbers\":[7,12],\"costly\":null},"
		    "{\"words\":[],\"numbers\":[],\"costly\":null},"
		    "{\"words\":null,\"numbers\":null,\"costly\":null},"
		    "{\"words\":[\"\"],\"numbers\":[-1],\"costly\":null}]}\n",
		    "lists: JSON, none is not absent");
}

static void check_long_element(void)
{
	enum { fits = sizeof(((struct column_value *)0)->text) };
	char element[fits + 100], want[sizeof(element) + 16];
	const struct lists lists = { element, "" };
	const struct report report = { .columns = list_columns, .no_headings = true };
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	memset(element, 'x', sizeof(element));
	memcpy(element + sizeof(element) - 3, "\nb", 3);
	snprintf(want, sizeof(want), "%.*s,b\n", fits - 1, element);
	report_print(out, &report, &lists, 1, sizeof(lists), &err);
	fclose(out);
	is_text(text, want, "lists: a long element is cut off, what follows it is not");
	free(text);
}

static void check_needs(void)
{
	static const char *const numbers[] = { "numbers", NULL }, *const costly[] = { "costly", "costly", NULL };
	struct report report = { .columns = list_columns };

	is_int(report_needs(&report), 1, "needs: of the usual columns");
	report.selected = numbers;
	is_int(report_needs(&report), 2, "needs: of those chosen");
	report.json = true;
	is_int(report_needs(&report), 3, "needs: JSON has all");
	report.selected = costly;
	is_int(report_needs(&report), 3 | 1 << 23, "needs: but what is costly only when chosen");
}

static void check_unknown_column(void)
{
	static const char *const chosen[] = { "name", "nonsense", NULL };
	struct report report = { .columns = columns, .selected = chosen };
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	is_int(report_print(out, &report, records, 1, sizeof(*records), &err), -EINVAL,
	       "an unknown column is refused");
	fclose(out);
	ok(err.status == STATUS_USAGE && !strcmp(err.object, "nonsense"), "... and named");
	is_text(text, "", "... and nothing is printed");
	free(text);
	ok(report_find_column(columns, "number,x", 6) == &columns[1], "a column is found by length");
	ok(!report_find_column(columns, "numb", 4), "the beginning of a key is no key");
}

static const struct {
	const char *text, *want;
} escapes[] = {
	{ "", "" },
	{ "plain ~!\"'", "plain ~!\"'" },
	{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
	{ "\x1b[31mred\x7f", "\\x1b[31mred\\x7f" },
	{ "back\\slash", "back\\x5cslash" },
	{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" },           /* C1 control */
	{ "\xc0\xaf", "\\xc0\\xaf" },                     /* overlong */
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
	{ "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },            /* surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },   /* beyond Unicode */
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "cut \xe2\x82", "cut \\xe2\\x82" },
	{ "cut \xf0", "cut \\xf0" },
	{ "\x80x", "\\x80x" },
};

static void check_escapes(void)
{
	char buf[64], small[6];
	size_t i;

	for (i = 0; i < sizeof(escapes) / sizeof(*escapes); i++)
		is_text(report_escape(escapes[i].text, buf, sizeof(buf)), escapes[i].want,
			"escape %s", escapes[i].want);
	is_text(report_escape("abcdefgh", small, sizeof(small)), "abcde", "escape: cut to the room");
	is_text(report_escape("ab\n", small, sizeof(small)), "ab", "escape: no half of an escape");
	is_text(report_escape("abcd\xc3\xa9", small, sizeof(small)), "abcd", "escape: no half of a character");
}

static void check_error(const char *verb, const struct error *err, bool json, const char *want,
			const char *what)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	report_error(out, verb, err, json);
	fclose(out);
	is_text(text, want, "%s", what);
	free(text);
}

static void check_errors(void)
{
	struct error err = { 0 };

	error_set(&err, STATUS_BUSY, EBUSY, "0000:01:00.0", "open the cdev");
	check_error("preserve", &err, false,
		    "vfio-luctl: preserve: 0000:01:00.0: open the cdev: Device or resource busy\n",
		    "error: verb, object, message, errno");
	error_hint(&err, "stop \"qemu\"\n");
	check_error("preserve", &err, false,
		    "vfio-luctl: preserve: 0000:01:00.0: open the cdev: Device or resource busy\n"
		    "vfio-luctl: hint: stop \"qemu\"\\x0a\n", "error: with a hint");
	check_error("preserve", &err, true,
		    "{\"version\":1,\"error\":{\"code\":5,\"status\":\"busy\",\"errno\":\"EBUSY\","
		    "\"verb\":\"preserve\",\"object\":\"0000:01:00.0\",\"message\":\"open the cdev\","
		    "\"hint\":\"stop \\\"qemu\\\"\\\\x0a\"}}\n", "error: JSON");
	error_set(&err, STATUS_USAGE, 0, NULL, "bad word '\x1b[2J'");
	check_error(NULL, &err, false, "vfio-luctl: bad word '\\x1b[2J'\n", "error: escapes, nothing absent");
	check_error(NULL, &err, true,
		    "{\"version\":1,\"error\":{\"code\":2,\"status\":\"usage\",\"errno\":null,"
		    "\"verb\":null,\"object\":null,\"message\":\"bad word '\\\\x1b[2J'\",\"hint\":null}}\n",
		    "error: JSON, absent is null");
	error_set(&err, STATUS_NOT_FOUND, 4242, NULL, "x");
	check_error(NULL, &err, true,
		    "{\"version\":1,\"error\":{\"code\":6,\"status\":\"not-found\",\"errno\":null,"
		    "\"verb\":null,\"object\":null,\"message\":\"x\",\"hint\":null}}\n",
		    "error: JSON, an errno without a name");
}

int main(void)
{
	check_text();
	check_json();
	check_notes();
	check_list_forms();
	check_long_element();
	check_needs();
	check_unknown_column();
	check_escapes();
	check_errors();
	return tap_done();
}
