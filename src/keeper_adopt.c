// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions that a keeper gets from others, and copies of them that a service manager keeps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "debugfs.h"
#include "error.h"
#include "keeper_serve.h"
#include "notify.h"
#include "procfs.h"
#include "token.h"

#define BARRIER_SECONDS 30

/* A device that was retrieved before: by a keeper that has died since. */
static int resume(void *data, const struct debugfs_line *line)
{
	struct keeper *keeper = data;
	struct keeper_entry *entry;
	struct error ignored;

	if (!line->incoming || !line->is_file || strcmp(line->session, keeper->info.kernel_name) ||
	    strcmp(line->state, "retrieved"))
		return 0;
	entry = keeper_find_entry(keeper, line->token);
	if (entry && entry->fd < 0)
		keeper_retrieve_entry(keeper, entry, &ignored);
	return 0;
}

void keeper_resume(struct keeper *keeper)
{
	debugfs_each_line(keeper->rootfd, resume, keeper);
}

struct file_search {
	const char *session;
	uint64_t token;
};

static int find_waiting(void *data, const struct debugfs_line *line)
{
	const struct file_search *search = data;

	return line->incoming && line->is_file && line->token == search->token &&
	       !strcmp(line->session, search->session) && !strcmp(line->state, "waiting");
}

bool keeper_is_waiting(const struct keeper *keeper, uint64_t token)
{
	struct file_search search = { .session = keeper->info.kernel_name, .token = token };

	return debugfs_each_line(keeper->rootfd, find_waiting, &search) > 0;
}

static void adopt_incoming(struct keeper *keeper)
{
	keeper->info.direction = KEEPER_INCOMING;
	keeper_read_manifest(keeper);
	keeper_resume(keeper);
}

/* A session is held and goes along whatever its manifest: that cannot be read out of it yet. */
static void adopt_outgoing(struct keeper *keeper, int manifest_fd)
{
	struct error err = { .message = "its manifest is not at hand until the kexec" };
	struct manifest manifest;
	int rc = manifest_fd < 0 ? -ENOENT : manifest_from_fd(manifest_fd, keeper->info.kernel_name, &manifest, &err);

	keeper->info.direction = KEEPER_OUTGOING;
	if (rc == 0) {
		rc = keeper_load(keeper, &manifest, ENTRY_PRESERVED);
		manifest_free(&manifest);
	}
	if (rc < 0)
		snprintf(keeper->info.manifest_error, sizeof(keeper->info.manifest_error), "%.200s",
			 err.message);
}

/* Of an adoption that failed, nothing remains. */
static void forget(struct keeper *keeper)
{
	size_t i;

	for (i = 0; i < keeper->info.count; i++)
		cleanup_close_fn(&keeper->info.entries[i].fd);
	keeper_info_free(&keeper->info);
	keeper->info.manifest_error[0] = '\0';
	keeper->has_manifest = false;
	keeper->session = -1;
}

static void tell_ready(const struct keeper *keeper)
{
	char text[100];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=Holds %zu files %s kernel", keeper->info.count,
		 keeper->info.direction == KEEPER_OUTGOING ? "for the next" : "of the previous");
	notify_tell(text);
}

static void begin_holding(struct keeper *keeper)
{
	cleanup_close_fn(&keeper->spare);
	keeper->spare = -1;
	keeper->info.waiting = false;
	tell_ready(keeper);
}

void keeper_adopt_retrieved(struct keeper *keeper, int session)
{
	struct error ignored;

	memcpy(keeper->info.kernel_name, keeper->info.session, sizeof(keeper->info.kernel_name));
	keeper->session = session;
	adopt_incoming(keeper);
	keeper_store(keeper, -1, &ignored);
	begin_holding(keeper);
}

int keeper_adopt(struct keeper *keeper, int session, int manifest, struct error *err)
{
	int rc;

	if (session < 0 || session_name(session, keeper->info.kernel_name) < 0)
		return error_set(err, STATUS_REFUSED, 0, keeper->info.session,
				 "what was handed over is no live update session");
	rc = session_is_incoming(session, keeper->info.kernel_name, err);
	if (rc < 0)
		return rc;
	keeper->session = session;
	if (rc)
		adopt_incoming(keeper);
	else
		adopt_outgoing(keeper, manifest);
	rc = keeper_store(keeper, manifest, err);
	/* To let go of an incoming one may lock its devices: it is held without a copy. */
	if (rc < 0 && keeper->info.direction == KEEPER_OUTGOING) {
		forget(keeper);
		return rc;
	}
	cleanup_close_fn(&manifest);
	begin_holding(keeper);
	return 0;
}

static int say_not_stored(const struct keeper *keeper, int code, struct error *err)
{
	int rc = error_set(err, STATUS_REFUSED, code, keeper->info.session,
			   "the service manager does not keep the session");

	error_hint(err, "the unit needs Type=notify, FileDescriptorStoreMax= and FileDescriptorStorePreserve=yes");
	return rc;
}

/* Only what process 1 has open goes along with systemctl kexec: look, and do not believe. */
static bool is_in_init(const struct keeper *keeper)
{
	char link[PROCFS_SESSION_LINK_SIZE];

	return procfs_has_open(keeper->rootfd, 1, procfs_session_link(keeper->info.kernel_name, link));
}

/* What it handed over, it has: the session that is now full among it. */
static int store(struct keeper *keeper, int manifest)
{
	bool was_stored = keeper->stored[0];
	int rc = 0;

	if (!keeper->stored[0]) {
		snprintf(keeper->stored, sizeof(keeper->stored), "session");
		rc = notify_store(keeper->session, keeper->stored);
	}
	if (rc == 0 && manifest >= 0)
		rc = notify_store(manifest, KEEPER_STORED_MANIFEST);
	if (rc == 0)
		rc = notify_barrier(BARRIER_SECONDS);
	if (rc == 0 && !is_in_init(keeper))
		rc = -ENOENT;
	if (rc < 0 && !was_stored)
		keeper_unstore(keeper);
	return rc;
}

int keeper_store(struct keeper *keeper, int manifest, struct error *err)
{
	int rc = notify_wanted() ? store(keeper, manifest) : 0;

	return rc < 0 ? say_not_stored(keeper, -rc, err) : 0;
}

/* A reload of the unit can have emptied the store, with a smaller FileDescriptorStoreMax=. */
bool keeper_is_stored(struct keeper *keeper)
{
	struct error ignored;

	if (keeper->stored[0] && is_in_init(keeper))
		return true;
	keeper->stored[0] = '\0';
	keeper_store(keeper, -1, &ignored);
	return keeper->stored[0];
}

void keeper_unstore(struct keeper *keeper)
{
	if (!keeper->stored[0])
		return;
	notify_forget(keeper->stored);
	notify_forget(KEEPER_STORED_MANIFEST);
	notify_barrier(BARRIER_SECONDS);
	keeper->stored[0] = '\0';
}
