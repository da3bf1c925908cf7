// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking systemd by systemctl. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "host.h"
#include "keeper_client.h"
#include "procfs.h"
#include "program.h"
#include "session.h"
#include "unit.h"

#define TEMPLATE "vfio-luctl@.service"
#define UNIT_SIZE (SESSION_NAME_SIZE + sizeof(TEMPLATE))

/* The directories of the system manager that units are installed in, systemd.unit(5). */
static bool is_installed(int rootfd)
{
	static const char *const paths[] = {
		"etc/systemd/system/" TEMPLATE, "run/systemd/system/" TEMPLATE,
		"usr/local/lib/systemd/system/" TEMPLATE, "usr/lib/systemd/system/" TEMPLATE,
		"lib/systemd/system/" TEMPLATE,
	};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (faccessat(rootfd, paths[i], F_OK, 0) == 0)
			return true;
	return false;
}

bool unit_available(int rootfd)
{
	return host_systemd_version(rootfd) >= SYSTEMD_WITH_STORE && is_installed(rootfd);
}

static void unit_name(const char *session, char name[static UNIT_SIZE])
{
	snprintf(name, UNIT_SIZE, "vfio-luctl@%s.service", session);
}

/* The characters of a session's name are those that an instance may have. */
static int systemctl(const char *verb, const char *session, char *said, size_t size)
{
	char unit[UNIT_SIZE];
	const char *const argv[] = { "systemctl", "--quiet", verb, unit, NULL };

	unit_name(session, unit);
	return program_run_quietly(argv, said, size);
}

int unit_start(const char *session, struct error *err)
{
	char said[200];
	int status = systemctl("start", session, said, sizeof(said)), rc;

	if (status == 0)
		return 0;
	if (status < 0)
		return error_set(err, STATUS_FAILED, -status, "systemctl", "cannot run");
	rc = error_set(err, STATUS_FAILED, 0, session, "systemctl start ended with status %d%s%s", status,
		       said[0] ? ": " : "", said);
	error_hint(err, "journalctl -u vfio-luctl@%s", session);
	return rc;
}

static bool is_in_init(int rootfd, const char *session)
{
	char link[PROCFS_SESSION_LINK_SIZE];

	return procfs_has_open(rootfd, 1, procfs_session_link(session, link));
}

/* What the kernel calls a session that systemd made (LUOSession=), only its unit can tell. */
static bool has_store(const char *session)
{
	char unit[UNIT_SIZE], text[32];
	const char *const argv[] = {
		"systemctl", "show", "--property=NFileDescriptorStore", "--value", unit, NULL,
	};

	unit_name(session, unit);
	return program_output(argv, text, sizeof(text)) == 0 && atoi(text) > 0;
}

int unit_resume(int rootfd, const char *session, struct keeper_info *info, struct error *err)
{
	struct error ignored;
	int rc = unit_start(session, err);

	if (rc == 0)
		rc = keeper_info(rootfd, session, info, err);
	if (rc < 0 || !info->waiting)
		return rc;
	keeper_info_free(info);
	keeper_dismiss(rootfd, session, &ignored);
	return keeper_say_none(session, err);
}

int unit_reach(int rootfd, const char *session, struct keeper_info *info, struct error *err)
{
	struct error told = { 0 };
	int rc = keeper_info(rootfd, session, info, &told);

	if ((rc == -ENOENT || rc == -ECONNREFUSED) && unit_available(rootfd) &&
	    (is_in_init(rootfd, session) || has_store(session)))
		return unit_resume(rootfd, session, info, err);
	if (rc < 0)
		*err = told;
	return rc;
}
