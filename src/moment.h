/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moments that mean something in two kernels: milliseconds of CLOCK_REALTIME since
 * 1970.  No other clock goes on over a kexec; and this one is read from the
 * hardware's at boot, which has whole seconds, so what lies on both sides of a jump
 * is apart by what it says to within a second.
 */
#pragma once

#include <stdint.h>

#define MOMENT_UNKNOWN INT64_C(0)
#define MOMENT_MAX INT64_C(253402300799999) /* the end of the year 9999 */

#define MOMENT_STRLEN sizeof("2026-11-21T20:15:30.250Z")

/* MOMENT_UNKNOWN when the clock tells nothing of the kind. */
int64_t moment_now(void);

/* When this kernel began to run, as its clock stands now. */
int64_t moment_of_boot(void);

/* ISO 8601, UTC, into @buf; "" for what is unknown or no moment.  Returns @buf. */
const char *moment_format(int64_t moment, char buf[static MOMENT_STRLEN]);

/* The exact inverse; the milliseconds may be missing.  MOMENT_UNKNOWN for anything else. */
int64_t moment_parse(const char *text);

/* Whole seconds from @from to @to, rounded; -1 when one is unknown, or @to the earlier one. */
int64_t moment_seconds(int64_t from, int64_t to);
