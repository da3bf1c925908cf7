// SPDX-License-Identifier: GPL-2.0-or-later
/* What is found of the host, its sessions and the next kernel. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "findings.h"
#include "host.h"
#include "survey.h"
#include "target.h"

#define DEVICE "/dev/liveupdate"
#define KERNEL "kernel"
#define KEXEC "kexec"
#define INIT "init"

/* What a kernel needs to start besides its image and initrd, roughly. */
#define SCRATCH_RESERVE (32 * UINT64_C(1048576))

/* Why KHO is off, in words; NULL: going by what can be read, it is not. */
static const char *why_no_kho(const struct host *host)
{
	int kho = kcmdline_switch(host->cmdline, "kho");

	if (host->kho_built == ANSWER_NO)
		return "built without CONFIG_KEXEC_HANDOVER";
	if (kho == 0)
		return "kho=off";
	return kho < 0 && host->kho_default != ANSWER_YES ? "kho=on is not on the command line" : NULL;
}

static const char *why_no_liveupdate(const struct host *host)
{
	if (host->liveupdate_built == ANSWER_NO)
		return "built without CONFIG_LIVEUPDATE";
	return kcmdline_switch(host->cmdline, "liveupdate") == 1 ? NULL :
		       "liveupdate=on is not on the command line";
}

static void add_off(const struct host *host, struct finding_list *list)
{
	const char *kho = why_no_kho(host), *liveupdate = why_no_liveupdate(host);

	if (kho)
		findings_add(list, KHO_OFF, KERNEL, kho);
	if (liveupdate)
		findings_add(list, LIVEUPDATE_OFF, KERNEL, liveupdate);
	if (!kho && !liveupdate)
		findings_add(list, LIVEUPDATE_OFF, KERNEL, "see what KHO and luo say in dmesg");
}

static void add_device(const struct host *host, struct finding_list *list)
{
	char opener[PROCFS_COMM_SIZE + 24] = "another process";

	if (!host->vfio_loaded)
		findings_add(list, VFIO_UNLOADED, DEVICE, NULL);
	if (host->opener.pid)
		snprintf(opener, sizeof(opener), "%s (pid %d)", host->opener.comm, (int)host->opener.pid);
	if (host->opener.pid || host->open_error == EBUSY)
		findings_add(list, LIVEUPDATE_BUSY, DEVICE, opener);
	else if (host->open_error > 0 && host->open_error != EACCES)
		findings_add(list, LIVEUPDATE_UNUSABLE, DEVICE, strerror(host->open_error));
}

void findings_of_kernel(const struct host *host, struct finding_list *list)
{
	if (host->has_liveupdate)
		add_device(host, list);
	else
		add_off(host, list);
	if (!host->config_known)
		findings_add(list, KERNEL_UNKNOWN, KERNEL, NULL);
	if (host->vfio_handler == ANSWER_NO)
		findings_add(list, VFIO_HANDLER, KERNEL, NULL);
	if (host->memfd_handler == ANSWER_NO)
		findings_add(list, MEMFD_HANDLER, KERNEL, NULL);
	if (host->kexec_file == ANSWER_NO)
		findings_add(list, KEXEC_UNSUPPORTED, KERNEL, NULL);
}

void findings_of_loading(const struct host *host, struct finding_list *list)
{
	if (host->loading_disabled)
		findings_add(list, KEXEC_DISABLED, KEXEC, NULL);
}

void findings_of_loaded(const struct host *host, bool noted, struct finding_list *list)
{
	if (host->loaded == ANSWER_NO) {
		findings_add(list, KEXEC_NONE, KEXEC, NULL);
		findings_of_loading(host, list);
		return;
	}
	if (noted || host->loaded == ANSWER_UNKNOWN)
		return;
	if (host->old_call != ANSWER_NO)
		findings_add(list, KEXEC_WAY, KEXEC, NULL);
	findings_add(list, TARGET_UNKNOWN, KEXEC, NULL);
}

static bool is_state(const struct survey_session *session, const char *state)
{
	return session->state && !strcmp(session->state, state);
}

/* Which init ends the holder of @session, in words; NULL: none does. */
static const char *who_kills(const struct host *host, const struct survey_session *session,
			     char *text, size_t size)
{
	if (host->init != INIT_SYSTEMD)
		return NULL;
	if (session->in_init && (!host->systemd_version || host->systemd_version >= SYSTEMD_WITH_STORE))
		return NULL; /* or its unit does not keep it: add_store() */
	if (host->systemd_version)
		snprintf(text, size, "systemd %d", host->systemd_version);
	else
		snprintf(text, size, "systemd");
	return text;
}

/* What is in a store that is emptied when the unit stops. */
static void add_store(const struct survey_session *session, struct finding_list *list)
{
	char text[sizeof(session->unit) + sizeof(session->unit_preserve) + 40];

	if (!session->in_init || session->carried != ANSWER_NO || !session->unit[0])
		return;
	snprintf(text, sizeof(text), "%s (FileDescriptorStorePreserve=%s)", session->unit,
		 session->unit_preserve);
	findings_add(list, INIT_DROPS, session->name, text);
}

/* One session can have several holders: process 1 beside a keeper. */
static bool is_first_of_name(const struct survey *survey, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (!strcmp(survey->sessions[i].name, survey->sessions[index].name) &&
		    survey->sessions[i].direction == survey->sessions[index].direction)
			return false;
	return true;
}

