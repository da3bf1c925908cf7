// SPDX-License-Identifier: GPL-2.0-or-later
/* Filling the error record. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

/* In parentheses, because analyzers have a macro of that name. */
int (error_set)(struct error *err, enum exit_status status, int code,
		const char *object, const char *fmt, ...)
{
	va_list args;

	err->status = status;
	err->code = code;
	err->hint[0] = '\0';
	snprintf(err->object, sizeof(err->object), "%s", object ? object : "");
	va_start(args, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return code ? -code : -EINVAL;
}

void error_hint(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}

void error_wrap(struct error *err, const char *fmt, ...)
{
	char text[sizeof(err->message)];
	va_list args;
	size_t length;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	length = strlen(text);
	snprintf(text + length, sizeof(text) - length, ": %.*s", (int)(sizeof(text) - length),
		 err->message);
	memcpy(err->message, text, sizeof(text));
}
