// SPDX-License-Identifier: GPL-2.0-or-later
/* Session names. */
#include "error.h"
#include "session.h"
#include "tap.h"

#define N60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

/* Who forgets SESSION has a device there */
static void check_new_names(void)
{
	static const struct {
		const char *name;
		bool legal;
	} names[] = {
		{ "vm1", true }, { "vfio", true }, { "vfiox1", true }, { "my-vfio1", true }, { "vfio1.x", true },
		{ "01:00", true }, { "0000:01:00.0.x", true }, { "noiommu-", true }, { "", false }, { "systemd", false },
		{ "0000:01:00.0", false }, { "01:00.0", false }, { "10000:01:00.0", false }, { "vfio0", false },
		{ "vfio17", false }, { "noiommu-vfio0", false },
	};
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int rc = session_check_new_name(names[i].name, &err);

		ok((rc == 0) == names[i].legal, "'%s' is %s name for a new one", names[i].name,
		   names[i].legal ? "a" : "no");
		if (rc < 0)
			is_int(err.status, STATUS_USAGE, "'%s' is wrong usage", names[i].name);
	}
}

int main(void)
{
	static const struct {
		const char *name;
		bool legal;
	} names[] = {
		{ "a", true }, { "vm1", true }, { "_x", true }, { ":x", true }, { "A.b-c_d:e", true },
		{ "9", true }, { "systemd2", true }, { "Systemd", true }, { N60 "123", true },
		{ "", false }, { N60 "1234", false }, { ".", false }, { "..", false },
		{ ".lock", false }, { "-x", false }, { "a/b", false }, { "../x", false },
		{ "a b", false }, { "a\n", false }, { "a\x80", false }, { "\xc3\xa4", false },
		{ "systemd", false }, { "a%s", false }, { "a,b", false }, { "a@b", false },
	};
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int rc = session_check_name(names[i].name, &err);

		ok((rc == 0) == names[i].legal, "'%s' is %s name", names[i].name,
		   names[i].legal ? "a" : "no");
		if (rc < 0)
			is_int(err.status, STATUS_USAGE, "'%s' is wrong usage", names[i].name);
	}
	check_new_names();
	return tap_done();
}
