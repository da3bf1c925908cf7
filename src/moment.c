// SPDX-License-Identifier: GPL-2.0-or-later
/* Points in time, to text and back. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "moment.h"

static bool is_moment(int64_t moment)
{
	return moment > MOMENT_UNKNOWN && moment <= MOMENT_MAX;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		return MOMENT_UNKNOWN;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t moment_now(void)
{
	int64_t now = read_clock(CLOCK_REALTIME);

	return is_moment(now) ? now : MOMENT_UNKNOWN;
}

int64_t moment_of_boot(void)
{
	int64_t boot = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME);

	return is_moment(boot) ? boot : MOMENT_UNKNOWN;
}

const char *moment_format(int64_t moment, char buf[static MOMENT_STRLEN])
{
	time_t seconds = (time_t)(moment / 1000);
	struct tm utc;
	size_t used;

	buf[0] = '\0';
	if (!is_moment(moment) || !gmtime_r(&seconds, &utc))
		return buf;
	used = strftime(buf, MOMENT_STRLEN, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf + used, MOMENT_STRLEN - used, ".%03uZ", (unsigned int)(moment % 1000));
	return buf;
}

/* What the parts say must be what is written: no 31st of June, no blanks. */
int64_t moment_parse(const char *text)
{
	char full[MOMENT_STRLEN], canonical[MOMENT_STRLEN];
	struct tm utc = { 0 };
	unsigned int ms;
	int64_t moment;

	if (strlen(text) == strlen("2026-11-21T20:15:30Z") && text[strlen(text) - 1] == 'Z')
		snprintf(full, sizeof(full), "%.19s.000Z", text);
	else if (strlen(text) < sizeof(full))
		strcpy(full, text);
	else
		return MOMENT_UNKNOWN;
	if (sscanf(full, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
		   &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &ms) != 7)
		return MOMENT_UNKNOWN;
	utc.tm_year -= 1900;
	utc.tm_mon--;
	moment = (int64_t)timegm(&utc) * 1000 + ms;
	return strcmp(moment_format(moment, canonical), full) ? MOMENT_UNKNOWN : moment;
}

int64_t moment_seconds(int64_t from, int64_t to)
{
	return is_moment(from) && is_moment(to) && from <= to ? (to - from + 500) / 1000 : -1;
}
