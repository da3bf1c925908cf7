// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking everybody who knows of sessions. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "error.h"
#include "keeper_client.h"
#include "kexec_call.h"
#include "survey_kernel.h"
#include "sysfs.h"
#include "token.h"

#define CAME "sys/kernel/debug/kho/in/sub_fdts/LUO"

struct scan {
	int rootfd;
	const char *only;
	struct survey *survey;
};

struct survey_session *survey_add_session(struct survey *survey, const char *name)
{
	struct survey_session *grown = reallocarray(survey->sessions, survey->count + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	survey->sessions = grown;
	grown += survey->count++;
	*grown = (struct survey_session){ 0 };
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	snprintf(grown->kernel_name, sizeof(grown->kernel_name), "%s", name);
	return grown;
}

struct survey_file *survey_add_file(struct survey_session *session)
{
	struct survey_file *grown = reallocarray(session->files, session->count + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	session->files = grown;
	grown += session->count++;
	*grown = (struct survey_file){ .vendor = -1, .device = -1 };
	return grown;
}

struct survey_file *survey_add_token(struct survey_session *session, uint64_t token)
{
	struct survey_file *file = survey_add_file(session);

	if (file) {
		file->token = token;
		file->has_token = true;
		file->is_pci = token_to_pci(token, &file->address);
	}
	return file;
}

static int add_entries(struct survey_session *session, const struct keeper_info *info)
{
	size_t i;

	for (i = 0; i < info->count; i++) {
		struct survey_file *file = survey_add_token(session, info->entries[i].of.token);

		if (!file)
			return -ENOMEM;
		file->vendor = info->entries[i].of.vendor;
		file->device = info->entries[i].of.device;
		file->is_memfd = token_memfd(file->token);
		memcpy(file->name, info->entries[i].of.name, sizeof(file->name));
		file->size = info->entries[i].of.size;
		file->retrieved = info->entries[i].retrieved;
		file->bound = info->entries[i].bound;
		file->state = entry_state_name(info->entries[i].state);
		/* Without a manifest, an entry is what somebody asked the keeper for. */
		file->source = info->manifest_error[0] ? SOURCE_KEEPER : SOURCE_MANIFEST;
		file->state_source = SOURCE_KEEPER;
	}
	return 0;
}

static int add_info(struct scan *scan, const char *name, const struct keeper_info *info)
{
	struct survey_session *session = survey_add_session(scan->survey, name);

	if (!session)
		return -ENOMEM;
	session->source = SOURCE_KEEPER;
	if (info->kernel_name[0])
		memcpy(session->kernel_name, info->kernel_name, sizeof(session->kernel_name));
	session->holder = info->pid;
	session->preserved = info->preserved;
	session->jumped = info->jumped;
	session->booted = info->booted;
	session->direction = info->direction == KEEPER_OUTGOING ? DIRECTION_OUTGOING : DIRECTION_INCOMING;
	procfs_comm(scan->rootfd, info->pid, session->command);
	if (info->waiting) {
		session->direction = DIRECTION_UNKNOWN;
		session->state = "waiting";
		return 0;
	}
	if (info->count == 0)
		session->state = info->manifest_error[0] ? "no-manifest" : "empty";
	return add_entries(session, info);
}

/* A keeper that ended just now is none; one that died is shown as stale. */
static int add_keeper(struct scan *scan, const char *name, struct error *err)
{
	struct survey_session *session;
	struct keeper_info info;
	struct error told = { 0 };
	int rc = keeper_info(scan->rootfd, name, &info, &told);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0) {
		rc = add_info(scan, name, &info);
		keeper_info_free(&info);
		return rc;
	}
	if (rc != -ECONNREFUSED && rc != -EACCES && rc != -EPROTO) {
		*err = told;
		return rc;
	}
	session = survey_add_session(scan->survey, name);
	if (!session)
		return -ENOMEM;
	session->source = SOURCE_KEEPER;
	session->state = rc == -EACCES ? "hidden" : rc == -EPROTO ? "other-version" : "stale";
	session->holder = rc == -EPROTO ? info.pid : 0;
	if (rc == -EACCES)
		scan->survey->hidden |= HIDDEN_KEEPERS;
	return 0;
}

static int add_keepers(struct scan *scan, struct error *err)
{
	struct error told = { 0 };
	struct keeper_names names;
	int rc = keeper_list(scan->rootfd, &names, &told);
	size_t i;

	if (rc == -EACCES) {
		scan->survey->hidden |= HIDDEN_KEEPERS;
		return 0;
	}
	if (rc < 0)
		*err = told;
	for (i = 0; rc == 0 && i < names.count; i++)
		if (!scan->only || !strcmp(scan->only, names.names[i]))
			rc = add_keeper(scan, names.names[i], err);
	keeper_names_free(&names);
	return rc;
}

/* Once per session and process, however many descriptors of it there are. */
static bool is_known(const struct survey *survey, const char *name, pid_t pid)
{
	size_t i;

	for (i = 0; i < survey->count; i++)
		if (survey->sessions[i].holder == pid && !strcmp(survey->sessions[i].kernel_name, name))
			return true;
	return false;
}

static int add_held(void *data, const struct proc_fd *fd)
{
	const char *name = procfs_session_name(fd->link);
	struct scan *scan = data;
	struct survey_session *session;

	if (!name || (scan->only && strcmp(name, scan->only)) || is_known(scan->survey, name, fd->pid))
		return 0;
	session = survey_add_session(scan->survey, name);
	if (!session)
		return -ENOMEM;
	session->holder = fd->pid;
	session->state = "held";
	session->source = SOURCE_PROC;
	procfs_comm(scan->rootfd, fd->pid, session->command);
	return 0;
}

static int add_holders(struct scan *scan, struct error *err)
{
	bool hidden = false;
	int rc = procfs_each_open(scan->rootfd, add_held, scan, &hidden);

	if (sysfs_is_shortage(rc))
		return error_set(err, STATUS_FAILED, -rc, "/proc", "cannot look for holders of sessions");
	if (hidden || (rc < 0 && rc != -ENOENT))
		scan->survey->hidden |= HIDDEN_PROCESSES;
	return 0;
}

/* Mark the sessions called @name; 1: a keeper that can tell more of it is among their holders. */
static bool mark_in_init(struct survey *survey, const char *name)
{
	bool told = false;
	size_t i;

	for (i = 0; i < survey->count; i++) {
		if (strcmp(survey->sessions[i].kernel_name, name))
			continue;
		survey->sessions[i].in_init = true;
		told |= survey->sessions[i].source == SOURCE_KEEPER && survey->sessions[i].holder;
	}
	return told;
}

/*
 * What process 1 holds is in systemd's store.  Beside a keeper, that is no session
 * of its own.
 */
static void merge_init(struct survey *survey)
{
	size_t i = survey->count;

	while (i-- > 0) {
		struct survey_session *session = &survey->sessions[i];

		if (session->holder == 1 && mark_in_init(survey, session->name))
			memmove(session, session + 1, (--survey->count - i) * sizeof(*session));
	}
}

static int find_drivers(int rootfd, struct survey_session *session)
{
	struct vfio_device device;
	struct error ignored;
	size_t i;
	int rc = 0;

	for (i = 0; !sysfs_is_shortage(rc) && i < session->count; i++) {
		if (!session->files[i].is_pci)
			continue;
		rc = device_at(rootfd, session->files[i].address, &device, &ignored);
		if (rc == 0)
			memcpy(session->files[i].driver, device.driver, sizeof(device.driver));
	}
	return sysfs_is_shortage(rc) ? rc : 0;
}

int survey_take(int rootfd, const char *only, struct survey *survey, struct error *err)
{
	struct scan scan = { rootfd, only, survey };
	struct error told = { .status = STATUS_OK };
	size_t i;
	int rc;

	*survey = (struct survey){ .loaded = kexec_is_loaded(rootfd) };
	survey->came = faccessat(rootfd, CAME, F_OK, 0) == 0;
	rc = add_keepers(&scan, &told);
	if (rc == 0)
		rc = add_holders(&scan, &told);
	if (rc < 0 && told.status) {
		*err = told;
		return rc;
	}
	merge_init(survey);
	if (rc == 0)
		rc = survey_add_list(rootfd, only, survey);
	if (rc == 0)
		rc = survey_add_devices(rootfd, only, survey);
	for (i = 0; rc == 0 && i < survey->count; i++)
		rc = find_drivers(rootfd, &survey->sessions[i]);
	return rc == 0 ? 0 : error_set(err, STATUS_FAILED, -rc, "sessions", "cannot look for them");
}

void survey_free(struct survey *survey)
{
	size_t i;

	for (i = 0; i < survey->count; i++)
		free(survey->sessions[i].files);
	free(survey->sessions);
	survey->sessions = NULL;
	survey->count = 0;
}
