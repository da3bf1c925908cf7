/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole check: what is gathered of a host put through all findings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "findings.h"

struct error;
struct survey;
struct target;

/* What a check is about. */
enum preflight_scope {
	PREFLIGHT_DEVICES, /* shall these devices be preserved, and is the host ready for it? */
	PREFLIGHT_JUMP,    /* may the host jump as it is: everything that goes along or gets lost */
	PREFLIGHT_LOAD,    /* may this kernel be loaded: of sessions and devices nothing */
};

struct preflight {
	int rootfd;
	bool live;                   /* not a recorded host */
	enum preflight_scope scope;
	char *const *words;          /* of PREFLIGHT_DEVICES; none: all VFIO devices */
	size_t count;
	const struct target *target; /* the next kernel, to be loaded or loaded by us; NULL: not known */
	bool to_be_loaded;           /* what is loaded now will be replaced by it */
	enum way way;
};

/*
 * Do @preflight and add what is found to @list, errors first.  A word that means no
 * device is STATUS_USAGE or STATUS_NOT_FOUND, as in plan_resolve(); it may mean
 * a PCI device that VFIO does not have.  Returns 0 or a negative errno with @err
 * filled; what was found is no error.
 */
int preflight_run(const struct preflight *preflight, struct finding_list *list, struct error *err);
