/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All live update sessions that can be seen, put together from those who know:
 * the keepers (and through them the manifests), the descriptors in /proc, the
 * kernel's list in debugfs and its attribute of devices in sysfs.  Asking
 * changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kconfig.h"
#include "manifest.h"
#include "pci_addr.h"
#include "procfs.h"

struct error;

/* Who told a fact. */
enum source { SOURCE_NONE, SOURCE_KEEPER, SOURCE_MANIFEST, SOURCE_PROC, SOURCE_KERNEL };

/* "keeper", "manifest", "proc", "kernel"; NULL for SOURCE_NONE. */
const char *source_name(enum source source);

enum survey_direction { DIRECTION_UNKNOWN, DIRECTION_OUTGOING, DIRECTION_INCOMING };

/* How far a live update is; the phase of the host is the last of those of its sessions. */
enum survey_phase {
	PHASE_IDLE,      /* nothing is in a session */
	PHASE_FINISHED,  /* this kernel was entered by a live update, and nothing of it is left */
	PHASE_UNKNOWN,   /* there may be something */
	PHASE_PRESERVED, /* something goes along with the next kexec */
	PHASE_ARMED,     /* and a kernel is loaded for it */
	PHASE_RETRIEVED, /* all is out of the session, which is not finished */
	PHASE_ARRIVED,   /* something is to be retrieved */
};

const char *survey_phase_name(enum survey_phase phase); /* NULL: unknown */

/* One file of a session.  An absent text is "", an absent number -1. */
struct survey_file {
	uint64_t token;
	bool has_token;
	bool is_pci;
	struct pci_addr address;
	int vendor, device;
	char driver[64];      /* now; "" none or not there */
	bool is_memfd;        /* one of ours, whose name and size are known: */
	char name[MEMFD_NAME_SIZE];
	uint64_t size;
	int64_t retrieved, bound; /* moments (moment.h), where the keeper tells */
	char kind[48];        /* the kernel's word for the type of file, "vfio-pci-v1" */
	const char *state;    /* preserved, arrived, unclaimed, retrieved, bound, in-use, failed, gone */
	enum source source;   /* of file and token */
	enum source state_source;
};

/* The longest name of a unit is of 255 bytes. */
#define SURVEY_UNIT_SIZE 256

struct survey_session {
	char name[160];       /* whatever the kernel shows; "": not visible, only its device is */
	enum survey_direction direction;
	pid_t holder;         /* 0: nobody, or not visible */
	char command[PROCFS_COMM_SIZE];
	const char *state;    /* of the session itself: held, empty, no-manifest, stale, unclaimed, hidden */
	enum source source;   /* of session and holder */
	char kernel_name[SESSION_NAME_SIZE]; /* mostly the same */
	int64_t preserved, jumped, booted; /* moments, where the keeper tells */
	bool in_init;         /* process 1 holds it too: systemd's descriptor store */
	char unit[SURVEY_UNIT_SIZE]; /* of which unit; "" not known, until stores_ask() (stores.h) */
	char unit_preserve[16];      /* FileDescriptorStorePreserve= of that */
	enum answer carried;         /* systemd takes it along with systemctl kexec */
	struct survey_file *files;
	size_t count;
};

/* What could not be looked at. */
enum {
	HIDDEN_KEEPERS = 1,   /* /run/vfio-luctl is root's */
	HIDDEN_PROCESSES = 2, /* descriptors of other users' processes */
	HIDDEN_LIST = 4,      /* debugfs is root's */
	HIDDEN_NO_LIST = 8,   /* this kernel has no list, or debugfs is not mounted */
};

struct survey {
	struct survey_session *sessions;
	size_t count;
	unsigned int hidden;
	bool devices_tell;    /* devices have the attribute: none in a live update is overlooked */
	bool came;            /* this kernel was entered by a live update; false when not known */
	enum answer loaded;   /* a next kernel is */
};

/*
 * Survey the host below @rootfd.  @only: just the session of that name.
 * Returns 0 or a negative errno with @err filled; the caller frees @survey with
 * survey_free() in either case.
 */
int survey_take(int rootfd, const char *only, struct survey *survey, struct error *err);

void survey_free(struct survey *survey);

/* Whether anything is left to do, be it to clear away. */
bool survey_outstanding(const struct survey *survey);

enum survey_phase survey_session_phase(const struct survey *survey,
				       const struct survey_session *session);
enum survey_phase survey_phase(const struct survey *survey);

/*
 * What is left to do for @file of @session (NULL: for a session without files),
 * in words or as a command, into @text; "" when that is not ours to say.
 * Returns @text.
 */
const char *survey_todo(const struct survey *survey, const struct survey_session *session,
			const struct survey_file *file, char *text, size_t size);

/* What is hidden, in words, into @text; "" nothing.  Returns @text. */
const char *survey_hidden(const struct survey *survey, char *text, size_t size);

/* One more at the end, empty but for what is given; NULL without memory. */
struct survey_session *survey_add_session(struct survey *survey, const char *name);
struct survey_file *survey_add_file(struct survey_session *session);
struct survey_file *survey_add_token(struct survey_session *session, uint64_t token);
