// SPDX-License-Identifier: GPL-2.0-or-later
/* What a survey means: phases, what is left to do, what was not seen. */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "session.h"
#include "survey.h"
#include "token.h"

#define DRIVER "vfio-pci"

const char *source_name(enum source source)
{
	static const char *const names[] = {
		[SOURCE_NONE] = NULL, [SOURCE_KEEPER] = "keeper", [SOURCE_MANIFEST] = "manifest",
		[SOURCE_PROC] = "proc", [SOURCE_KERNEL] = "kernel",
	};

	return names[source];
}

const char *survey_phase_name(enum survey_phase phase)
{
	static const char *const names[] = {
		[PHASE_IDLE] = "idle", [PHASE_FINISHED] = "finished", [PHASE_UNKNOWN] = NULL,
		[PHASE_PRESERVED] = "preserved", [PHASE_ARMED] = "armed",
		[PHASE_RETRIEVED] = "retrieved", [PHASE_ARRIVED] = "arrived",
	};

	return names[phase];
}

static bool is_state(const char *state, const char *name)
{
	return state && !strcmp(state, name);
}

/* Out of the session, or never to come out of it. */
static bool is_retrieved(const struct survey_file *file)
{
	return is_state(file->state, "retrieved") || is_state(file->state, "bound") ||
	       is_state(file->state, "in-use") || is_state(file->state, "gone");
}

enum survey_phase survey_session_phase(const struct survey *survey,
				       const struct survey_session *session)
{
	size_t i;

	if (session->direction == DIRECTION_OUTGOING)
		return survey->loaded == ANSWER_YES ? PHASE_ARMED : PHASE_PRESERVED;
	/* What is left of a keeper that died holds nothing, and one that waits not yet. */
	if (session->direction == DIRECTION_UNKNOWN)
		return is_state(session->state, "stale") || is_state(session->state, "waiting") ?
			       PHASE_IDLE : PHASE_UNKNOWN;
	for (i = 0; i < session->count; i++)
		if (!is_retrieved(&session->files[i]))
			return PHASE_ARRIVED;
	return session->count ? PHASE_RETRIEVED : PHASE_ARRIVED;
}

/* Could there be a session that nobody who was asked knows of? */
static bool may_be_more(const struct survey *survey)
{
	if (survey->devices_tell)
		return false;
	if (survey->hidden & HIDDEN_NO_LIST && survey->came)
		return true;
	return survey->hidden & (HIDDEN_KEEPERS | HIDDEN_PROCESSES | HIDDEN_LIST);
}

enum survey_phase survey_phase(const struct survey *survey)
{
	enum survey_phase phase = survey->came ? PHASE_FINISHED : PHASE_IDLE, of_session;
	size_t i;

	if (may_be_more(survey))
		phase = PHASE_UNKNOWN;
	for (i = 0; i < survey->count; i++) {
		of_session = survey_session_phase(survey, &survey->sessions[i]);
		if (of_session > phase)
			phase = of_session;
	}
	return phase;
}

bool survey_outstanding(const struct survey *survey)
{
	size_t i;

	for (i = 0; i < survey->count; i++)
		if (is_state(survey->sessions[i].state, "stale"))
			return true;
	return survey_phase(survey) > PHASE_UNKNOWN ||
	       (survey_phase(survey) == PHASE_UNKNOWN && survey->count);
}

static const char *todo_for_session(const struct survey_session *session, char *text, size_t size)
{
	const char *command = NULL, *device = "";

	if (is_state(session->state, "stale")) {
		command = "cancel";
	} else if (is_state(session->state, "empty")) {
		command = session->direction == DIRECTION_OUTGOING ? "cancel" : "finish";
	} else if (is_state(session->state, "no-manifest") &&
		   session->direction == DIRECTION_OUTGOING) {
		command = "cancel";
	} else if (is_state(session->state, "no-manifest")) {
		command = "retrieve";
		device = " DEVICE...";
	} else if (is_state(session->state, "waiting")) {
		command = "preserve";
		device = " DEVICE...";
	} else if (is_state(session->state, "unclaimed")) {
		command = "retrieve";
	}
	if (command)
		snprintf(text, size, "vfio-luctl %s %s%s", command, session->name, device);
	return text;
}

static const char *todo_for_incoming(const struct survey_session *session,
				     const struct survey_file *file, char *text, size_t size)
{
	/* Without a manifest, the user has to say what is in the session. */
	bool named = is_state(session->state, "no-manifest");
	char name[PCI_ADDR_STRLEN + TOKEN_STRLEN] = "";

	if (named && file->is_pci)
		pci_addr_format(file->address, name);
	else if (named && token_memfd(file->token))
		token_format(file->token, name);

	if (is_state(file->state, "failed"))
		snprintf(text, size, "reboot: the kernel will not try it again");
	else if (is_state(file->state, "bound") || is_state(file->state, "in-use") ||
		 is_state(file->state, "gone"))
		snprintf(text, size, "vfio-luctl finish %s", session->name);
	else if (is_state(file->state, "retrieved"))
		snprintf(text, size, "vfio-luctl retrieve %s -- COMMAND, to give it to its user",
			 session->name);
	else
		snprintf(text, size, "%svfio-luctl retrieve %s%s%s",
			 file->is_pci && strcmp(file->driver, DRIVER) ? "bind it to " DRIVER ", then " : "",
			 session->name, name[0] ? " " : "", name);
	return text;
}

const char *survey_todo(const struct survey *survey, const struct survey_session *session,
			const struct survey_file *file, char *text, size_t size)
{
	struct error ignored;

	text[0] = '\0';
	if (session->direction == DIRECTION_OUTGOING && (file || session->source != SOURCE_KEEPER)) {
		snprintf(text, size, "vfio-luctl kexec%s%s",
			 session->carried == ANSWER_NO ? " --direct" : "",
			 survey->loaded == ANSWER_YES ? "" : " --kernel IMAGE --initrd FILE --reuse-cmdline");
		return text;
	}
	/* What is in another program's hands is that program's to do. */
	if (session->source == SOURCE_PROC || !session->name[0] ||
	    (session->holder && session->source != SOURCE_KEEPER))
		return text;
	/* No command of ours takes such a name, and a shell might take it for something else. */
	if (session_check_name(session->name, &ignored) < 0)
		return text;
	if (!file)
		return todo_for_session(session, text, size);
	return session->direction == DIRECTION_INCOMING ?
		       todo_for_incoming(session, file, text, size) : text;
}

const char *survey_hidden(const struct survey *survey, char *text, size_t size)
{
	static const struct {
		unsigned int bit;
		const char *words;
	} places[] = {
		{ HIDDEN_KEEPERS, "the keepers' sockets" },
		{ HIDDEN_PROCESSES, "descriptors of other users' processes" },
		{ HIDDEN_LIST, "the kernel's list in debugfs" },
	};
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < sizeof(places) / sizeof(*places) && used < size; i++)
		if (survey->hidden & places[i].bit)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 places[i].words);
	if (used && used < size)
		snprintf(text + used, size - used, " (root%s can see more)",
			 survey->hidden & HIDDEN_PROCESSES ? " with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH" : "");
	return text;
}
