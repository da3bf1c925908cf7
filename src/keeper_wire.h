/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How keeper and client talk: one JSON object per SOCK_SEQPACKET packet, descriptors
 * beside it where some are handed over.
 *
 * One request per connection: {"op":"info","from":N}, {"op":"cancel"},
 * {"op":"finish","drop_memfds":BOOL}, {"op":"retrieve","tokens":["0x...",...]},
 * {"op":"dismiss"}, {"op":"journal"} with the
 * descriptor of one, {"op":"jump","begun":BOOL}; but {"op":"adopt"}, with the descriptors of a session and its manifest,
 * comes on the connection of {"op":"lease","summoned":BOOL}, which lasts as long as the
 * lease.  The reply is {"ok":true,...} or {"error":{...}}, the members of struct error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest.h"

struct error;
struct json_object;

/*
 * What an info reply has in "protocol": changed when one that is older would be misunderstood.
 * 1 had one "token" in a retrieve, and no lease: its adopt came on a connection of its own.
 */
#define KEEPER_PROTOCOL 2

#define KEEPER_PACKET_MAX 65536
#define KEEPER_FDS 2 /* at most with a request: a session and its manifest */
#define KEEPER_RETRIEVE_MAX 32 /* at most with a reply, one for each token */
#define KEEPER_INFO_PAGE 64 /* entries per info reply, so that it fits a packet */

enum keeper_direction { KEEPER_OUTGOING, KEEPER_INCOMING };

enum entry_state {
	ENTRY_PRESERVED, /* in an outgoing session */
	ENTRY_ARRIVED,   /* in a retrieved session, not retrieved itself */
	ENTRY_RETRIEVED, /* descriptor handed out, not bound to an iommufd */
	ENTRY_BOUND,     /* in use again: may be finished */
	ENTRY_IN_USE,    /* the same of a memfd: another process has it open */
	ENTRY_FAILED,    /* the kernel failed to retrieve it, for ever */
	ENTRY_GONE,      /* arrived, but there is no such device: finished without it */
};

const char *entry_state_name(enum entry_state state);

/* Whether an entry in @state is no reason not to finish its session. */
bool entry_is_done(enum entry_state state);

const char *keeper_direction_name(enum keeper_direction direction);

struct keeper_entry {
	struct manifest_entry of;
	enum entry_state state;
	int fd;              /* the keeper's own copy once retrieved, else -1 */
	/* Moments (moment.h), of which only what this keeper has seen itself is known: */
	int64_t retrieved;
	int64_t bound;       /* of a device: seen bound first, at some request */
};

/* What a keeper tells about itself. */
struct keeper_info {
	char session[SESSION_NAME_SIZE];
	char kernel_name[SESSION_NAME_SIZE]; /* of the same session, where others named it; "" none */
	enum keeper_direction direction;
	int pid;
	int protocol;          /* that it speaks; 0: it does not say */
	bool waiting;          /* for a session to be handed over: it has none */
	char manifest_error[256]; /* why there is no manifest; "" when there is one */
	/* Moments: */
	int64_t preserved;     /* written into the manifest */
	int64_t jumped;        /* written into the journal by the previous kernel's keeper */
	int64_t booted;        /* when this kernel began, of an incoming session */
	struct keeper_entry *entries;
	size_t count;
};

void keeper_info_free(struct keeper_info *info);

/*
 * Send @message, and the @count descriptors at @fds beside it.  Returns 0 or a
 * negative errno (-EAGAIN after the socket's timeout, -EMSGSIZE).
 */
int keeper_send(int sock, struct json_object *message, const int *fds, size_t count);

/*
 * Receive one packet: a JSON object, strictly parsed.  Descriptors beside it
 * go to @fds, which has room for @room of them (close-on-exec; -1 where there was
 * none).  Returns 0 or a negative errno and no descriptor: -ENODATA at the end,
 * -EBADMSG, -EMSGSIZE, -EMFILE when a descriptor could not be taken.
 */
int keeper_receive(int sock, struct json_object **message, int *fds, size_t room);

/* {"error":...}, {"ok":true}; NULL without memory. */
struct json_object *keeper_error_message(const struct error *err);
struct json_object *keeper_ok_message(void);

/* 0 for an ok reply; else the negative errno of its error, which fills @err. */
int keeper_reply_status(struct json_object *reply, const char *session,
			struct error *err);

/*
 * An info reply with the entries from @from on, and the reading of one into @info:
 * -EPROTO when it is of another protocol, and then only info->pid and info->protocol are
 * filled; -EBADMSG, -ENOMEM.
 */
struct json_object *keeper_info_message(const struct keeper_info *info, size_t from);
int keeper_info_read(struct json_object *reply, struct keeper_info *info,
		     size_t *total);
