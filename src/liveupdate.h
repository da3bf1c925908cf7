/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's live update interface: its numbers, its structs, and one thin
 * function per ioctl.
 *
 * Declared by us because distributions' headers are too old.  Source:
 * include/uapi/linux/liveupdate.h of Linux 7.3; tests/vm/tool/abi.c
 * compiles this file beside the kernel's own and compares everything.
 *
 * Every function returns 0 or a descriptor, or a negative errno; none fills
 * an error record: what an errno means is known in session.c.  Descriptors
 * returned are close-on-exec.
 */
#pragma once

#include <stdint.h>
#include <sys/ioctl.h>

#define LUO_DEVICE_PATH "/dev/liveupdate"
#define LUO_NAME_SIZE 64 /* LIVEUPDATE_SESSION_NAME_LENGTH, NUL included */

/* The size member comes first in each; the kernel refuses unknown non-zero tails. */
struct luo_session_arg { /* liveupdate_ioctl_{create,retrieve}_session */
	uint32_t size;
	int32_t fd;
	uint8_t name[LUO_NAME_SIZE];
};

struct luo_fd_arg { /* liveupdate_session_{preserve,retrieve}_fd */
	uint32_t size;
	int32_t fd;
	uint64_t token __attribute__((aligned(8)));
};

struct luo_finish_arg { /* liveupdate_session_finish */
	uint32_t size;
	uint32_t reserved;
};

struct luo_name_arg { /* liveupdate_session_get_name */
	uint32_t size;
	uint32_t reserved;
	uint8_t name[LUO_NAME_SIZE];
};

#define LUO_IOCTL_CREATE_SESSION _IO(0xBA, 0x00)
#define LUO_IOCTL_RETRIEVE_SESSION _IO(0xBA, 0x01)
#define LUO_IOCTL_PRESERVE_FD _IO(0xBA, 0x40)
#define LUO_IOCTL_RETRIEVE_FD _IO(0xBA, 0x41)
#define LUO_IOCTL_FINISH _IO(0xBA, 0x42)
#define LUO_IOCTL_GET_NAME _IO(0xBA, 0x43)

/* On a descriptor of /dev/liveupdate.  @name: at most LUO_NAME_SIZE - 1 bytes. */
int luo_create_session(int device, const char *name);
int luo_retrieve_session(int device, const char *name);

/* On a session. */
int luo_preserve_fd(int session, int fd, uint64_t token);
int luo_retrieve_fd(int session, uint64_t token);
int luo_finish(int session);
int luo_get_name(int session, char name[static LUO_NAME_SIZE]);
