/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next kernel: the files and the command line it is made of, and what can
 * be told of it before it runs.  The kernel does not tell what is loaded, so
 * whoever loads leaves a note.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kcmdline.h"
#include "kconfig.h"

struct error;

#define TARGET_PATH_SIZE 1024

struct target {
	char image[TARGET_PATH_SIZE];
	char initrd[TARGET_PATH_SIZE]; /* "": none */
	char cmdline[KCMDLINE_SIZE];
	char release[128];       /* "": not known */
	uint64_t image_size;     /* bytes of contiguous memory each needs; 0: not known */
	uint64_t initrd_size;
	bool config_known;
	char missing[512];       /* options that a live update needs and it has not, by commas */
	enum answer kho_default; /* CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT */
	int image_fd;            /* -1: not opened */
	int initrd_fd;
};

#define TARGET_INIT { .image_fd = -1, .initrd_fd = -1 }

/*
 * Open the files of @target, whose paths and command line are set, and find out
 * what they are.  @rootfd and @recorded: paths are below the recorded host.  The
 * configuration is the one inside the image, else the installed one of its
 * release.  Returns 0 or a negative errno with @err filled.  The caller ends it
 * with target_close().
 */
int target_open(int rootfd, bool recorded, struct target *target, struct error *err);

void target_close(struct target *target);

/* The options a live update needs that @config has not, into @missing; "" none. */
void target_missing_options(const struct kconfig *config, char *missing, size_t size);

/*
 * Be the only one who loads kernels and jumps, until the descriptor that is returned is closed:
 * two at a time would take each other's kernel or note away.  -EBUSY (STATUS_BUSY): there
 * is another; STATUS_REFUSED: KEEPER_DIR is not ours alone.
 */
int target_lock(struct error *err);

/*
 * Write down that @target is loaded, before it is, by the one who has the lock: whatever can
 * fail does so then.  What is loaded is told by the note of before until target_note_commit();
 * target_note_drop() when it comes to nothing.  Both return 0, or a negative errno with @err
 * filled and nothing prepared.
 */
int target_note_prepare(const struct target *target, struct error *err);
int target_note_commit(struct error *err);
void target_note_drop(void);

/* Forget the note: what is loaded is another one. */
void target_note_remove(void);

/*
 * What was loaded according to the note, which is of the running kernel's time
 * only.  Returns 0; -ENOENT when there is none (any more), -EACCES when it may
 * not be read, -EBADMSG when it is damaged; fills no error.
 */
int target_note_read(int rootfd, struct target *target);

#define cleanup_target __attribute__((cleanup(target_close)))
