// SPDX-License-Identifier: GPL-2.0-or-later
/* Moments: to text, back, and the time between. */
#include "moment.h"
#include "tap.h"

static void check(int64_t moment, const char *want)
{
	char text[MOMENT_STRLEN];

	is_text(moment_format(moment, text), want, "%lld is '%s'", (long long)moment, want);
	is_int(moment_parse(want), *want ? moment : MOMENT_UNKNOWN, "'%s' is read as it is printed", want);
}

static void check_bad(void)
{
	static const char *const bad[] = {
		"", "x", "2026-11-21", "2026-11-21T20:15:30", "2026-11-21T20:15:30.25Z", "2026-11-21T20:15:30.2500Z",
		"2026-11-21 20:15:30.250Z", "2026-11-21T20:15:30.250z", "2026-11-21T20:15:30.250+", "2026-11-31T20:15:30.250Z",
		"2026-13-21T20:15:30.250Z", "2026-11-21T24:15:30.250Z", "2026-11-21T20:15:60.250Z", "2026-11-21T20:15: 0.250Z",
		"2026-11-21T20:15:30.-50Z", "-026-11-21T20:15:30.250Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z",
		"2026-11-21T20:15:30.250Z ", "+2026-11-21T20:15:30.25Z", "2026-11-21T20:15:30xZ", "Z", "aaaaaaaaaaaaaaaaaaaZ",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(moment_parse(bad[i]) == MOMENT_UNKNOWN, "'%s' is no moment", bad[i]);
}

int main(void)
{
	int64_t now = moment_now(), boot = moment_of_boot();

	check(1, "1970-01-01T00:00:00.001Z");
	check(1795292130250, "2026-11-21T20:15:30.250Z");
	check(951782400000, "2000-02-29T00:00:00.000Z");
	check(MOMENT_MAX, "9999-12-31T23:59:59.999Z");
	check(MOMENT_UNKNOWN, "");
	check(-1, "");
	check(MOMENT_MAX + 1, "");
	check(INT64_MIN, "");
	check(INT64_MAX, "");
	is_int(moment_parse("2026-11-21T20:15:30Z"), 1795292130000, "milliseconds may be missing");
	check_bad();
	ok(boot > MOMENT_UNKNOWN && boot < now && now <= moment_now(), "the clock tells, and goes on");
	is_int(moment_seconds(1000, 1000), 0, "no time");
	is_int(moment_seconds(1000, 1499), 0, "less than half a second");
	is_int(moment_seconds(1000, 1500), 1, "half a second");
	is_int(moment_seconds(1000, 999), -1, "backwards");
	is_int(moment_seconds(MOMENT_UNKNOWN, 999), -1, "from nobody knows when");
	is_int(moment_seconds(999, MOMENT_UNKNOWN), -1, "to nobody knows when");
	is_int(moment_seconds(1, MOMENT_MAX), MOMENT_MAX / 1000 + 1, "as long as can be");
	return tap_done();
}
