// SPDX-License-Identifier: GPL-2.0-or-later
/* What a survey means: phases, what is left to do, whether anything is. */
#include <stdlib.h>

#include "survey.h"
#include "tap.h"
#include "token.h"

#define MEMFD "(a memfd)" /* for a driver */

/* A session with one file (kind "": none), and what is to be told of it. */
static const struct {
	const char *name;
	enum survey_direction direction;
	enum source source;
	pid_t holder;
	const char *state, *file_state, *driver;
	enum answer loaded;
	const char *phase, *todo;
	bool outstanding;
} cases[] = {
	{ "preserved", DIRECTION_OUTGOING, SOURCE_KEEPER, 7, NULL, "preserved", "vfio-pci", ANSWER_NO,
	  "preserved", "vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline", true },
	{ "preserved, kernel not known", DIRECTION_OUTGOING, SOURCE_KEEPER, 7, NULL, "preserved", "vfio-pci",
	  ANSWER_UNKNOWN, "preserved", "vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline", true },
	{ "armed", DIRECTION_OUTGOING, SOURCE_KEEPER, 7, NULL, "preserved", "vfio-pci", ANSWER_YES,
	  "armed", "vfio-luctl kexec", true },
	{ "armed by others", DIRECTION_OUTGOING, SOURCE_PROC, 9, "held", "preserved", "vfio-pci", ANSWER_YES,
	  "armed", "vfio-luctl kexec", true },
	{ "unclaimed", DIRECTION_INCOMING, SOURCE_KERNEL, 0, "unclaimed", "unclaimed", "vfio-pci", ANSWER_NO,
	  "arrived", "vfio-luctl retrieve s", true },
	{ "unclaimed, not bound", DIRECTION_INCOMING, SOURCE_KERNEL, 0, "unclaimed", "unclaimed", "", ANSWER_NO,
	  "arrived", "bind it to vfio-pci, then vfio-luctl retrieve s", true },
	{ "unclaimed, kernel loaded", DIRECTION_INCOMING, SOURCE_KERNEL, 0, "unclaimed", "unclaimed", "igb",
	  ANSWER_YES, "arrived", "bind it to vfio-pci, then vfio-luctl retrieve s", true },
	{ "arrived", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "arrived", "vfio-pci", ANSWER_NO,
	  "arrived", "vfio-luctl retrieve s", true },
	{ "arrived at others", DIRECTION_INCOMING, SOURCE_PROC, 9, "held", "arrived", "vfio-pci", ANSWER_NO,
	  "arrived", "", true },
	{ "held by nobody that is seen", DIRECTION_INCOMING, SOURCE_KERNEL, 9, "held", "arrived", "vfio-pci",
	  ANSWER_NO, "arrived", "", true },
	{ "retrieved", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "retrieved", "vfio-pci", ANSWER_NO,
	  "retrieved", "vfio-luctl retrieve s -- COMMAND, to give it to its user", true },
	{ "bound", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "bound", "vfio-pci", ANSWER_NO,
	  "retrieved", "vfio-luctl finish s", true },
	{ "gone", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "gone", "", ANSWER_NO,
	  "retrieved", "vfio-luctl finish s", true },
	{ "failed", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "failed", "vfio-pci", ANSWER_NO,
	  "arrived", "reboot: the kernel will not try it again", true },
	{ "memfd arrived", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "arrived", MEMFD, ANSWER_NO,
	  "arrived", "vfio-luctl retrieve s", true },
	{ "memfd in use", DIRECTION_INCOMING, SOURCE_KEEPER, 7, NULL, "in-use", MEMFD, ANSWER_NO,
	  "retrieved", "vfio-luctl finish s", true },
	{ "memfd without a manifest", DIRECTION_INCOMING, SOURCE_KEEPER, 7, "no-manifest", "arrived", MEMFD,
	  ANSWER_NO, "arrived", "vfio-luctl retrieve s 0x0002000000000001", true },
	{ "empty outgoing", DIRECTION_OUTGOING, SOURCE_KEEPER, 7, "empty", NULL, NULL, ANSWER_NO,
	  "preserved", "vfio-luctl cancel s", true },
	{ "empty incoming", DIRECTION_INCOMING, SOURCE_KEEPER, 7, "empty", NULL, NULL, ANSWER_NO,
	  "arrived", "vfio-luctl finish s", true },
	{ "no manifest", DIRECTION_INCOMING, SOURCE_KEEPER, 7, "no-manifest", NULL, NULL, ANSWER_NO,
	  "arrived", "vfio-luctl retrieve s DEVICE...", true },
	{ "no manifest, but the kernel tells", DIRECTION_INCOMING, SOURCE_KEEPER, 7, "no-manifest", "arrived", "vfio-pci",
	  ANSWER_NO, "arrived", "vfio-luctl retrieve s 0000:01:00.0", true },
	{ "unclaimed and empty", DIRECTION_INCOMING, SOURCE_KERNEL, 0, "unclaimed", NULL, NULL, ANSWER_NO,
	  "arrived", "vfio-luctl retrieve s", true },
	{ "stale", DIRECTION_UNKNOWN, SOURCE_KEEPER, 0, "stale", NULL, NULL, ANSWER_NO,
	  "idle", "vfio-luctl cancel s", true },
	{ "held by others", DIRECTION_UNKNOWN, SOURCE_PROC, 9, "held", NULL, NULL, ANSWER_NO,
	  "-", "", true },
};

