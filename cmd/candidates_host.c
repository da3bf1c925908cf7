// SPDX-License-Identifier: GPL-2.0-or-later
/* The candidates that the host has: devices, sessions, processes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "facts.h"
#include "session.h"
#include "survey.h"
#include "candidates.h"
#include "candidates_list.h"

static bool has_word(char *const *given, size_t count, const char *word)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(given[i], word))
			return true;
	return false;
}

static void describe_device(const struct vfio_device *device, char *help, size_t size)
{
	int length = 0;

	if (device->vendor >= 0 && device->device >= 0)
		length = snprintf(help, size, "%04x:%04x", (unsigned int)device->vendor,
				  (unsigned int)device->device);
	snprintf(help + length, size - (size_t)length, "%s%s", length ? " " : "", device->driver);
}

/* The name that the output has; only for who types another one, that. */
static void add_device(struct candidates *found, const struct vfio_device *device)
{
	char help[96];

	describe_device(device, help, sizeof(help));
	if (candidates_add(found, device->name, help) || !found->typed[0])
		return;
	if (device->is_pci && device->address.domain == 0 &&
	    candidates_add(found, device->name + strlen("0000:"), help))
		return;
	candidates_add(found, device->cdev, help);
}

void candidates_devices(struct candidates *found, int rootfd, char *const *given, size_t count)
{
	struct device_list all = { 0 };
	struct error ignored;
	size_t i;

	if (device_scan_for(rootfd, DEVICE_IDS | DEVICE_CDEV, &all, &ignored) == 0)
		for (i = 0; i < all.count; i++)
			if (!has_word(given, count, all.devices[i].name))
				add_device(found, &all.devices[i]);
	device_list_free(&all);
}

static bool goes_this_way(const struct survey_session *session, enum sessions which)
{
	switch (session->direction) {
	case DIRECTION_OUTGOING:
		return which == SESSIONS_OUTGOING || which == SESSIONS_ANY;
	case DIRECTION_INCOMING:
		return which == SESSIONS_INCOMING || which == SESSIONS_ANY;
	default:
		return which != SESSIONS_NEW;
	}
}

void candidates_sessions(struct candidates *found, int rootfd, enum sessions which)
{
	struct survey survey = { 0 };
	struct error ignored;
	const char *phase;
	size_t i;

	if (which != SESSIONS_NEW && survey_take(rootfd, NULL, &survey, &ignored) == 0)
		for (i = 0; i < survey.count; i++) {
			const struct survey_session *session = &survey.sessions[i];

			if (!goes_this_way(session, which) || session_check_name(session->name, &ignored))
				continue;
			phase = survey_phase_name(survey_session_phase(&survey, session));
			candidates_add(found, session->name, phase ? phase : "");
		}
	survey_free(&survey);
}

void candidates_session_devices(struct candidates *found, int rootfd, const char *name,
				char *const *given, size_t count)
{
	char address[PCI_ADDR_STRLEN];
	struct survey survey = { 0 };
	struct error ignored;
	size_t i, k;

	if (survey_take(rootfd, name, &survey, &ignored) == 0)
		for (i = 0; i < survey.count; i++)
			for (k = 0; k < survey.sessions[i].count; k++) {
				const struct survey_file *file = &survey.sessions[i].files[k];

				if (!file->is_pci)
					continue;
				pci_addr_format(file->address, address);
				if (!has_word(given, count, address))
					candidates_add(found, address, file->state ? file->state : "");
			}
	survey_free(&survey);
}

/* Each process in the list of one device: the lines of both lists belong together. */
static void add_processes(struct candidates *found, const struct facts *facts)
{
	const char *pid = facts->pids, *command = facts->commands;
	char word[16], help[128];

	for (; pid && command && *pid && *command; pid += strcspn(pid, "\n") + 1,
						   command += strcspn(command, "\n") + 1) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(pid, "\n"), pid);
		snprintf(help, sizeof(help), "%.*s %s", (int)strcspn(command, "\n"), command,
			 facts->device->name);
		candidates_add(found, word, help);
	}
}

/* A process that has several devices is one candidate. */
static void merge_processes(struct candidates *found)
{
	size_t i, k, kept = 0;

	for (i = 0; i < found->count; i++) {
		for (k = 0; k < kept && strcmp(found->list[k].word, found->list[i].word); k++)
			;
		if (k == kept) {
			found->list[kept++] = found->list[i];
			continue;
		}
		free(found->list[i].word);
		free(found->list[i].help);
	}
	found->count = kept;
}

void candidates_processes(struct candidates *found, int rootfd)
{
	struct device_list all = { 0 };
	struct facts *facts = NULL;
	struct error ignored;
	size_t i;

	if (device_scan_for(rootfd, facts_device_bits(FACT_USERS), &all, &ignored) == 0 &&
	    facts_gather(rootfd, NULL, FACT_USERS, &all, &facts, &ignored) == 0) {
		for (i = 0; i < all.count; i++)
			add_processes(found, &facts[i]);
		facts_free(facts, all.count);
	}
	merge_processes(found);
	device_list_free(&all);
}
