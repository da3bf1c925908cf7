/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's log from a position on (Documentation/ABI/testing/dev-kmsg), and
 * of it what tells why a kexec did not happen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Open the log at its end: what is written from now on will be read.  Returns
 * a descriptor of the caller's, or a negative errno (-EPERM without CAP_SYSLOG).
 */
int kmsg_open(void);

/*
 * Append to @text, "; " between two, what the kernel has logged since about
 * live update, VFIO and kexec, each message once.  Returns how many there were.
 */
size_t kmsg_collect(int fd, char *text, size_t size);

/*
 * The message in a record of the log, cut out of @record, when it is about live
 * update, VFIO or kexec; else NULL.
 */
const char *kmsg_message(char *record);
