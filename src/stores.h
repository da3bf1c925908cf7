/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptor stores of systemd's units, and what becomes of them. */
#pragma once

#include <stdbool.h>

#include "survey.h"

/* A unit, as systemctl show tells of it; what it does not tell is "" or 0. */
struct stores_unit {
	char id[SURVEY_UNIT_SIZE];
	int stored;        /* NFileDescriptorStore= */
	char preserve[16]; /* FileDescriptorStorePreserve= */
};

/*
 * Where systemd is process 1, tell of each session for the next kernel whether it goes along
 * with systemctl kexec (carried), and of what process 1 holds of which unit it is.  Units are
 * asked by programs of systemd: only for the host that runs.
 */
void stores_ask(int rootfd, struct survey *survey);

/*
 * The first unit in *@text, PROPERTY=VALUE a line, in any order, up to an empty line or the
 * end; *@text, which is cut up, is then what follows.  False when there is none any more.
 */
bool stores_next_unit(char **text, struct stores_unit *unit);
