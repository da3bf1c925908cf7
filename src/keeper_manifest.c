// SPDX-License-Identifier: GPL-2.0-or-later
/* A keeper and what its session holds for it: manifest and journal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "journal.h"
#include "keeper_serve.h"
#include "moment.h"
#include "token.h"

static void read_journal(struct keeper *keeper)
{
	struct error ignored;
	cleanup_close int fd = session_retrieve_fd(keeper->session, TOKEN_JOURNAL, "journal", &ignored);

	keeper->info.booted = moment_of_boot();
	keeper->info.jumped = fd < 0 ? MOMENT_UNKNOWN : journal_read(fd);
}

/* What was asked for by its token alone, as long as nothing else told of it. */
static void keep_known(struct keeper_info *info, const struct keeper_entry *known)
{
	struct keeper_entry *entry = NULL;
	size_t i;

	if (known->fd < 0 && known->state != ENTRY_FAILED)
		return;
	for (i = 0; i < info->count; i++)
		if (info->entries[i].of.token == known->of.token)
			entry = &info->entries[i];
	if (!entry) {
		entry = &info->entries[info->count++];
		entry->of = known->of;
	}
	entry->fd = known->fd;
	entry->state = known->state;
	entry->retrieved = known->retrieved;
	entry->bound = known->bound;
}

int keeper_load(struct keeper *keeper, const struct manifest *manifest,
		enum entry_state state)
{
	cleanup_free struct keeper_entry *before = keeper->info.entries;
	size_t count = keeper->info.count, i;
	struct keeper_entry *entries = calloc(manifest->count + count + 1, sizeof(*entries));

	if (!entries) {
		before = NULL;
		return -ENOMEM;
	}
	for (i = 0; i < manifest->count; i++)
		entries[i] = (struct keeper_entry){
			.of = manifest->entries[i], .state = state, .fd = -1,
		};
	keeper->info.entries = entries;
	keeper->info.count = manifest->count;
	for (i = 0; i < count; i++)
		keep_known(&keeper->info, &before[i]);
	keeper->info.preserved = moment_parse(manifest->created);
	keeper->has_manifest = true;
	return 0;
}

static int load_manifest(struct keeper *keeper, struct error *err)
{
	cleanup_close int fd = -1;
	struct manifest manifest;
	int rc;

	fd = session_retrieve_fd(keeper->session, TOKEN_MANIFEST, keeper->info.session, err);
	if (fd < 0)
		return fd;
	rc = manifest_from_fd(fd, keeper->info.kernel_name, &manifest, err);
	if (rc < 0)
		return rc;
	rc = keeper_load(keeper, &manifest, ENTRY_ARRIVED);
	manifest_free(&manifest);
	return rc < 0 ? error_set(err, STATUS_FAILED, -rc, keeper->info.session,
				  "cannot keep the manifest") : 0;
}

void keeper_read_manifest(struct keeper *keeper)
{
	char *why = keeper->info.manifest_error;
	struct error err = { .status = STATUS_OK };
	int rc = load_manifest(keeper, &err);

	read_journal(keeper);
	keeper->memfds_due = false;
	/* What it is, it stays; all else may have gone. */
	keeper->manifest_due = rc < 0 && rc != -ENOENT && rc != -EBADMSG && rc != -ENOTSUP;
	why[0] = '\0';
	if (rc == -ENOENT)
		snprintf(why, sizeof(keeper->info.manifest_error),
			 "the session has no manifest");
	else if (rc < 0)
		snprintf(why, sizeof(keeper->info.manifest_error), "%.200s%s%s", err.message,
			 err.code ? ": " : "", err.code ? strerror(err.code) : "");
	if (rc < 0)
		keeper_find_memfds(keeper);
}

void keeper_retry_manifest(struct keeper *keeper)
{
	if (!keeper->manifest_due && !keeper->memfds_due)
		return;
	keeper_read_manifest(keeper);
	if (keeper->has_manifest)
		keeper_resume(keeper);
}

int keeper_take_journal(struct keeper *keeper, int *given, struct error *err)
{
	if (keeper->session < 0 || keeper->info.direction != KEEPER_OUTGOING || keeper->journal >= 0)
		return error_set(err, STATUS_BUSY, EBUSY, keeper->info.session,
				 "the keeper has no use for a journal");
	if (given[0] < 0 || journal_check(given[0]) < 0)
		return error_set(err, STATUS_FAILED, EBADMSG, keeper->info.session,
				 "what was sent is no journal");
	keeper->journal = steal_fd(&given[0]);
	return 0;
}

int keeper_note_begun(const struct keeper *keeper, struct json_object *request, struct error *err)
{
	int rc;
	bool begun = keeper_flag(keeper, request, "begun", &rc, err);

	if (rc < 0)
		return rc;
	rc = keeper->journal < 0 ? 0 : journal_write(keeper->journal, begun ? moment_now() : MOMENT_UNKNOWN);
	return rc < 0 ? error_set(err, STATUS_FAILED, -rc, keeper->info.session,
				  "cannot write the journal") : 0;
}
