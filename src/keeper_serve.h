/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a keeper: its state, and its answers. */
#pragma once

#include <sys/types.h>

#include "keeper_wire.h"

struct error;

struct keeper {
	struct keeper_info info;
	bool has_manifest; /* else info.manifest_error says why */
	bool manifest_due; /* for a reason that may have gone: to be tried again */
	bool memfds_due;   /* and without it, not all memfds were found either */
	int session;       /* the reason for this process to live; -1: not handed over yet */
	int spare;         /* an empty session of the service manager, to be filled and handed over */
	pid_t lessee;      /* who is about to hand a session over: the only one who may; 0: nobody */
	int lease;         /* the connection of that one */
	bool summoned;     /* we wait only because of that one */
	bool ended;        /* it was cancelled or finished */
	int listener;
	int dir;           /* where the socket is */
	int rootfd;
	int journal;       /* of an outgoing session, to be written into; -1: none */
	int signals;       /* a signalfd: one of these ends it, because others hold the session */
	int child;         /* a pidfd: whose end ends it while there is no session */
	char stored[256];  /* the name of the session in the service manager's store; "": it has none */
};

/*
 * Seconds that a silent client may keep the keeper from the others: more than a
 * loaded host stops a process for, less than what those others wait.
 */
#define KEEPER_CLIENT_TIMEOUT 10

/*
 * Take over the entries of @manifest, all in @state but for what was retrieved, or failed to
 * be, before.  Returns 0 or -ENOMEM.  @manifest keeps its own.
 */
int keeper_load(struct keeper *keeper, const struct manifest *manifest,
		enum entry_state state);

/*
 * Read the manifest of the session just retrieved, and its journal if it has one.
 * Whatever goes wrong with the manifest is written to info.manifest_error: there is
 * no way back from here.
 */
void keeper_read_manifest(struct keeper *keeper);

/* Do that again, when it failed for want of something: before a request is answered. */
void keeper_retry_manifest(struct keeper *keeper);

/* Take given[0], the journal of the session we hold, from whoever made both.  STATUS_BUSY, STATUS_FAILED. */
int keeper_take_journal(struct keeper *keeper, int *given, struct error *err);

/* Write into it that the jump has begun, the last that is heard in this kernel; or that it has not. */
int keeper_note_begun(const struct keeper *keeper, struct json_object *request, struct error *err);

/*
 * What that does without a manifest, where devices have to be named: retrieve the
 * memfds of ours, which are known by their numbers (token.h), so that a finish
 * does not lose one without a word.
 */
void keeper_find_memfds(struct keeper *keeper);

/*
 * Answer clients until the session has ended, cancelled or finished, or one of
 * the other reasons to end has come.
 */
void keeper_serve(struct keeper *keeper);

/* The name of a manifest in the service manager's store. */
#define KEEPER_STORED_MANIFEST "manifest"

/* Be hard to end: as to memory and signals, as far as that is allowed. */
void keeper_steady(void);

/* The entry under @token, or NULL. */
struct keeper_entry *keeper_find_entry(struct keeper *keeper, uint64_t token);

/* Retrieve the device of @entry, after everything that can be checked before. */
int keeper_retrieve_entry(struct keeper *keeper, struct keeper_entry *entry, struct error *err);

/*
 * Take over a session that others created or retrieved; @session and @manifest
 * (a memfd, or -1; of an outgoing session only) are the keeper's when it returns
 * 0.  What of an incoming one was retrieved before is retrieved again, which gives
 * the same files.  Whatever is wrong with the manifest is written to
 * info.manifest_error.  STATUS_REFUSED: it is no session, or the service manager does
 * not keep one that is for the next kernel; one that came is held all the same.
 */
int keeper_adopt(struct keeper *keeper, int session, int manifest, struct error *err);

/*
 * The same of a session that we have just retrieved by its name: nothing is asked that could
 * fail, because to let go of it may lock its devices.
 */
void keeper_adopt_retrieved(struct keeper *keeper, int session);

/*
 * Retrieve again what the kernel says was retrieved before, by a keeper that has died since:
 * which gives the same files.  Where the kernel has no list, a device has to be asked for.
 */
void keeper_resume(struct keeper *keeper);

/*
 * Whether the kernel says of the file under @token that it can still be retrieved, after it could
 * not be: with patch 0002 of ours, a kernel does not remember every failure.  False where it has no list.
 */
bool keeper_is_waiting(const struct keeper *keeper, uint64_t token);

/*
 * Have the service manager, if there is one, keep a copy of the session and of its
 * manifest (@manifest, -1: none), and see to it that it does.  STATUS_REFUSED
 * when it does not.
 */
int keeper_store(struct keeper *keeper, int manifest, struct error *err);

/*
 * Whether it has the session, so that nothing is lost with us.  When it has not, or has let go
 * of it, it is asked to keep it once more.
 */
bool keeper_is_stored(struct keeper *keeper);

/* Have it let go of them. */
void keeper_unstore(struct keeper *keeper);

/* The session has ended, or will never be: let go of everything, and of the name. */
void keeper_end(struct keeper *keeper);

/* A member of a request that is true; *@rc: -EBADMSG when it is no boolean. */
bool keeper_flag(const struct keeper *keeper, struct json_object *request, const char *key,
		 int *rc, struct error *err);

/* Requests of who wants a keeper that waits: to fill its session, to hand it over, to send it away. */
int keeper_grant_lease(struct keeper *keeper, struct json_object *request, int sock,
		       int *fd, struct error *err);
int keeper_take_over(struct keeper *keeper, int sock, int *given, struct error *err);
int keeper_dismissed(struct keeper *keeper, struct error *err);

/* -EAGAIN, STATUS_BUSY: somebody is about to hand a session over. */
int keeper_refuse_leased(const struct keeper *keeper, struct error *err);

/*
 * The lease is over, handed over or not: what the lessee may have put into a session
 * of ours goes, and so do we when we were there for it only.  The connection stays
 * open when we end: it ends with us.
 */
void keeper_lease_ended(struct keeper *keeper);

/*
 * The answer to one request on the connection @sock, NULL without memory.  @given: the
 * KEEPER_FDS descriptors that came with it (-1: none), the caller's but for those that are
 * set to -1.  @fds is for KEEPER_RETRIEVE_MAX descriptors to send beside it, owned by
 * the keeper; the first -1 ends them.
 * When the request was for a lease, and granted, @sock is the keeper's (keeper->lease).
 */
struct json_object *keeper_answer(struct keeper *keeper, struct json_object *request, int sock,
				  int *given, int *fds);
