// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a descriptor's link in /proc points. */
#include "cleanup.h"
#include "fuzz.h"
#include "procfs.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *link = fuzz_text(data, size);
	char name[32], *c;
	const char *rest;

	procfs_file(link, &rest);
	must(!rest || !*rest || (rest >= link && rest <= link + strlen(link)));
	rest = procfs_session_name(link);
	must(!rest || (rest >= link && rest <= link + strlen(link)));
	if (procfs_memfd_name(link, name, sizeof(name)))
		for (c = name; *c; c++)
			must(*c >= ' ' && *c <= '~');
	return 0;
}
