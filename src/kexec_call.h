/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls of kexec.  Always the one that loads from files: the older
 * one knows nothing of handed over memory, and a kernel loaded by it loses
 * everything (kho_fill_kimage() is called by kernel/kexec_file.c only).
 */
#pragma once

#include "kconfig.h"

struct error;

/*
 * Load the kernel on @kernel with the initrd on @initrd (-1: none) and the
 * command line @cmdline, in place of one that is loaded already.  Returns 0 or a
 * negative errno with @err filled about @object, the image, and with what the
 * kernel has logged about it.
 */
int kexec_load_files(int kernel, int initrd, const char *cmdline, const char *object,
		     struct error *err);

/* Let go of the kernel that is loaded.  A negative errno. */
int kexec_unload(void);

/*
 * Jump into the kernel that is loaded, right now: nothing is stopped, and file
 * systems are not written back, which is the caller's to do.  Returns only when the kernel refuses: its errno,
 * negative.
 */
int kexec_jump(void);

/* Whether a kernel is loaded below @rootfd (/sys/kernel/kexec_loaded). */
enum answer kexec_is_loaded(int rootfd);

/*
 * Whether the running kernel would take a kernel by the older call, going by
 * its configuration and by lockdown, which refuses that call
 * (kexec_load_check() in kernel/kexec.c).  It is not asked: that counts against
 * kernel.kexec_load_limit_reboot.
 */
enum answer kexec_old_call_works(int rootfd, const struct kconfig *running);
