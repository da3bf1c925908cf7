/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a word of a command line can become, each kind from the one place that knows it. */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "commands.h"

struct column;

struct candidate {
	const char *kind; /* see complete.c */
	char *word;       /* NULL: none */
	char *help;       /* NULL: none */
};

struct candidates {
	const char *head;   /* what stays of the word: @head_length bytes, like "--for=" */
	size_t head_length;
	const char *typed;  /* what follows it: candidates begin with this */
	bool open;          /* a comma and more of them may follow */
	struct candidate *list;
	size_t count;
	bool failed;        /* there was no memory for one */
};

void candidates_free(struct candidates *found);

#define cleanup_candidates __attribute__((cleanup(candidates_free)))

/*
 * The files, directories or commands of the shell: @kind is that word.  To complete is what
 * comes after the head.
 */
void candidates_shell(struct candidates *found, const char *kind);

void candidates_verbs(struct candidates *found);
void candidates_options(struct candidates *found, const struct argp *argp);
void candidates_columns(struct candidates *found, const struct column *columns);
void candidates_literal(struct candidates *found, const char *word);
void candidates_goals(struct candidates *found);

/* The findings that can be overridden: errors. */
void candidates_findings(struct candidates *found);

/*
 * Of the host below @rootfd, as far as it can be seen; what fails is not found.  Devices
 * that are among the @given words are left out.
 */
void candidates_devices(struct candidates *found, int rootfd, char *const *given, size_t count);
void candidates_sessions(struct candidates *found, int rootfd, enum sessions which);

/* The devices of the incoming session @name; none when it is not seen. */
void candidates_session_devices(struct candidates *found, int rootfd, const char *name,
				char *const *given, size_t count);

/* The processes that have a VFIO device open. */
void candidates_processes(struct candidates *found, int rootfd);
