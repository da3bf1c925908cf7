// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel itself tells of sessions: its list in debugfs, its attribute of devices. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "debugfs.h"
#include "survey_kernel.h"
#include "sysfs.h"
#include "token.h"

#define PCI_DIR "sys/bus/pci/devices"
#define CLASS_BRIDGE 0x06

struct listing {
	const char *only;
	struct survey *list;
};

static bool has_token(const struct survey_session *session, uint64_t token)
{
	size_t i;

	for (i = 0; i < session->count; i++)
		if (session->files[i].has_token && session->files[i].token == token)
			return true;
	return false;
}

static const char *file_state(const struct debugfs_line *line, bool unclaimed)
{
	if (!line->incoming)
		return "preserved";
	if (!strcmp(line->state, "retrieved"))
		return "retrieved";
	if (strcmp(line->state, "waiting"))
		return "failed";
	return unclaimed ? "unclaimed" : "arrived";
}

/* The kernel's list as a survey of its own; the lines of files follow their session's. */
static int add_line(void *data, const struct debugfs_line *line)
{
	struct listing *listing = data;
	struct survey *list = listing->list;
	struct survey_session *session;
	struct survey_file *file;

	if (listing->only && strcmp(line->session, listing->only))
		return 0;
	if (!line->is_file) {
		session = survey_add_session(list, line->session);
		if (!session)
			return -ENOMEM;
		session->direction = line->incoming ? DIRECTION_INCOMING : DIRECTION_OUTGOING;
		session->state = strcmp(line->state, "unclaimed") ? "held" : "unclaimed";
		session->source = SOURCE_KERNEL;
		return 0;
	}
	session = list->count ? &list->sessions[list->count - 1] : NULL;
	if (!session || strcmp(session->name, line->session))
		return 0;
	file = survey_add_token(session, line->token);
	if (!file)
		return -ENOMEM;
	snprintf(file->kind, sizeof(file->kind), "%s", line->kind);
	file->state = file_state(line, !strcmp(session->state, "unclaimed"));
	file->source = file->state_source = SOURCE_KERNEL;
	return 0;
}

/* Add what the kernel knows of a session to what its holder told. */
static int merge_files(struct survey_session *to, const struct survey_session *from)
{
	size_t i, k;

	for (i = 0; i < from->count; i++) {
		struct survey_file *file;

		for (k = 0; k < to->count; k++)
			if (to->files[k].has_token && to->files[k].token == from->files[i].token)
				memcpy(to->files[k].kind, from->files[i].kind, sizeof(to->files[k].kind));
		/* In a session of ours, those are the manifest that told of the others, and its journal. */
		if (has_token(to, from->files[i].token) ||
		    (to->source == SOURCE_KEEPER && token_is_ours(from->files[i].token)))
			continue;
		file = survey_add_file(to);
		if (!file)
			return -ENOMEM;
		*file = from->files[i];
	}
	return 0;
}

/* In a session that nobody holds, these tokens beside devices are manifest and journal. */
static void drop_ours(struct survey_session *session)
{
	size_t i, devices = 0;

	for (i = 0; i < session->count; i++)
		devices += session->files[i].is_pci;
	for (i = 0; devices && i < session->count; i++)
		if (token_is_ours(session->files[i].token))
			session->files[i--] = session->files[--session->count];
}

static bool is_same(const struct survey_session *a, const struct survey_session *b)
{
	return !strcmp(a->kernel_name, b->name) &&
	       (a->direction == b->direction || a->direction == DIRECTION_UNKNOWN);
}

