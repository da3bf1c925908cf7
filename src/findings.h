/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands against a live update.  One table has every finding there is;
 * which of them are true is decided here from facts that others gathered, and
 * nothing is read or changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"

struct error;
struct facts;
struct host;
struct inspected;
struct survey;
struct target;

enum severity {
	SEVERITY_ERROR,   /* a device would be lost, or that cannot be excluded */
	SEVERITY_WARNING, /* it can go wrong, or could not be looked at */
	SEVERITY_INFO,
};

const char *severity_name(enum severity severity);

/* The findings; their words are in findings_table, at the same places. */
enum finding_id {
	/* The running kernel */
	LIVEUPDATE_OFF, KHO_OFF, LIVEUPDATE_UNUSABLE, LIVEUPDATE_BUSY, VFIO_UNLOADED,
	VFIO_HANDLER, MEMFD_HANDLER, KERNEL_UNKNOWN,
	/* kexec, and the kernel that is loaded */
	KEXEC_UNSUPPORTED, KEXEC_DISABLED, KEXEC_NONE, KEXEC_WAY, SCRATCH_SMALL, SCRATCH_TIGHT,
	/* Sessions, and who keeps them */
	SESSION_NONE, SESSION_INCOMING, SESSION_STALE, INIT_KILLS, INIT_DROPS, INIT_STOPS, INIT_DIRECT,
	/* The next kernel */
	TARGET_UNKNOWN, TARGET_CONFIG, TARGET_CONFIG_UNKNOWN, TARGET_KHO, TARGET_LIVEUPDATE, TARGET_ROOT,
	TARGET_IOMMU_OFF, TARGET_IOMMU, TARGET_ASSIGN_BUSSES, TARGET_VFIO_IDS, TARGET_NOIOMMU,
	/* Devices */
	DEVICE_GONE, DEVICE_UNREADABLE, DEVICE_NOT_PCI, DEVICE_DRIVER, DEVICE_NO_CDEV, DEVICE_VF, DEVICE_HAS_VFS,
	DEVICE_INTEL_DISPLAY, DEVICE_GROUP_DRIVER, DEVICE_GROUP_SHARED, DEVICE_NOIOMMU,
	DEVICE_INTERRUPTS, DEVICE_POWER, DEVICE_IN_USE, DEVICE_USE_HIDDEN, DEVICE_INCOMING,
	DEVICE_PRESERVED, DEVICE_NO_RESET, DEVICE_NATIVE_DRIVER,
	/* What could not be looked at */
	HIDDEN,
	FINDING_COUNT,
};

/* One kind of finding.  In text and remedy, {} is a detail and {object} the object. */
struct finding_kind {
	const char *id;     /* once shipped it keeps its meaning */
	enum severity severity;
	const char *text;
	const char *remedy; /* "": none is needed */
};

extern const struct finding_kind findings_table[FINDING_COUNT];

/* The finding that a device has @obstacle. */
enum finding_id finding_of_obstacle(enum obstacle obstacle);

/* The kind called @id (@length bytes of it), or NULL. */
const struct finding_kind *finding_kind_find(const char *id, size_t length);

struct finding {
	const struct finding_kind *kind;
	char object[160];
	char text[256];
	char remedy[256];
	bool overridden; /* an error that the user takes upon himself */
};

struct finding_list {
	struct finding *findings;
	size_t count;
	bool failed;     /* there was no memory for one */
};

void findings_free(struct finding_list *list);

/* Errors first, then warnings; those of one severity stay in their order. */
void findings_sort(struct finding_list *list);

/* The errors in @list that are not overridden. */
size_t findings_errors(const struct finding_list *list);

/* Mark those named in @ids (divided by commas; each is one of the table's) as overridden. */
void findings_override(struct finding_list *list, const char *ids);

/* How the kernel would be entered. */
enum way {
	WAY_INIT,   /* as process 1 wants it: systemctl kexec, or directly without systemd */
	WAY_DIRECT, /* directly, whatever process 1 is */
};

/* Of the running kernel: is it able to carry anything over? */
void findings_of_kernel(const struct host *host, struct finding_list *list);

/* Of the loading of another one. */
void findings_of_loading(const struct host *host, struct finding_list *list);

/*
 * Of the kernel that is loaded, or that none is: @noted tells whether it was loaded by us, so
 * that it is known what and how.
 */
void findings_of_loaded(const struct host *host, bool noted, struct finding_list *list);

/* Of sessions, and of what becomes of them on @way. */
void findings_of_sessions(const struct host *host, const struct survey *survey, enum way way,
			  struct finding_list *list);

/* Of the next kernel. */
void findings_of_target(const struct host *host, const struct target *target,
			struct finding_list *list);

/* Of a device; @target is NULL when the next kernel is not known. */
void findings_of_device(const struct inspected *inspected, const struct target *target,
			struct finding_list *list);

/* Of its interrupts alone. */
void findings_of_interrupts(const struct facts *facts, struct finding_list *list);

/* Of what the survey could not see. */
void findings_of_hidden(const struct host *host, const struct survey *survey,
			struct finding_list *list);

/* For those functions: add the finding @id about @object with @detail (NULL: none). */
void findings_add(struct finding_list *list, enum finding_id id, const char *object,
		  const char *detail);

#define cleanup_findings __attribute__((cleanup(findings_free)))
