/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading below a root directory ("/" or --sysroot): all relative to
 * descriptors, so that a recorded host reads like a live one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct error;

/*
 * Open the root @path (NULL or "/" for the running host) as an O_PATH
 * directory descriptor, which the caller owns.  The running host must have
 * /proc.  Returns it, or a negative errno with @err filled.
 */
int sysroot_open(const char *path, struct error *err);

/*
 * Read the text attribute @name below @dirfd into @buf, the newline at the
 * end removed, always NUL-terminated.  Returns its length or a negative errno
 * (-ENAMETOOLONG when it does not fit, the newline counted in; -EINVAL for a NUL
 * inside).  Fills no error: most callers treat an absent attribute as an absent
 * value.
 */
int sysfs_read(int dirfd, const char *name, char *buf, size_t size);

/*
 * Open the file @name below @dirfd to be read line by line.  NULL with errno set:
 * EBADMSG when it has more than @max bytes or is no file, as in a recorded host a
 * device may stand there, or a hole of terabytes, which never end.
 */
FILE *sysfs_open(int dirfd, const char *name, off_t max);

/*
 * Whether @rc, of reading anything, says that we are short of descriptors or memory: that tells
 * nothing about what was to be read, and must not make it absent.
 */
bool sysfs_is_shortage(int rc);

/*
 * Write @text to the attribute @name below @dirfd. Returns 0 or a negative errno.
 */
int sysfs_write(int dirfd, const char *name, const char *text);

/*
 * The last component of where the link @name below @dirfd points.
 * Returns its length or a negative errno; fills no error.
 */
int sysfs_read_link(int dirfd, const char *name, char *buf, size_t size);
