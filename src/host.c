// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "host.h"
#include "kexec_call.h"
#include "liveupdate.h"
#include "survey.h"
#include "sysfs.h"

#define SCRATCH "sys/kernel/debug/kho/out/scratch_len"

static bool exists(int rootfd, const char *path)
{
	return faccessat(rootfd, path, F_OK, 0) == 0;
}

bool host_may_open(const struct host *host, const struct survey *survey)
{
	bool parsed = !(survey->hidden & (HIDDEN_LIST | HIDDEN_NO_LIST));

	return host->has_liveupdate && host->vfio_loaded && (!survey->came || parsed);
}

static int try_open(void)
{
	cleanup_close int fd = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static void gather_orchestrator(int rootfd, bool live, const struct survey *survey, struct host *host)
{
	host->has_liveupdate = exists(rootfd, "dev/liveupdate");
	/* Built in or loaded: it has parameters, so it has a directory either way. */
	host->vfio_loaded = exists(rootfd, "sys/module/vfio_pci");
	procfs_find_holder(rootfd, LUO_DEVICE_PATH, &host->opener);
	host->open_error = live && host_may_open(host, survey) ? try_open() : -1;
	sysfs_read(rootfd, "proc/cmdline", host->cmdline, sizeof(host->cmdline));
}

static void gather_config(int rootfd, struct host *host)
{
	struct kconfig config;

	host->config_known = kconfig_read_running(rootfd, &config);
	host->kho_built = kconfig_has(&config, "CONFIG_KEXEC_HANDOVER");
	host->kho_default = kconfig_has(&config, "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT");
	host->liveupdate_built = kconfig_has(&config, "CONFIG_LIVEUPDATE");
	host->memfd_handler = kconfig_has(&config, "CONFIG_LIVEUPDATE_MEMFD");
	host->vfio_handler = kconfig_has(&config, "CONFIG_VFIO_PCI_LIVEUPDATE");
	host->kexec_file = kconfig_has(&config, "CONFIG_KEXEC_FILE");
	host->old_call = kexec_old_call_works(rootfd, &config);
	kconfig_free(&config);
}

static void gather_kexec(int rootfd, struct host *host)
{
	char text[16];

	host->loaded = kexec_is_loaded(rootfd);
	host->loading_disabled =
		sysfs_read(rootfd, "proc/sys/kernel/kexec_load_disabled", text, sizeof(text)) > 0 &&
		!strcmp(text, "1");
}

/* A line for each area, hexadecimal (scratch_len_show() in kexec_handover_debugfs.c). */
static void gather_scratch(int rootfd, struct host *host)
{
	char text[4096], *rest = text, *line;
	uint64_t size;

	if (sysfs_read(rootfd, SCRATCH, text, sizeof(text)) <= 0)
		return;
	host->scratch_known = true;
	while ((line = strsep(&rest, "\n"))) {
		size = strtoull(line, NULL, 16);
		host->scratch_total += size;
		if (size > host->scratch_largest)
			host->scratch_largest = size;
	}
}

/* "libsystemd-shared-262.1-1.so": the one file whose name has the version everywhere. */
static int library_version(int rootfd, const char *path)
{
	static const char prefix[] = "libsystemd-shared-";
	int fd = openat(rootfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), version = 0;
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		cleanup_close_fn(&fd);
	while (dir && !version && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			version = atoi(entry->d_name + strlen(prefix));
	return version;
}

/* Debian has it in the directory of the architecture. */
static int multiarch_version(int rootfd)
{
	int fd = openat(rootfd, "usr/lib", O_RDONLY | O_DIRECTORY | O_CLOEXEC), version = 0;
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char path[300];

	if (!dir)
		cleanup_close_fn(&fd);
	while (dir && !version && (entry = readdir(dir))) {
		if (!strstr(entry->d_name, "-linux-"))
			continue;
		snprintf(path, sizeof(path), "usr/lib/%s/systemd", entry->d_name);
		version = library_version(rootfd, path);
	}
	return version;
}

/* As sd_booted(3) finds out. */
int host_systemd_version(int rootfd)
{
	int version;

	if (!exists(rootfd, "run/systemd/system"))
		return -1;
	version = library_version(rootfd, "usr/lib/systemd");
	if (!version)
		version = library_version(rootfd, "usr/lib64/systemd");
	return version ? version : multiarch_version(rootfd);
}

static void gather_init(int rootfd, struct host *host)
{
	int version = host_systemd_version(rootfd);

	if (version < 0)
		return;
	host->init = INIT_SYSTEMD;
	host->systemd_version = version;
}

void host_gather(int rootfd, bool live, const struct survey *survey, struct host *host)
{
	*host = (struct host){ .open_error = -1 };
	gather_orchestrator(rootfd, live, survey, host);
	gather_config(rootfd, host);
	gather_kexec(rootfd, host);
	gather_scratch(rootfd, host);
	gather_init(rootfd, host);
}
