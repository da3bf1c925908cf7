// SPDX-License-Identifier: GPL-2.0-or-later
/* The keeper's answers. After RETRIEVE_SESSION no error may end it. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "keeper.h"
#include "keeper_check.h"
#include "keeper_serve.h"
#include "moment.h"
#include "procfs.h"
#include "token.h"
#include "vfio.h"

struct keeper_entry *keeper_find_entry(struct keeper *keeper, uint64_t token)
{
	size_t i;

	for (i = 0; i < keeper->info.count; i++)
		if (keeper->info.entries[i].of.token == token)
			return &keeper->info.entries[i];
	return NULL;
}

/*
 * Bound is what a client does with its copy, and a device that nobody has
 * retrieved can be removed and come back: ask the kernel each time.  What we
 * have of a memfd is lost with us unless somebody else has it too.
 */
static void refresh_state(struct keeper *keeper, struct keeper_entry *entry)
{
	if (token_memfd(entry->of.token)) {
		if (entry->fd >= 0)
			entry->state = procfs_is_shared(keeper->rootfd, entry->fd) ? ENTRY_IN_USE
										  : ENTRY_RETRIEVED;
		return;
	}
	if (entry->fd >= 0 && vfio_is_bound(entry->fd)) {
		if (entry->state != ENTRY_BOUND)
			entry->bound = moment_now();
		entry->state = ENTRY_BOUND;
	} else if (entry->fd >= 0) {
		entry->state = ENTRY_RETRIEVED;
	} else if (entry->state == ENTRY_ARRIVED || entry->state == ENTRY_GONE) {
		entry->state = device_exists(keeper->rootfd, entry->of.address) ? ENTRY_ARRIVED
										: ENTRY_GONE;
	}
}

static void refresh_states(struct keeper *keeper)
{
	size_t i;

	for (i = 0; i < keeper->info.count; i++)
		refresh_state(keeper, &keeper->info.entries[i]);
}

/* A member of @request that need not be there: NULL; of another type it is none of ours. */
static int get_member(const struct keeper *keeper, struct json_object *request, const char *key,
		      enum json_type type, struct json_object **value, struct error *err)
{
	*value = NULL;
	if (!json_object_object_get_ex(request, key, value) || json_object_is_type(*value, type))
		return 0;
	return error_set(err, STATUS_FAILED, EBADMSG, keeper->info.session,
			 "a request with a wrong '%s'", key);
}

bool keeper_flag(const struct keeper *keeper, struct json_object *request, const char *key,
		 int *rc, struct error *err)
{
	struct json_object *value;

	*rc = get_member(keeper, request, key, json_type_boolean, &value, err);
	return *rc == 0 && json_object_get_boolean(value);
}

static struct json_object *answer_info(struct keeper *keeper, struct json_object *request,
				       struct error *err)
{
	struct json_object *value;
	int64_t from;

	if (get_member(keeper, request, "from", json_type_int, &value, err) < 0)
		return keeper_error_message(err);
	from = json_object_get_int64(value);
	refresh_states(keeper);
	return keeper_info_message(&keeper->info, from < 0 ? 0 : (size_t)from);
}

/* An entry for what the manifest cannot tell about: its token says which. */
static struct keeper_entry *add_entry(struct keeper *keeper, uint64_t token,
				      struct error *err)
{
	struct keeper_entry entry = { .of = { .token = token, .vendor = -1, .device = -1 },
				      .state = ENTRY_ARRIVED, .fd = -1 };
	struct keeper_entry *grown;
	char text[TOKEN_STRLEN];

	if (keeper->has_manifest ||
	    (!token_to_pci(token, &entry.of.address) && !token_memfd(token))) {
		error_set(err, STATUS_NOT_FOUND, ENOENT, keeper->info.session,
			  "the session holds no device or memfd under token %s",
			  token_format(token, text));
		return NULL;
	}
	grown = reallocarray(keeper->info.entries, keeper->info.count + 1, sizeof(*grown));
	if (!grown) {
		error_set(err, STATUS_FAILED, ENOMEM, keeper->info.session, "out of memory");
		return NULL;
	}
	keeper->info.entries = grown;
	grown[keeper->info.count] = entry;
	return &grown[keeper->info.count++];
}

