// SPDX-License-Identifier: GPL-2.0-or-later
/* When /dev/liveupdate may be opened without being the one who spoils it. */
#include "host.h"
#include "survey.h"
#include "tap.h"

static const struct {
	const char *name;
	bool there, loaded, came;
	unsigned int hidden;
	bool want;
} cases[] = {
	{ "nothing came", true, true, false, 0, true },
	{ "nothing came, no list", true, true, false, HIDDEN_NO_LIST, true },
	{ "not there", false, true, false, 0, false },
	{ "vfio-pci not loaded", true, false, false, 0, false },
	{ "something came, and is listed", true, true, true, 0, true },
	{ "something came, and there is no list", true, true, true, HIDDEN_NO_LIST, false },
	{ "something came, and the list is hidden", true, true, true, HIDDEN_LIST, false },
};

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct host host = { .has_liveupdate = cases[i].there, .vfio_loaded = cases[i].loaded };
		struct survey survey = { .came = cases[i].came, .hidden = cases[i].hidden };

		ok(host_may_open(&host, &survey) == cases[i].want, "%s", cases[i].name);
	}
	return tap_done();
}
