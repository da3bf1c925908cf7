// SPDX-License-Identifier: GPL-2.0-or-later
/* systemctl kexec or reboot(2), with the kernel's log at hand. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "jump.h"
#include "keeper_client.h"
#include "kexec_call.h"
#include "kmsg.h"
#include "program.h"
#include "survey.h"

bool jump_by_init(enum way way)
{
	return way == WAY_INIT && access("/run/systemd/system", F_OK) == 0;
}

int jump_load(int rootfd, struct load *load, struct error *err)
{
	struct survey survey;
	size_t i, k;
	int rc = survey_take(rootfd, NULL, &survey, err);

	*load = (struct load){ 0 };
	for (i = 0; rc == 0 && i < survey.count; i++) {
		if (survey.sessions[i].direction != DIRECTION_OUTGOING)
			continue;
		load->sessions++;
		for (k = 0; k < survey.sessions[i].count; k++)
			load->devices += survey.sessions[i].files[k].is_pci;
	}
	survey_free(&survey);
	return rc;
}

static bool is_less(const struct load *now, const struct load *before)
{
	return now->sessions < before->sessions || now->devices < before->devices;
}

/* Whether everything is still there is looked up, not assumed. */
static void say_what_is_left(int rootfd, const struct load *before, struct error *err)
{
	struct error ignored;
	struct load after;

	if (jump_load(rootfd, &after, &ignored) < 0)
		error_hint(err, "see 'vfio-luctl status' for what is left; the next kernel stays loaded");
	else if (!is_less(&after, before))
		error_hint(err, "nothing was lost: all is preserved as before (sessions: %zu, devices: %zu), and the next kernel stays loaded; remove the reason and try again, or 'vfio-luctl cancel SESSION'",
			   after.sessions, after.devices);
	else
		error_hint(err, "of %zu sessions with %zu devices, %zu with %zu are left, see 'vfio-luctl status'; the next kernel stays loaded",
			   before->sessions, before->devices, after.sessions, after.devices);
}

/*
 * Have all keepers write down that the jump is begun, or was not: the next kernel
 * cannot know.  One that cannot is no reason not to jump.
 */
static void tell_keepers(int rootfd, bool begun)
{
	struct keeper_names names;
	struct error ignored;
	size_t i;

	if (keeper_list(rootfd, &names, &ignored) < 0)
		return;
	for (i = 0; i < names.count; i++)
		keeper_note_jump(rootfd, names.names[i], begun, &ignored);
	keeper_names_free(&names);
}

static int jump_directly(struct error *err)
{
	cleanup_close int log = kmsg_open();
	int rc = kexec_jump();
	char why[400] = "";

	if (log >= 0)
		kmsg_collect(log, why, sizeof(why));
	return error_set(err, rc == -EBUSY ? STATUS_BUSY : STATUS_FAILED, -rc, NULL,
			 "the kernel does not jump%s%s", why[0] ? ": " : "", why);
}

static int jump_by_systemd(struct error *err)
{
	static const char *const argv[] = { "systemctl", "kexec", NULL };
	char why[200];
	int status = program_run_quietly(argv, why, sizeof(why));

	if (status == 0)
		return 0;
	if (status < 0)
		return error_set(err, STATUS_FAILED, -status, "systemctl", "cannot run");
	return error_set(err, STATUS_FAILED, 0, "systemctl kexec", "ended with status %d%s%s", status,
			 why[0] ? ": " : "", why);
}

/* A keeper can die while a kernel is loaded, and its session with it. */
static int say_lost(const struct load *checked, const struct load *now, struct error *err)
{
	int rc = error_set(err, STATUS_REFUSED, 0, NULL,
			   "of %zu sessions with %zu devices that were checked, %zu with %zu are left",
			   checked->sessions, checked->devices, now->sessions, now->devices);

	error_hint(err, "see 'vfio-luctl status'; the next kernel stays loaded");
	return rc;
}

int jump(int rootfd, bool by_init, const struct load *checked, struct error *err)
{
	struct load before;
	int rc = jump_load(rootfd, &before, err);

	if (rc < 0)
		return rc;
	if (is_less(&before, checked))
		return say_lost(checked, &before, err);
	/* It can take long, and is not part of the jump that is noted. */
	if (!by_init)
		sync();
	tell_keepers(rootfd, true);
	rc = by_init ? jump_by_systemd(err) : jump_directly(err);
	if (rc < 0) {
		tell_keepers(rootfd, false);
		say_what_is_left(rootfd, &before, err);
	}
	return rc;
}
