/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next kernel on a command line: what check and kexec share. */
#pragma once

#include <argp.h>
#include <stdbool.h>

#include "findings.h"
#include "target.h"

struct error;

struct target_args {
	const char *kernel;
	const char *initrd;
	const char *append;
	bool reuse_cmdline;
	enum way way;
};

/* A child for the argp of a verb; its input is a struct target_args. */
extern const struct argp target_argp;

/*
 * Open the next kernel that @args name into @target, which the caller ends with
 * target_close().  @recorded: the paths are below @rootfd.  Without --kernel the
 * one that was loaded last by us is meant: -ENOENT, with @err not filled, when
 * there is none.  Returns 0 or a negative errno with @err filled.
 */
int target_args_open(const struct target_args *args, int rootfd, bool recorded,
		     struct target *target, struct error *err);
