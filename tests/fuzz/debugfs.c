// SPDX-License-Identifier: GPL-2.0-or-later
/* A line of the kernel's list of sessions. */
#include "cleanup.h"
#include "debugfs.h"
#include "fuzz.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	struct debugfs_line line;

	if (debugfs_parse_line(text, &line))
		return 0;
	must(*line.session && strlen(line.session) < sizeof(line.session));
	must(*line.state && strlen(line.state) < sizeof(line.state));
	must(line.is_file ? *line.kind && strlen(line.kind) < sizeof(line.kind) : !line.token && !*line.kind);
	return 0;
}
