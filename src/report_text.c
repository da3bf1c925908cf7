// SPDX-License-Identifier: GPL-2.0-or-later
/* The table for people. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "report_text.h"

static void put_escaped(FILE *out, const char *text)
{
	char buf[REPORT_CELL_SIZE];

	fputs(report_escape(text, buf, sizeof(buf)), out);
}

static void put_list(FILE *out, const char *list, bool numbers)
{
	char element[REPORT_ELEMENT_SIZE];

	while (*list) {
		report_next_element(&list, element);
		if (numbers)
			fprintf(out, "%lld", strtoll(element, NULL, 10));
		else
			put_escaped(out, element);
		if (*list)
			fputc(',', out);
	}
}

/* One cell; nothing at all is "-", as is what is absent. */
static void put_cell(FILE *out, const struct column *column, const void *record)
{
	struct column_value value;

	report_get(column, record, &value);
	if (value.absent)
		fputc('-', out);
	else if (column->type == COLUMN_NUMBER)
		fprintf(out, "%" PRId64, value.number);
	else if (column->type == COLUMN_BOOL)
		fputs(value.number ? "yes" : "no", out);
	else if (column->type == COLUMN_STRING)
		put_escaped(out, value.text[0] ? value.text : "-");
	else if (value.list[0])
		put_list(out, value.list, column->type == COLUMN_NUMBERS);
	else
		fputc('-', out);
}

/* Characters, not bytes: what pads a column. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	/* Our own output is UTF-8: only continuation bytes do not count. */
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* As many columns as there may be to show. */
static size_t count_columns(const struct report *report)
{
	const struct column *column;
	size_t count = 0, i;

	for (column = report->columns; column->key; column++)
		count++;
	for (i = 0; report->selected && report->selected[i]; i++)
		count++;
	return count;
}

/* The columns to show into @shown, which is full of NULL. */
static int choose_columns(const struct report *report, const struct column **shown,
			  struct error *err)
{
	const struct column *column;
	size_t i;

	for (column = report->columns; column->key && !report->selected; column++)
		if (column->flags & COLUMN_DEFAULT)
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

/* All cells of the table, headings first, row by row, each with a NUL behind it. */
static char *make_cells(const struct report *report, const struct column *const *shown,
			const char *records, size_t count, size_t size)
{
	const struct column *const *column;
	char *cells = NULL;
	size_t length, i;
	FILE *out = open_memstream(&cells, &length);
	bool failed;

	if (!out)
		return NULL;
	for (column = shown; *column && !report->no_headings; column++)
		fwrite((*column)->heading, 1, strlen((*column)->heading) + 1, out);
	for (i = 0; i < count; i++)
		for (column = shown; *column; column++) {
			put_cell(out, *column, records + i * size);
			fputc('\0', out);
		}
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(cells);
		return NULL;
	}
	return cells;
}

static void measure_cells(const char *cells, size_t rows, size_t columns, size_t *widths)
{
	size_t i, width;

	for (i = 0; i < rows * columns; i++, cells += strlen(cells) + 1) {
		width = text_width(cells);
		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
}

static void print_cells(FILE *out, const char *cells, size_t rows, size_t columns,
			const size_t *widths)
{
	size_t i, pad;

	for (i = 0; i < rows * columns; i++, cells += strlen(cells) + 1) {
		fputs(cells, out);
		if (i % columns + 1 == columns) {
			fputc('\n', out);
			continue;
		}
		for (pad = widths[i % columns] + 2 - text_width(cells); pad; pad--)
			fputc(' ', out);
	}
}

int report_print_text(FILE *out, const struct report *report, const char *records,
		      size_t count, size_t size, struct error *err)
{
	cleanup_free const struct column **shown = calloc(count_columns(report) + 1, sizeof(*shown));
	size_t *widths = report->widths, columns = 0, rows = count + !report->no_headings;
	cleanup_free size_t *own_widths = NULL;
	cleanup_free char *cells = NULL;
	int ret;

	if (!shown)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	ret = choose_columns(report, shown, err);
	if (ret || !count)
		return ret;
	while (shown[columns])
		columns++;
	if (!widths)
		widths = own_widths = calloc(columns + 1, sizeof(*widths));
	cells = make_cells(report, shown, records, count, size);
	if (!widths || !cells)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	measure_cells(cells, rows, columns, widths);
	print_cells(out, cells, rows, columns, widths);
	return 0;
}
