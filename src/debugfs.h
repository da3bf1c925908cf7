/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own list of live update sessions, where it has one: a file in
 * debugfs that patch 0005 of ours adds
 * (Documentation/ABI/testing/debugfs-liveupdate).  Reading it changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEBUGFS_NAME_SIZE 64 /* LIVEUPDATE_SESSION_NAME_LENGTH, NUL included */
#define DEBUGFS_KIND_SIZE 48 /* LIVEUPDATE_HNDL_COMPAT_LENGTH, NUL included */

/* One line of the list: a session, or a file in the session named. */
struct debugfs_line {
	bool incoming;
	bool is_file;
	char session[DEBUGFS_NAME_SIZE]; /* unescaped: any bytes */
	uint64_t token;                  /* of a file */
	char kind[DEBUGFS_KIND_SIZE];    /* of a file: "vfio-pci-v1", "memfd-v2" */
	char state[16];                  /* "unclaimed", "held"; "waiting", ... */
};

/* Called per line; non-zero ends the walk. */
typedef int (*debugfs_line_fn)(void *data, const struct debugfs_line *line);

/*
 * Walk the list below @rootfd.  Lines that are not understood are passed over.
 * Returns 0, what @fn returned, or a negative errno: -ENOENT when the kernel has
 * no such list or debugfs is not mounted, -EACCES for anybody but root, -EBUSY
 * during a kexec.
 */
int debugfs_each_line(int rootfd, debugfs_line_fn fn, void *data);

/* Parse one line (without its newline) into @line. Returns 0 or -EINVAL. */
int debugfs_parse_line(const char *text, struct debugfs_line *line);