/* Give what one line of the list began to all who hold that session, or to nobody. */
static int merge_session(struct survey *survey, struct survey_session *listed)
{
	size_t i, count = survey->count;
	struct survey_session *added;
	bool found = false;
	int rc = 0;

	drop_ours(listed);
	for (i = 0; rc == 0 && i < count; i++) {
		struct survey_session *session = &survey->sessions[i];

		if (!is_same(session, listed) || (session->state && !strcmp(session->state, "stale")))
			continue;
		session->direction = listed->direction;
		rc = merge_files(session, listed);
		found = true;
	}
	if (rc || found)
		return rc;
	added = survey_add_session(survey, listed->name);
	if (!added)
		return -ENOMEM;
	*added = *listed;
	listed->files = NULL;
	listed->count = 0;
	return 0;
}

int survey_add_list(int rootfd, const char *only, struct survey *survey)
{
	struct survey list = { 0 };
	struct listing listing = { only, &list };
	int rc = debugfs_each_line(rootfd, add_line, &listing);
	size_t i;

	if (rc == -EACCES)
		survey->hidden |= HIDDEN_LIST;
	else if (rc < 0 && !sysfs_is_shortage(rc))
		survey->hidden |= HIDDEN_NO_LIST;
	rc = sysfs_is_shortage(rc) ? rc : 0;
	for (i = 0; rc == 0 && i < list.count; i++)
		rc = merge_session(survey, &list.sessions[i]);
	survey_free(&list);
	return rc;
}

static bool is_in_session(const struct survey *survey, struct pci_addr address,
			  enum survey_direction direction)
{
	size_t i, k;

	for (i = 0; i < survey->count; i++)
		for (k = 0; k < survey->sessions[i].count; k++)
			if (survey->sessions[i].files[k].is_pci &&
			    survey->sessions[i].direction == direction &&
			    !pci_addr_compare(survey->sessions[i].files[k].address, address))
				return true;
	return false;
}

/* A device whose part in a live update only the device itself tells. */
static int add_device(struct survey *survey, struct pci_addr address, enum survey_direction direction)
{
	struct survey_session *session;
	struct survey_file *file;

	if (is_in_session(survey, address, direction))
		return 0;
	session = survey_add_session(survey, "");
	file = session ? survey_add_file(session) : NULL;
	if (!file)
		return -ENOMEM;
	session->direction = direction;
	session->source = SOURCE_KERNEL;
	file->is_pci = true;
	file->address = address;
	file->state = direction == DIRECTION_OUTGOING ? "preserved" : "arrived";
	file->source = file->state_source = SOURCE_KERNEL;
	return 0;
}

/* Bridges are preserved with what is below them, and nobody has to do anything about that. */
/* What is not there any more has nothing to tell; what we are too short of to read may have. */
static int nothing_read(int rc)
{
	return sysfs_is_shortage(rc) ? rc : 0;
}

static int look_at_device(int dirfd, const char *name, const char *only, struct survey *survey)
{
	struct pci_addr address;
	char text[32], class[16];
	bool full;
	int rc = sysfs_read(dirfd, "liveupdate", text, sizeof(text));

	if (rc <= 0 || pci_addr_parse(name, &address, &full))
		return nothing_read(rc);
	survey->devices_tell = true;
	if (!strcmp(text, "none") || only)
		return 0;
	rc = sysfs_read(dirfd, "class", class, sizeof(class));
	if (rc <= 0 || strtoul(class, NULL, 16) >> 16 == CLASS_BRIDGE)
		return nothing_read(rc);
	return add_device(survey, address,
			  strcmp(text, "outgoing") ? DIRECTION_INCOMING : DIRECTION_OUTGOING);
}

int survey_add_devices(int rootfd, const char *only, struct survey *survey)
{
	int fd = openat(rootfd, PCI_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		rc = nothing_read(-errno);
		cleanup_close_fn(&fd);
	}
	while (dir && rc == 0 && (entry = readdir(dir))) {
		cleanup_close int devfd = -1;

		if (entry->d_name[0] == '.')
			continue;
		devfd = openat(fd, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		rc = devfd < 0 ? nothing_read(-errno) :
				 look_at_device(devfd, entry->d_name, only, survey);
	}
	return rc;
}