/* Ask the kernel for one file, the last possible moment for every check. */
int keeper_retrieve_entry(struct keeper *keeper, struct keeper_entry *entry, struct error *err)
{
	char label[MANIFEST_LABEL_SIZE];
	int rc = 0, probe, fd;

	manifest_label(&entry->of, label);
	if (!token_memfd(entry->of.token))
		rc = keeper_check_device(keeper->rootfd, &entry->of, err);
	if (rc < 0)
		return rc;
	probe = fcntl(keeper->session, F_DUPFD_CLOEXEC, 0);
	if (probe < 0)
		return error_set(err, STATUS_REFUSED, errno, label,
				 "the keeper has no free descriptor");
	close(probe);
	fd = session_retrieve_fd(keeper->session, entry->of.token, label, err);
	if (fd < 0) {
		if (fd != -EMFILE && fd != -ENOENT && !keeper_is_waiting(keeper, entry->of.token))
			entry->state = ENTRY_FAILED;
		return fd;
	}
	entry->fd = fd;
	entry->state = ENTRY_RETRIEVED;
	/* Bound already: a keeper that has died since had it out, and nobody knows when. */
	if (!token_memfd(entry->of.token) && vfio_is_bound(fd))
		entry->state = ENTRY_BOUND;
	else
		entry->retrieved = moment_now();
	return 0;
}

/* Drop the entry that add_entry() made when the session turns out not to have it. */
static void drop_unknown(struct keeper *keeper, const struct keeper_entry *entry)
{
	if (!keeper->has_manifest && entry == &keeper->info.entries[keeper->info.count - 1] &&
	    entry->state == ENTRY_ARRIVED)
		keeper->info.count--;
}

void keeper_find_memfds(struct keeper *keeper)
{
	struct error ignored;
	struct stat st;
	uint32_t number;

	for (number = 1; number <= MANIFEST_MAX_ENTRIES; number++) {
		struct keeper_entry *entry = keeper_find_entry(keeper, token_from_memfd(number));
		int rc = 0;

		if (!entry)
			entry = add_entry(keeper, token_from_memfd(number), &ignored);
		if (entry && entry->fd < 0 && entry->state == ENTRY_ARRIVED)
			rc = keeper_retrieve_entry(keeper, entry, &ignored);
		if (entry && entry->fd >= 0 && fstat(entry->fd, &st) == 0)
			entry->of.size = (uint64_t)st.st_size;
		if (entry && rc < 0)
			drop_unknown(keeper, entry);
		keeper->memfds_due = !entry || rc == -EMFILE;
		if (rc == -ENOENT || keeper->memfds_due)
			return;
	}
}

static int retrieve_one(struct keeper *keeper, struct json_object *text, int *fd, struct error *err)
{
	struct keeper_entry *entry;
	uint64_t token;
	int rc;

	if (!json_object_is_type(text, json_type_string) ||
	    token_parse(json_object_get_string(text), &token))
		return error_set(err, STATUS_FAILED, EBADMSG, keeper->info.session,
				 "a request with what is no token");
	entry = keeper_find_entry(keeper, token);
	if (!entry)
		entry = add_entry(keeper, token, err);
	if (!entry)
		return -err->code;
	if (entry->fd < 0) {
		rc = keeper_retrieve_entry(keeper, entry, err);
		if (rc < 0) {
			drop_unknown(keeper, entry);
			return rc;
		}
	}
	*fd = entry->fd;
	return 0;
}

/* All, or none is handed out; what was retrieved by then stays with us. */
static int retrieve(struct keeper *keeper, struct json_object *request, int *fds, struct error *err)
{
	struct json_object *tokens;
	size_t i, count;
	int rc = 0;

	if (keeper->info.direction != KEEPER_INCOMING)
		return error_set(err, STATUS_REFUSED, 0, keeper->info.session,
				 "the session is outgoing: there was no kexec yet");
	if (!json_object_object_get_ex(request, "tokens", &tokens) ||
	    !json_object_is_type(tokens, json_type_array))
		return error_set(err, STATUS_FAILED, EBADMSG, keeper->info.session,
				 "a request without tokens");
	count = json_object_array_length(tokens);
	if (count == 0 || count > KEEPER_RETRIEVE_MAX)
		return error_set(err, STATUS_FAILED, EBADMSG, keeper->info.session,
				 "a request with %zu tokens", count);
	for (i = 0; rc == 0 && i < count; i++)
		rc = retrieve_one(keeper, json_object_array_get_idx(tokens, i), &fds[i], err);
	return rc;
}

/* What keeps the session from being finished, in one error. */
static int refuse_unready(struct keeper *keeper, bool drop_memfds, struct error *err)
{
	char list[384] = "", label[MANIFEST_LABEL_SIZE];
	size_t i, used = 0, memfds = 0, unseen = 0;
	int rc;

	refresh_states(keeper);
	for (i = 0; i < keeper->info.count; i++) {
		const struct keeper_entry *entry = &keeper->info.entries[i];
		bool is_memfd = token_memfd(entry->of.token);

		if (entry_is_done(entry->state) || (is_memfd && drop_memfds))
			continue;
		memfds += is_memfd;
		unseen += is_memfd && entry->state == ENTRY_RETRIEVED;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s %s",
				used ? ", " : "", manifest_label(&entry->of, label),
				entry->state == ENTRY_ARRIVED ? "is not retrieved" :
				is_memfd ? "is in use by nobody" : "is not bound to an iommufd");
	}
	if (!used)
		return 0;
	rc = error_set(err, STATUS_BUSY, EBUSY, keeper->info.session, "%s", list);
	if (unseen && procfs_is_hidden(keeper->rootfd))
		error_hint(err, "it may be in use all the same: the keeper was started without CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH, and does not see all processes");
	else if (memfds)
		error_hint(err, "the content of such a memfd would be lost; give it to its user with 'vfio-luctl retrieve %s -- COMMAND', or give it up with 'vfio-luctl finish --drop-memfds %s'",
			   keeper->info.session, keeper->info.session);
	return rc;
}

