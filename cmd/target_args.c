// SPDX-License-Identifier: GPL-2.0-or-later
/* --kernel, --initrd, --reuse-cmdline, --append, --direct. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "sysfs.h"
#include "target_args.h"

enum { KEY_KERNEL = 0x300, KEY_INITRD, KEY_REUSE, KEY_APPEND, KEY_DIRECT };

static const struct argp_option options[] = {
	{ "kernel", KEY_KERNEL, "IMAGE", 0, "The next kernel", 0 },
	{ "initrd", KEY_INITRD, "FILE", 0, "Its initrd", 0 },
	{ "reuse-cmdline", KEY_REUSE, NULL, 0, "Give it the command line of the running kernel", 0 },
	{ "append", KEY_APPEND, "TEXT", 0, "Add this to its command line", 0 },
	{ "direct", KEY_DIRECT, NULL, 0, "Jump at once, without the init system", 0 },
	{ 0 },
};

static error_t parse_target(int key, char *arg, struct argp_state *state)
{
	struct target_args *args = state->input;

	switch (key) {
	case KEY_KERNEL:
		args->kernel = arg;
		return 0;
	case KEY_INITRD:
		args->initrd = arg;
		return 0;
	case KEY_REUSE:
		args->reuse_cmdline = true;
		return 0;
	case KEY_APPEND:
		args->append = arg;
		return 0;
	case KEY_DIRECT:
		args->way = WAY_DIRECT;
		return 0;
	case ARGP_KEY_END:
		if (args->kernel || !(args->initrd || args->append || args->reuse_cmdline))
			return 0;
		argp_error(state, "--initrd, --reuse-cmdline and --append need --kernel");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp target_argp = { options, parse_target, NULL, NULL, NULL, NULL, NULL };

static int set_path(char *path, const char *word, struct error *err)
{
	if (snprintf(path, TARGET_PATH_SIZE, "%s", word) < TARGET_PATH_SIZE)
		return 0;
	return error_set(err, STATUS_FAILED, ENAMETOOLONG, word, "cannot open");
}

static int build_cmdline(const struct target_args *args, int rootfd, struct target *target,
			 struct error *err)
{
	char running[KCMDLINE_SIZE];
	int rc = 0;

	if (args->reuse_cmdline)
		rc = sysfs_read(rootfd, "proc/cmdline", running, sizeof(running));
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, "/proc/cmdline", "cannot read");
	rc = kcmdline_build(args->reuse_cmdline ? running : NULL, args->append, target->cmdline,
			    sizeof(target->cmdline));
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, "--append", "the command line becomes too long");
	return 0;
}

int target_args_open(const struct target_args *args, int rootfd, bool recorded,
		     struct target *target, struct error *err)
{
	int rc;

	if (!args->kernel) {
		rc = target_note_read(rootfd, target);
		return rc < 0 ? -ENOENT : 0;
	}
	rc = set_path(target->image, args->kernel, err);
	if (rc == 0 && args->initrd)
		rc = set_path(target->initrd, args->initrd, err);
	if (rc == 0)
		rc = build_cmdline(args, rootfd, target, err);
	if (rc == 0)
		rc = target_open(rootfd, recorded, target, err);
	/* The one -ENOENT of ours has another meaning. */
	return rc == -ENOENT ? -EIO : rc;
}
