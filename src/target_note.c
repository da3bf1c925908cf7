// SPDX-License-Identifier: GPL-2.0-or-later
/* The note of what was loaded: one "KEY VALUE" a line in /run/vfio-luctl/kexec. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "keeper.h"
#include "sysfs.h"
#include "target.h"

#define NOTE KEEPER_DIR "/kexec"
#define NOTE_NEW KEEPER_DIR "/.kexec.new"
#define BOOT_ID "proc/sys/kernel/random/boot_id"

static void print_note(FILE *out, const struct target *target, const char *boot_id)
{
	static const char *const answers[] = { "unknown", "no", "yes" };

	fprintf(out, "version 1\nboot %s\nimage %s\ninitrd %s\nrelease %s\n", boot_id,
		target->image, target->initrd, target->release);
	fprintf(out, "image-size %" PRIu64 "\ninitrd-size %" PRIu64 "\n", target->image_size,
		target->initrd_size);
	fprintf(out, "config-known %d\nmissing %s\nkho-default %s\ncmdline %s\n",
		target->config_known, target->missing, answers[target->kho_default],
		target->cmdline);
}

/* A newline in a value would be the end of it. */
static bool has_newline(const struct target *target)
{
	return strchr(target->image, '\n') || strchr(target->initrd, '\n') ||
	       strchr(target->cmdline, '\n');
}

static int write_file(const struct target *target, struct error *err)
{
	cleanup_close int fd = -1;
	char boot_id[64];
	FILE *out;
	int rc;

	fd = open("/" NOTE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return error_set(err, STATUS_FAILED, errno, "/" NOTE_NEW, "cannot write");
	steal_fd(&fd);
	rc = open("/", O_PATH | O_CLOEXEC);
	sysfs_read(rc, BOOT_ID, boot_id, sizeof(boot_id));
	cleanup_close_fn(&rc);
	print_note(out, target, boot_id);
	if (fclose(out) == 0)
		return 0;
	rc = error_set(err, STATUS_FAILED, errno, "/" NOTE_NEW, "cannot write");
	target_note_drop();
	return rc;
}

int target_lock(struct error *err)
{
	cleanup_close int dir = keeper_open_dir(err);

	if (dir < 0 || TEMP_FAILURE_RETRY(flock(dir, LOCK_EX | LOCK_NB)) == 0)
		return steal_fd(&dir);
	if (errno == EWOULDBLOCK)
		return error_set(err, STATUS_BUSY, EBUSY, NULL, "another vfio-luctl is loading a kernel, or about to jump");
	return error_set(err, STATUS_FAILED, errno, "/" KEEPER_DIR, "cannot lock");
}

int target_note_prepare(const struct target *target, struct error *err)
{
	if (has_newline(target))
		return error_set(err, STATUS_FAILED, EINVAL, target->image,
				 "a path or command line with a newline");
	return write_file(target, err);
}

int target_note_commit(struct error *err)
{
	int rc;

	if (rename("/" NOTE_NEW, "/" NOTE) == 0)
		return 0;
	rc = error_set(err, STATUS_FAILED, errno, "/" NOTE, "cannot write");
	target_note_drop();
	return rc;
}

void target_note_drop(void)
{
	unlink("/" NOTE_NEW);
}

void target_note_remove(void)
{
	unlink("/" NOTE);
}

static bool copy_text(char *to, size_t size, const char *value)
{
	return snprintf(to, size, "%s", value) < (int)size;
}

static bool read_size(const char *value, uint64_t *size)
{
	char *end;

	errno = 0;
	*size = strtoull(value, &end, 10);
	return !errno && *value >= '0' && *value <= '9' && !*end;
}

static bool read_answer(const char *value, enum answer *answer)
{
	*answer = !strcmp(value, "yes") ? ANSWER_YES : !strcmp(value, "no") ? ANSWER_NO : ANSWER_UNKNOWN;
	return true;
}

/* Bit N of *@seen is key N.  Keys of later versions of ours are passed over. */
static bool read_pair(const char *key, const char *value, struct target *target, char *boot_id,
		      unsigned int *seen)
{
	static const char *const keys[] = {
		"version", "boot", "image", "initrd", "release", "image-size", "initrd-size",
		"config-known", "missing", "kho-default", "cmdline",
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys) && strcmp(keys[i], key); i++)
		;
	*seen |= 1u << i;
	switch (i) {
	case 0: return !strcmp(value, "1");
	case 1: return copy_text(boot_id, 64, value);
	case 2: return copy_text(target->image, sizeof(target->image), value);
	case 3: return copy_text(target->initrd, sizeof(target->initrd), value);
	case 4: return copy_text(target->release, sizeof(target->release), value);
	case 5: return read_size(value, &target->image_size);
	case 6: return read_size(value, &target->initrd_size);
	case 7: target->config_known = !strcmp(value, "1"); return true;
	case 8: return copy_text(target->missing, sizeof(target->missing), value);
	case 9: return read_answer(value, &target->kho_default);
	case 10: return copy_text(target->cmdline, sizeof(target->cmdline), value);
	default: return true;
	}
}

static int parse_note(char *text, struct target *target, char *boot_id)
{
	const unsigned int all = (1u << 11) - 1;
	unsigned int seen = 0;
	char *line, *value;

	while ((line = strsep(&text, "\n"))) {
		value = strchr(line, ' ');
		if (!value)
			return -EBADMSG;
		*value++ = '\0';
		if (!read_pair(line, value, target, boot_id, &seen))
			return -EBADMSG;
	}
	return (seen & all) == all ? 0 : -EBADMSG;
}

int target_note_read(int rootfd, struct target *target)
{
	char text[2 * TARGET_PATH_SIZE + KCMDLINE_SIZE + 2048], then[64] = "", now[64];
	int rc = sysfs_read(rootfd, NOTE, text, sizeof(text));

	if (rc >= 0)
		rc = parse_note(text, target, then);
	if (rc < 0)
		return rc;
	/* One of another kernel's time says nothing. */
	if (sysfs_read(rootfd, BOOT_ID, now, sizeof(now)) <= 0 || strcmp(then, now))
		return -ENOENT;
	return 0;
}