void keeper_end(struct keeper *keeper)
{
	char name[SESSION_NAME_SIZE + sizeof(KEEPER_SUFFIX)];
	size_t i;

	snprintf(name, sizeof(name), "%s" KEEPER_SUFFIX, keeper->info.session);
	for (i = 0; i < keeper->info.count; i++)
		cleanup_close_fn(&keeper->info.entries[i].fd);
	keeper->info.count = 0;
	keeper_unstore(keeper);
	cleanup_close_fn(&keeper->session);
	cleanup_close_fn(&keeper->spare);
	cleanup_close_fn(&keeper->journal);
	keeper->session = keeper->spare = keeper->journal = -1;
	keeper->ended = true;
	unlinkat(keeper->dir, name, 0);
}

static int say_unknown_memfds(const struct keeper *keeper, struct error *err)
{
	int rc = error_set(err, STATUS_FAILED, EMFILE, keeper->info.session,
			   "the keeper could not find out which memfds it holds, and could lose one");

	error_hint(err, "remove the reason and try again; or give them up with 'vfio-luctl finish --drop-memfds %s'",
		   keeper->info.session);
	return rc;
}

static int finish(struct keeper *keeper, struct json_object *request, struct error *err)
{
	bool drop;
	int rc;

	if (keeper->info.direction != KEEPER_INCOMING) {
		rc = error_set(err, STATUS_REFUSED, 0, keeper->info.session,
			       "the session is outgoing: there is nothing to finish before the kexec");
		error_hint(err, "vfio-luctl cancel %s", keeper->info.session);
		return rc;
	}
	drop = keeper_flag(keeper, request, "drop_memfds", &rc, err);
	if (rc == 0 && keeper->memfds_due && !drop)
		rc = say_unknown_memfds(keeper, err);
	if (rc == 0)
		rc = refuse_unready(keeper, drop, err);
	if (rc < 0)
		return rc;
	rc = session_finish(keeper->session, keeper->info.session, err);
	if (rc == 0)
		keeper_end(keeper);
	return rc;
}

static int cancel(struct keeper *keeper, struct error *err)
{
	int rc = keeper_refuse_leased(keeper, err);

	if (rc < 0)
		return rc;
	if (keeper->info.direction == KEEPER_OUTGOING) {
		keeper_end(keeper);
		return 0;
	}
	rc = error_set(err, STATUS_REFUSED, 0, keeper->info.session,
		       "the session came from the previous kernel and cannot be cancelled");
	error_hint(err, "vfio-luctl finish %s", keeper->info.session);
	return rc;
}

struct json_object *keeper_answer(struct keeper *keeper, struct json_object *request, int sock,
				  int *given, int *fds)
{
	struct error err = { .status = STATUS_OK };
	struct json_object *value;
	const char *op = "";
	size_t i;
	int rc;

	for (i = 0; i < KEEPER_RETRIEVE_MAX; i++)
		fds[i] = -1;
	keeper_retry_manifest(keeper);
	if (json_object_object_get_ex(request, "op", &value) &&
	    json_object_is_type(value, json_type_string))
		op = json_object_get_string(value);
	if (!strcmp(op, "info"))
		return answer_info(keeper, request, &err);
	if (!strcmp(op, "retrieve"))
		rc = retrieve(keeper, request, fds, &err);
	else if (!strcmp(op, "finish"))
		rc = finish(keeper, request, &err);
	else if (!strcmp(op, "cancel"))
		rc = cancel(keeper, &err);
	else if (!strcmp(op, "lease"))
		rc = keeper_grant_lease(keeper, request, sock, fds, &err);
	else if (!strcmp(op, "dismiss"))
		rc = keeper_dismissed(keeper, &err);
	else if (!strcmp(op, "adopt"))
		rc = keeper_take_over(keeper, sock, given, &err);
	else if (!strcmp(op, "journal"))
		rc = keeper_take_journal(keeper, given, &err);
	else if (!strcmp(op, "jump"))
		rc = keeper_note_begun(keeper, request, &err);
	else
		rc = error_set(&err, STATUS_FAILED, EBADMSG, keeper->info.session,
			       "the keeper does not know this request");
	if (rc < 0)
		fds[0] = -1;
	return rc < 0 ? keeper_error_message(&err) : keeper_ok_message();
}
