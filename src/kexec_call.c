// SPDX-License-Identifier: GPL-2.0-or-later
/* kexec_file_load, reboot, and what stands in the way of either. */
#include <errno.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "kexec_call.h"
#include "kmsg.h"
#include "sysfs.h"

#ifndef KEXEC_FILE_UNLOAD
#define KEXEC_FILE_UNLOAD 1
#endif
#ifndef KEXEC_FILE_NO_INITRAMFS
#define KEXEC_FILE_NO_INITRAMFS 4
#endif
#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load -1 /* of a processor without it: ENOSYS */
#endif

/* What the call's errno means; the kernel's log may say more. */
static int say_load_failed(int code, const char *object, struct error *err)
{
	int rc;

	switch (code) {
	case ENOSYS:
		rc = error_set(err, STATUS_UNSUPPORTED, code, object,
			       "this kernel cannot load one from a file (CONFIG_KEXEC_FILE)");
		break;
	case EPERM:
		rc = error_set(err, STATUS_FAILED, code, object, "cannot load the kernel");
		error_hint(err, "it takes root with CAP_SYS_BOOT, and kernel.kexec_load_disabled must be 0; a locked down kernel wants a signed one");
		break;
	case ENOEXEC:
		rc = error_set(err, STATUS_FAILED, code, object,
			       "this is no image of a kernel that can be loaded");
		break;
	case EBUSY:
		rc = error_set(err, STATUS_BUSY, code, object, "somebody else is loading a kernel");
		break;
	case EADDRNOTAVAIL:
		rc = error_set(err, STATUS_FAILED, code, object,
			       "kernel and initrd do not fit into the scratch memory");
		error_hint(err, "boot with a larger kho_scratch=");
		break;
	case EKEYREJECTED:
	case ENODATA:
	case ENOPKG:
		rc = error_set(err, STATUS_FAILED, code, object, "its signature is not accepted");
		break;
	default:
		rc = error_set(err, STATUS_FAILED, code, object, "cannot load the kernel");
	}
	return rc;
}

int kexec_load_files(int kernel, int initrd, const char *cmdline, const char *object,
		     struct error *err)
{
	unsigned long flags = initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0;
	cleanup_close int log = kmsg_open();
	char why[300] = "";
	size_t used;
	int rc;

	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline, flags) == 0)
		return 0;
	rc = say_load_failed(errno, object, err);
	if (log >= 0 && kmsg_collect(log, why, sizeof(why))) {
		used = strlen(err->message);
		snprintf(err->message + used, sizeof(err->message) - used, ": %s", why);
	}
	return rc;
}

int kexec_unload(void)
{
	return syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, (unsigned long)KEXEC_FILE_UNLOAD) < 0 ? -errno : 0;
}

int kexec_jump(void)
{
	reboot(RB_KEXEC);
	return -errno;
}

enum answer kexec_is_loaded(int rootfd)
{
	char text[8];

	/* Linux 7 has it in a directory of its own, and the old name still. */
	if (sysfs_read(rootfd, "sys/kernel/kexec_loaded", text, sizeof(text)) <= 0 &&
	    sysfs_read(rootfd, "sys/kernel/kexec/loaded", text, sizeof(text)) <= 0)
		return ANSWER_UNKNOWN;
	return strcmp(text, "0") ? ANSWER_YES : ANSWER_NO;
}

enum answer kexec_old_call_works(int rootfd, const struct kconfig *running)
{
	char mode[64];

	/* "none [integrity] confidentiality": the one in brackets is in force. */
	if (sysfs_read(rootfd, "sys/kernel/security/lockdown", mode, sizeof(mode)) > 0 &&
	    !strstr(mode, "[none]"))
		return ANSWER_NO;
	return kconfig_has(running, "CONFIG_KEXEC");
}
