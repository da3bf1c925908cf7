/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two forms of a table, text and JSON, share; private to report*.c. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "report.h"

struct error;

/* Room for a text of a column_value or for an element of a list, escaped. */
#define REPORT_ELEMENT_SIZE sizeof(((struct column_value *)0)->text)
#define REPORT_CELL_SIZE (REPORT_ELEMENT_SIZE * 4)

/* The value of @column for @record, absent unless the getter says otherwise. */
void report_get(const struct column *column, const void *record, struct column_value *value);

/*
 * Copy the first element of *@list, which is not empty, to @element (what does
 * not fit is cut off) and step over it.
 */
void report_next_element(const char **list, char element[static REPORT_ELEMENT_SIZE]);

/* report_print() when text is wanted. */
int report_print_text(FILE *out, const struct report *report, const char *records,
		      size_t count, size_t size, struct error *err);
