/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a keeper: its state, and its answers. */
#pragma once

#include "keeper_wire.h"

struct error;

struct keeper {
	struct keeper_info info;
	bool has_manifest; /* else info.manifest_error says why */
	int session;       /* the reason for this process to live */
	int listener;
	int dir;           /* where the socket is */
	int rootfd;
};

/*
 * Seconds that a silent client may keep the keeper from the others: more than a
 * loaded host stops a process for, less than what those others wait.
 */
#define KEEPER_CLIENT_TIMEOUT 10

/*
 * Take over the entries of @manifest, all in @state.  Returns 0 or -ENOMEM.
 * @manifest keeps its own.
 */
int keeper_load(struct keeper *keeper, const struct manifest *manifest,
		enum entry_state state);

/*
 * Read the manifest of the session just retrieved.  Whatever goes wrong is
 * written to info.manifest_error: there is no way back from here.
 */
void keeper_read_manifest(struct keeper *keeper);

/* Answer clients until the session has ended: cancelled or finished. */
void keeper_serve(struct keeper *keeper);

/*
 * The answer to one request, NULL without memory; *@fd is a descriptor to send
 * beside it, owned by the keeper, or -1.  *@ended is set when the session is gone.
 */
struct json_object *keeper_answer(struct keeper *keeper, struct json_object *request,
				  int *fd, bool *ended);
