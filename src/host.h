/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a host decides about a live update, apart from sessions and devices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kcmdline.h"
#include "kconfig.h"
#include "procfs.h"

struct survey;

enum init_system { INIT_OTHER, INIT_SYSTEMD };

struct host {
	/* The orchestrator and its handlers */
	bool has_liveupdate;         /* /dev/liveupdate is there: it and KHO are on */
	int open_error;              /* of opening it: 0 usable, positive errno, -1 not tried */
	struct proc_holder opener;   /* who has it open; pid 0: nobody seen */
	bool vfio_loaded;            /* the module vfio_pci */
	bool config_known;           /* of the running kernel; else the answers below are unknown */
	enum answer kho_built;
	enum answer kho_default;     /* on without kho= */
	enum answer liveupdate_built;
	enum answer memfd_handler;
	enum answer vfio_handler;
	char cmdline[KCMDLINE_SIZE]; /* of the running kernel */

	/* kexec */
	enum answer kexec_file;      /* the kernel can load one from a file */
	enum answer old_call;        /* and by the call that loses everything */
	enum answer loaded;          /* a kernel is */
	bool loading_disabled;       /* kernel.kexec_load_disabled */

	/* Scratch memory: where the next kernel starts; bytes */
	bool scratch_known;
	uint64_t scratch_largest;    /* its largest area */
	uint64_t scratch_total;

	/* Process 1 */
	enum init_system init;
	int systemd_version;         /* 0: not known */
};

/*
 * Gather @host below @rootfd.  Only a @live host has its /dev/liveupdate opened
 * and closed again, and only when host_may_open() says that it does no harm.
 */
void host_gather(int rootfd, bool live, const struct survey *survey, struct host *host);

/* The version of systemd, when it is process 1 below @rootfd: 0 not known, -1 it is not. */
int host_systemd_version(int rootfd);

/* From this version on, systemd carries the sessions in its descriptor store over a kexec. */
#define SYSTEMD_WITH_STORE 261

/*
 * May /dev/liveupdate be opened just to see whether it can be?  The first open
 * parses what the previous kernel handed over, and on a kernel without our patch
 * 0004 makes all sessions unusable when the handler of a file is missing then.  So
 * not unless vfio-pci is loaded and either nothing came (@survey tells) or the
 * kernel has listed its sessions, which it has parsed for that.
 */
bool host_may_open(const struct host *host, const struct survey *survey);
