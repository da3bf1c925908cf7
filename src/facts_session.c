// SPDX-License-Identifier: GPL-2.0-or-later
/* Which live update session a device is in: the kernel's list, or else what keepers tell. */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "facts.h"
#include "keeper_client.h"
#include "sysfs.h"
#include "token.h"

struct session_search {
	struct facts *facts;
	size_t count;
};

/* A kernel that says "none" is believed: a token of our form may be somebody else's. */
static bool may_be_in_session(const struct facts *facts)
{
	return facts->device->is_pci && strcmp(facts->liveupdate, "none");
}

static void set_session(struct session_search *search, struct pci_addr address, const char *session)
{
	struct facts *facts;
	size_t i;

	for (i = 0; i < search->count; i++) {
		facts = &search->facts[i];
		if (may_be_in_session(facts) && !facts->session[0] &&
		    !pci_addr_compare(facts->device->address, address))
			snprintf(facts->session, sizeof(facts->session), "%s", session);
	}
}

static int look_at_line(void *data, const struct debugfs_line *line)
{
	struct pci_addr address;

	if (line->is_file && token_to_pci(line->token, &address))
		set_session(data, address, line->session);
	return 0;
}

static void ask_keeper(int rootfd, const char *session, struct session_search *search)
{
	struct keeper_info info;
	struct error ignored;
	size_t i;

	if (keeper_info(rootfd, session, &info, &ignored) == 0)
		for (i = 0; i < info.count; i++)
			if (!token_memfd(info.entries[i].of.token))
				set_session(search, info.entries[i].of.address, session);
	keeper_info_free(&info);
}

/* The kernel's list; where there is none, or it may not be read, the keepers. */
int facts_sessions(int rootfd, struct facts *facts, size_t count, struct error *err)
{
	struct session_search search = { facts, count };
	struct keeper_names names;
	struct error ignored;
	size_t i, possible = 0;
	int rc;

	for (i = 0; i < count; i++)
		possible += may_be_in_session(&facts[i]);
	rc = possible ? debugfs_each_line(rootfd, look_at_line, &search) : 0;
	if (sysfs_is_shortage(rc))
		return error_set(err, STATUS_FAILED, -rc, "sessions", "cannot read the kernel's list of them");
	if (rc == 0)
		return 0;
	if (keeper_list(rootfd, &names, &ignored) == 0)
		for (i = 0; i < names.count; i++)
			ask_keeper(rootfd, names.names[i], &search);
	keeper_names_free(&names);
	return 0;
}
