// SPDX-License-Identifier: GPL-2.0-or-later
/* The columns that tell when something happened. */
#include "moment.h"
#include "moments.h"

const struct report_note moments_clock[] = { MOMENTS_CLOCK, { 0 } };

struct moments moments_of(const struct keeper_info *info, const struct keeper_entry *entry)
{
	return (struct moments){
		.preserved = info->preserved, .jumped = info->jumped, .booted = info->booted,
		.retrieved = entry ? entry->retrieved : MOMENT_UNKNOWN,
		.bound = entry ? entry->bound : MOMENT_UNKNOWN,
	};
}

static void set_moment(struct column_value *value, int64_t moment)
{
	char text[MOMENT_STRLEN];

	column_set_text(value, moment_format(moment, text));
}

void moments_get_preserved(const void *record, struct column_value *value)
{
	set_moment(value, ((const struct moments *)record)->preserved);
}

void moments_get_jumped(const void *record, struct column_value *value)
{
	set_moment(value, ((const struct moments *)record)->jumped);
}

void moments_get_booted(const void *record, struct column_value *value)
{
	set_moment(value, ((const struct moments *)record)->booted);
}

void moments_get_retrieved(const void *record, struct column_value *value)
{
	set_moment(value, ((const struct moments *)record)->retrieved);
}

void moments_get_bound(const void *record, struct column_value *value)
{
	set_moment(value, ((const struct moments *)record)->bound);
}

void moments_get_finished(const void *record, struct column_value *value)
{
	set_moment(value, ((const struct moments *)record)->finished);
}

void moments_get_blackout(const void *record, struct column_value *value)
{
	const struct moments *moments = record;

	column_set_number(value, moment_seconds(moments->jumped, moments->bound));
}
