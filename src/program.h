/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a program and waiting for it. */
#pragma once

#include <stddef.h>

/*
 * Run @argv[0], looked for in PATH, with the environment of ours, and wait for
 * its end.  Its standard input, output and error are @in, @out and @error; -1
 * is /dev/null.  They stay the caller's and may have close-on-exec set.
 * Returns its exit status, 128 plus the number of the signal that ended it, or
 * a negative errno: -ENOENT when there is no such program.
 */
int program_run(const char *const argv[], int in, int out, int error);

/*
 * The same without any input; what it writes to its standard output is in @text, which
 * has @size bytes: the beginning, when it is more.
 */
int program_output(const char *const argv[], char *text, size_t size);

/*
 * The same without any input or output; the first line of what it writes to its
 * standard error goes to @said ("" when there is none).
 */
int program_run_quietly(const char *const argv[], char *said, size_t size);
