// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's whole list of sessions, beside what others have told of two. */
#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "root.h"
#include "session.h"
#include "survey_kernel.h"
#include "token.h"

#define DEVICE UINT64_C(0x0001000000000100)

/* What keepers and /proc told before. */
static void add_known(struct survey *survey, enum survey_direction direction)
{
	struct survey_session *kept = survey_add_session(survey, "vm"), *held;

	must(kept && survey_add_token(kept, DEVICE));
	kept->source = SOURCE_KEEPER;
	kept->direction = direction;
	kept->holder = 7;
	kept->files[0].state = "retrieved";
	kept->files[0].source = kept->files[0].state_source = SOURCE_MANIFEST;
	held = survey_add_session(survey, "other");
	must(held);
	held->source = SOURCE_PROC;
	held->state = "held";
	held->holder = 8;
}

/* No token is twice in a session, and in one of ours manifest and journal are not told. */
static void check_files(const struct survey_session *session)
{
	size_t i, k;

	for (i = 0; i < session->count; i++) {
		const struct survey_file *file = &session->files[i];

		must(file->has_token && file->state && file->source);
		must(memchr(file->kind, '\0', sizeof(file->kind)));
		must(session->source != SOURCE_KEEPER || !token_is_ours(file->token));
		for (k = 0; session->source == SOURCE_KEEPER && k < i; k++)
			must(session->files[k].token != file->token);
	}
}

/* What a shell would take for something else is in no command. */
static void check_todo(const struct survey *survey, const struct survey_session *session,
		       const struct survey_file *file)
{
	struct error ignored;
	char text[512];

	survey_todo(survey, session, file, text, sizeof(text));
	must(strlen(text) < sizeof(text) && !strpbrk(text, "\n;&|<>$`\\\"'"));
	if (session_check_name(session->name, &ignored))
		must(!*text || !strncmp(text, "vfio-luctl kexec", strlen("vfio-luctl kexec")));
}

static void check_session(const struct survey *survey, const struct survey_session *session)
{
	size_t i;

	must(*session->name && strlen(session->name) < SESSION_NAME_SIZE);
	must(session->direction != DIRECTION_UNKNOWN || session->source == SOURCE_PROC);
	must(survey_session_phase(survey, session) <= survey_phase(survey));
	check_files(session);
	check_todo(survey, session, NULL);
	for (i = 0; i < session->count; i++)
		check_todo(survey, session, &session->files[i]);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct fuzz_file files[] = { { "sys/kernel/debug/liveupdate/sessions", -1 } };
	static int root;
	int i;

	if (!root)
		root = fuzz_root(files, 1);
	fuzz_fill(&files[0], data, size);
	for (i = 0; i < 3; i++) {
		struct survey survey = { .loaded = i ? ANSWER_YES : ANSWER_NO };
		size_t k;

		if (i)
			add_known(&survey, i == 1 ? DIRECTION_INCOMING : DIRECTION_OUTGOING);
		must(!survey_add_list(root, i == 2 ? "vm" : NULL, &survey));
		must(!survey.hidden);
		for (k = 0; k < survey.count; k++)
			check_session(&survey, &survey.sessions[k]);
		survey_free(&survey);
	}
	return 0;
}
