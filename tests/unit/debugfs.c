// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's list of sessions, line by line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "debugfs.h"
#include "tap.h"

static const struct {
	const char *text;
	int rc;
	struct debugfs_line want;
} lines[] = {
	{ "incoming session vm unclaimed", 0, { true, false, "vm", 0, "", "unclaimed" } },
	{ "outgoing session vm held", 0, { false, false, "vm", 0, "", "held" } },
	{ "incoming file vm 0x0001000000000100 vfio-pci-v1 waiting", 0,
	  { true, true, "vm", 0x0001000000000100, "vfio-pci-v1", "waiting" } },
	{ "incoming file odd\\040name 0x0000000000000007 memfd-v2 failed:-19", 0,
	  { true, true, "odd name", 7, "memfd-v2", "failed:-19" } },
	{ "incoming session \\134\\377 held", 0, { true, false, "\\\377", 0, "", "held" } },
	{ "", -EINVAL, { 0 } },
	{ "incoming", -EINVAL, { 0 } },
	{ "sideways session vm held", -EINVAL, { 0 } },
	{ "incoming thing vm held", -EINVAL, { 0 } },
	{ "incoming session vm", -EINVAL, { 0 } },
	{ "incoming session  held", -EINVAL, { 0 } },
	{ "incoming session vm held more", -EINVAL, { 0 } },
	{ "incoming session vm a-state-that-is-too-long", -EINVAL, { 0 } },
	{ "incoming session \\04 held", -EINVAL, { 0 } },
	{ "incoming session \\000 held", -EINVAL, { 0 } },
	{ "incoming session \\777 held", -EINVAL, { 0 } },
	{ "incoming session \\ held", -EINVAL, { 0 } },
	{ "incoming file vm 7 memfd-v2 waiting", -EINVAL, { 0 } },
	{ "incoming file vm 0x0000000000000007 waiting", -EINVAL, { 0 } },
	{ "incoming file vm 0x0000000000000007 012345678901234567890123456789012345678901234567 waiting",
	  -EINVAL, { 0 } },
	{ "incoming session 0123456789012345678901234567890123456789012345678901234567890123 held",
	  -EINVAL, { 0 } },
};

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct debugfs_line got;
		int rc = debugfs_parse_line(lines[i].text, &got);

		ok(rc == lines[i].rc, "%s: %d", lines[i].text, rc);
		if (rc == 0)
			ok(got.incoming == lines[i].want.incoming &&
				   got.is_file == lines[i].want.is_file &&
				   !strcmp(got.session, lines[i].want.session) &&
				   got.token == lines[i].want.token &&
				   !strcmp(got.kind, lines[i].want.kind) &&
				   !strcmp(got.state, lines[i].want.state),
			   "%s: means what it says", lines[i].text);
	}
	return tap_done();
}
