/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of a kernel: parameters separated by spaces, quotes around
 * what has spaces inside, '-' and '_' alike in names, and nothing of it the
 * kernel's after "--" (next_arg() in lib/cmdline.c, parse_args() and parameq()
 * in kernel/params.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The longest a kernel takes is 2048 on x86 (COMMAND_LINE_SIZE), NUL included. */
#define KCMDLINE_SIZE 4096

/*
 * The last value of the parameter @name into @value: "" when it is there
 * without one.  Returns whether it is there at all.
 */
bool kcmdline_get(const char *cmdline, const char *name, char *value, size_t size);

/* All its values, in their order, a space between two. */
bool kcmdline_all(const char *cmdline, const char *name, char *values, size_t size);

/* Whether @word is among the values of @name, which are lists separated by commas. */
bool kcmdline_has_word(const char *cmdline, const char *name, const char *word);

/*
 * A switch as kstrtobool() reads it: 1 on, 0 off, -1 when the parameter is not
 * there.  The last one counts that is a switch at all.
 */
int kcmdline_switch(const char *cmdline, const char *name);

/*
 * The parameters that decide about IOMMU groups and translation and differ
 * between @running and @target, into @names, ", " between two; "" when all are
 * equal.  Returns @names.
 */
const char *kcmdline_iommu_differences(const char *running, const char *target,
				       char *names, size_t size);

/* Whether @cmdline turns the IOMMU off. */
bool kcmdline_iommu_off(const char *cmdline);

/*
 * A command line for the next kernel into @line: @running without what belongs
 * to its boot loader (BOOT_IMAGE), unless NULL, then @append, unless NULL.
 * Returns 0 or -E2BIG.
 */
int kcmdline_build(const char *running, const char *append, char *line, size_t size);
