/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test Anything Protocol: a program checks, and ends with "return tap_done();". */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

/* One result; the name says what is true when it is ok. */
#define ok(condition, ...) tap_result((condition), __FILE__, __LINE__, __VA_ARGS__)

#define is_int(got, want, ...) tap_is_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)

#define is_text(got, want, ...) tap_is_text((got), (want), __FILE__, __LINE__, __VA_ARGS__)

#define tap_result(good, file, line, ...)                                        \
	({                                                                       \
		bool tap_good = (good);                                          \
		printf("%sok %d - ", tap_good ? "" : "not ", ++tap_count);       \
		tap_name(__VA_ARGS__);                                           \
		if (!tap_good) {                                                 \
			tap_failed++;                                            \
			printf("# at %s:%d\n", file, line);                      \
		}                                                                \
		tap_good;                                                        \
	})

#define tap_is_int(got, want, file, line, ...)                                   \
	({                                                                       \
		long long tap_got = (got), tap_want = (want);                    \
		if (!tap_result(tap_got == tap_want, file, line, __VA_ARGS__))   \
			printf("# got %lld, not %lld\n", tap_got, tap_want);     \
	})

#define tap_is_text(got, want, file, line, ...)                                  \
	({                                                                       \
		const char *tap_got = (got), *tap_want = (want);                 \
		if (!tap_result(!strcmp(tap_got, tap_want), file, line, __VA_ARGS__)) { \
			tap_lines("got", tap_got);                               \
			tap_lines("not", tap_want);                              \
		}                                                                \
	})

/* A name on one line, whatever is in it; '#' would start a directive. */
__attribute__((format(printf, 1, 2))) static inline void tap_name(const char *fmt, ...)
{
	char name[200], *c;
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	for (c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == '#')
			*c = '?';
	puts(name);
}

static inline void tap_lines(const char *what, const char *text)
{
	size_t length;

	for (;; text += length + 1) {
		length = strcspn(text, "\n");
		printf("# %s: %.*s\n", what, (int)length, text);
		if (!text[length])
			return;
	}
}

/* The plan comes last, so that a program that dies has none. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