static void check_case(size_t i)
{
	struct survey survey = { .loaded = cases[i].loaded };
	struct survey_session *session = survey_add_session(&survey, "s");
	struct survey_file *file = NULL;
	const char *phase;
	char text[256];

	session->direction = cases[i].direction;
	session->source = cases[i].source;
	session->holder = cases[i].holder;
	session->state = cases[i].state;
	if (cases[i].file_state) {
		bool is_memfd = !strcmp(cases[i].driver, MEMFD);

		file = survey_add_token(session, is_memfd ? token_from_memfd(1) : UINT64_C(0x0001000000000100));
		file->state = cases[i].file_state;
		snprintf(file->driver, sizeof(file->driver), "%s", is_memfd ? "" : cases[i].driver);
		ok(is_memfd ? !file->is_pci : file->is_pci && file->address.bus == 1,
		   "%s: the token tells the address", cases[i].name);
	}
	phase = survey_phase_name(survey_session_phase(&survey, session));
	is_text(phase ? phase : "-", cases[i].phase, "%s: phase", cases[i].name);
	is_int(survey_phase(&survey), survey_session_phase(&survey, session), "%s: the host's phase", cases[i].name);
	is_text(survey_todo(&survey, session, file, text, sizeof(text)), cases[i].todo, "%s: to do", cases[i].name);
	is_int(survey_outstanding(&survey), cases[i].outstanding, "%s: outstanding", cases[i].name);
	survey_free(&survey);
}

/* What systemd would not take along is for a jump without it. */
static void check_not_carried(void)
{
	struct survey survey = { .loaded = ANSWER_NO };
	struct survey_session *session = survey_add_session(&survey, "s");
	char text[256];

	session->direction = DIRECTION_OUTGOING;
	session->source = SOURCE_PROC;
	session->carried = ANSWER_NO;
	is_text(survey_todo(&survey, session, NULL, text, sizeof(text)),
		"vfio-luctl kexec --direct --kernel IMAGE --initrd FILE --reuse-cmdline", "not carried: to do");
	session->carried = ANSWER_YES;
	is_text(survey_todo(&survey, session, NULL, text, sizeof(text)),
		"vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline", "carried: to do");
	survey_free(&survey);
}

/* A host without any session that is seen. */
static const struct {
	const char *name, *phase, *hidden;
	unsigned int hidden_bits;
	bool devices_tell, came;
} empties[] = {
	{ "root, nothing came", "idle", "", 0, false, false },
	{ "root, something came", "finished", "", 0, true, true },
	{ "no list, nothing came", "idle", "", HIDDEN_NO_LIST, false, false },
	{ "no list, something came", "-", "", HIDDEN_NO_LIST, false, true },
	{ "no list, but devices tell", "finished", "", HIDDEN_NO_LIST, true, true },
	{ "not root", "-", "the keepers' sockets, the kernel's list in debugfs (root can see more)",
	  HIDDEN_KEEPERS | HIDDEN_LIST, false, false },
	{ "not root, but devices tell", "idle", "descriptors of other users' processes (root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can see more)",
	  HIDDEN_PROCESSES, true, false },
};

static void check_empty(size_t i)
{
	struct survey survey = {
		.hidden = empties[i].hidden_bits, .devices_tell = empties[i].devices_tell,
		.came = empties[i].came,
	};
	const char *phase = survey_phase_name(survey_phase(&survey));
	char text[256];

	is_text(phase ? phase : "-", empties[i].phase, "%s: phase", empties[i].name);
	is_text(survey_hidden(&survey, text, sizeof(text)), empties[i].hidden, "%s: hidden", empties[i].name);
	ok(!survey_outstanding(&survey), "%s: nothing is outstanding", empties[i].name);
}

/* The one that is furthest from its end decides. */
static void check_several(void)
{
	struct survey survey = { .loaded = ANSWER_YES };

	survey_add_session(&survey, "a")->direction = DIRECTION_OUTGOING;
	is_text(survey_phase_name(survey_phase(&survey)), "armed", "one outgoing");
	survey_add_session(&survey, "b")->direction = DIRECTION_INCOMING;
	is_text(survey_phase_name(survey_phase(&survey)), "arrived", "and one incoming");
	survey_add_token(&survey.sessions[1], 1)->state = "retrieved";
	is_text(survey_phase_name(survey_phase(&survey)), "retrieved", "which is retrieved");
	survey_add_token(&survey.sessions[1], 2)->state = "arrived";
	is_text(survey_phase_name(survey_phase(&survey)), "arrived", "but not all of it");
	survey_free(&survey);
	ok(!survey.sessions && !survey.count, "a freed survey is empty");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_case(i);
	for (i = 0; i < sizeof(empties) / sizeof(*empties); i++)
		check_empty(i);
	check_several();
	is_text(source_name(SOURCE_MANIFEST), "manifest", "a source has a name");
	ok(!source_name(SOURCE_NONE), "no source has none");
	check_not_carried();
	return tap_done();
}