static void add_init(const struct host *host, enum way way, struct finding_list *list)
{
	char version[24];

	if (host->init != INIT_SYSTEMD || way == WAY_DIRECT) {
		findings_add(list, INIT_DIRECT, INIT, NULL);
		return;
	}
	if (host->systemd_version)
		snprintf(version, sizeof(version), "version %d", host->systemd_version);
	else
		snprintf(version, sizeof(version), "version not known");
	findings_add(list, INIT_STOPS, INIT, version);
}

void findings_of_sessions(const struct host *host, const struct survey *survey, enum way way,
			  struct finding_list *list)
{
	size_t i, going = 0;
	char text[64];

	add_init(host, way, list);
	for (i = 0; i < survey->count; i++) {
		const struct survey_session *session = &survey->sessions[i];
		const char *killer;

		going += session->direction == DIRECTION_OUTGOING;
		if (is_state(session, "stale"))
			findings_add(list, SESSION_STALE, session->name, NULL);
		if (!session->name[0] || !is_first_of_name(survey, i))
			continue;
		if (session->direction == DIRECTION_INCOMING)
			findings_add(list, SESSION_INCOMING, session->name, NULL);
		killer = session->direction == DIRECTION_OUTGOING && way == WAY_INIT ?
				 who_kills(host, session, text, sizeof(text)) : NULL;
		if (killer)
			findings_add(list, INIT_KILLS, session->name, killer);
		else if (session->direction == DIRECTION_OUTGOING && way == WAY_INIT)
			add_store(session, list);
	}
	if (!going)
		findings_add(list, SESSION_NONE, "sessions", NULL);
}

static const char *object_of(const struct target *target)
{
	return target->release[0] ? target->release : target->image;
}

static void add_switches(const struct target *target, struct finding_list *list)
{
	int kho = kcmdline_switch(target->cmdline, "kho");

	if (kho == 0 || (kho < 0 && target->kho_default != ANSWER_YES))
		findings_add(list, TARGET_KHO, object_of(target), NULL);
	if (kcmdline_switch(target->cmdline, "liveupdate") != 1)
		findings_add(list, TARGET_LIVEUPDATE, object_of(target), NULL);
}

/* A kernel that does not come up loses everything, whatever else is right about it. */
static void add_root(const struct host *host, const struct target *target, struct finding_list *list)
{
	char root[KCMDLINE_SIZE];

	if (kcmdline_get(host->cmdline, "root", root, sizeof(root)) &&
	    !kcmdline_get(target->cmdline, "root", root, sizeof(root)))
		findings_add(list, TARGET_ROOT, object_of(target), NULL);
}

static void add_iommu(const struct host *host, const struct target *target, struct finding_list *list)
{
	char names[256];

	if (kcmdline_iommu_off(target->cmdline) && !kcmdline_iommu_off(host->cmdline)) {
		findings_add(list, TARGET_IOMMU_OFF, object_of(target), NULL);
		return;
	}
	kcmdline_iommu_differences(host->cmdline, target->cmdline, names, sizeof(names));
	if (names[0])
		findings_add(list, TARGET_IOMMU, object_of(target), names);
}

static void add_addresses(const struct host *host, const struct target *target, struct finding_list *list)
{
	char before[256], after[256];

	if (kcmdline_has_word(target->cmdline, "pci", "assign-busses") &&
	    !kcmdline_has_word(host->cmdline, "pci", "assign-busses"))
		findings_add(list, TARGET_ASSIGN_BUSSES, object_of(target), NULL);
	kcmdline_all(host->cmdline, "vfio-pci.ids", before, sizeof(before));
	kcmdline_all(target->cmdline, "vfio-pci.ids", after, sizeof(after));
	if (before[0] && strcmp(before, after))
		findings_add(list, TARGET_VFIO_IDS, object_of(target), before);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void add_scratch(const struct host *host, const struct target *target, struct finding_list *list)
{
	uint64_t needed = target->image_size + target->initrd_size;
	char detail[128];

	if (!host->scratch_known)
		return;
	snprintf(detail, sizeof(detail), "%" PRIu64 " + %" PRIu64 " of %" PRIu64 " MiB, %" PRIu64 " in one piece",
		 target->image_size >> 20, target->initrd_size >> 20, host->scratch_total >> 20,
		 host->scratch_largest >> 20);
	if (needed > host->scratch_total ||
	    larger(target->image_size, target->initrd_size) > host->scratch_largest)
		findings_add(list, SCRATCH_SMALL, object_of(target), detail);
	else if (needed + SCRATCH_RESERVE > host->scratch_total)
		findings_add(list, SCRATCH_TIGHT, object_of(target), detail);
}

void findings_of_target(const struct host *host, const struct target *target,
			struct finding_list *list)
{
	if (!target->config_known)
		findings_add(list, TARGET_CONFIG_UNKNOWN, object_of(target), NULL);
	else if (target->missing[0])
		findings_add(list, TARGET_CONFIG, object_of(target), target->missing);
	add_switches(target, list);
	add_root(host, target, list);
	add_iommu(host, target, list);
	add_addresses(host, target, list);
	add_scratch(host, target, list);
}

void findings_of_hidden(const struct host *host, const struct survey *survey,
			struct finding_list *list)
{
	if (survey->hidden & HIDDEN_KEEPERS)
		findings_add(list, HIDDEN, "/run/vfio-luctl", NULL);
	if (survey->hidden & HIDDEN_PROCESSES)
		findings_add(list, HIDDEN, "processes of other users", NULL);
	if (survey->hidden & HIDDEN_LIST)
		findings_add(list, HIDDEN, "/sys/kernel/debug/liveupdate", NULL);
	if (host->open_error == EACCES)
		findings_add(list, HIDDEN, DEVICE, NULL);
}
