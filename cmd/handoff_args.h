/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How retrieve is to hand over what it retrieves. */
#pragma once

#include <argp.h>
#include <stdbool.h>

struct error;

struct handoff_args {
	char **command;   /* NULL: none */
	const char *send; /* the path of a socket, or NULL */
	bool qmp;         /* what listens there speaks QMP */
	bool iommufd;     /* a new one goes with it */
	bool finish;      /* as soon as all is bound */
	int first;        /* the number of the first descriptor; 0: as usual */
};

/* A child for the argp of retrieve; its input is a struct handoff_args. */
extern const struct argp handoff_argp;

/* Cut "-- COMMAND..." off *@argc and @argv: argp would mix its words with ours. */
void handoff_args_split(struct handoff_args *args, int *argc, char **argv);

/* What fits together, and can be checked of it at once.  STATUS_USAGE or STATUS_FAILED. */
int handoff_args_check(const struct handoff_args *args, struct error *err);
