/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live update sessions: named sets of files that outlive a kexec.
 *
 * A session lives as long as a descriptor of it is open.  Closing an outgoing
 * one cancels it.  Closing a retrieved one is an implicit finish, and when
 * that cannot succeed its devices stay locked until the next boot
 * (luo_session_release() in kernel/liveupdate/luo_session.c).
 *
 * Functions return 0 or a descriptor (close-on-exec, the caller's), or a
 * negative errno with the error filled; the kernel's errnos are put into
 * words here and nowhere else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "liveupdate.h"

struct error;

#define SESSION_NAME_SIZE LUO_NAME_SIZE

/* The longest anybody waits for /dev/liveupdate unless told otherwise. */
#define SESSION_TIMEOUT_DEFAULT 5

/*
 * Check the name of a session: 1..63 of [A-Za-z0-9._:-], not starting with
 * '.' or '-', not "systemd" (systemd's own).  0 or -EINVAL, STATUS_USAGE.
 */
int session_check_name(const char *name, struct error *err);

/*
 * The same for one that is to be created: not the name of a device either, which is what is
 * found there when SESSION was forgotten.
 */
int session_check_new_name(const char *name, struct error *err);

/*
 * Whether live update can be used at all, without opening anything:
 * STATUS_UNSUPPORTED without /dev/liveupdate, STATUS_REFUSED without the
 * vfio_pci module: the first open of /dev/liveupdate parses what the previous
 * kernel handed over, and makes every later open fail with EIO when the
 * handler of a file is missing then (luo_session_deserialize()).
 */
int session_check_host(struct error *err);

/*
 * Open /dev/liveupdate, create or retrieve the session @name, close it again.
 * It admits one opener at a time: EBUSY is waited for up to @timeout seconds,
 * then reported as STATUS_BUSY with who has it.  Create: STATUS_BUSY when the
 * name is taken.  Retrieve: STATUS_NOT_FOUND when nothing of that name
 * arrived, STATUS_BUSY when it has been retrieved already.
 */
int session_create(const char *name, unsigned int timeout, struct error *err);
int session_retrieve(const char *name, unsigned int timeout, struct error *err);

/* The kernel's name of the session @fd; -ENOTTY when it is no session (no @err for that). */
int session_name(int fd, char name[static SESSION_NAME_SIZE]);

/*
 * Did @session come from the previous kernel?  1, 0 or a negative errno.  Nothing in it
 * changes: it is asked for a token that nothing has (luo_ioctl_type_valid()).
 */
int session_is_incoming(int session, const char *name, struct error *err);

/*
 * Put @fd into @session under @token; @object names it in errors (an address).
 * STATUS_UNSUPPORTED: no handler of this kernel accepts the file;
 * STATUS_BUSY: it is preserved already; STATUS_REFUSED: the handler declined.
 */
int session_preserve(int session, int fd, uint64_t token, const char *object,
		     struct error *err);

/*
 * The same for a memfd.  From then on it cannot change its size, and all its
 * pages are in memory, holes too (mm/memfd_luo.c).  STATUS_UNSUPPORTED: it is on huge
 * pages, or this kernel cannot preserve any; STATUS_REFUSED: it has seals that are
 * not handed over.
 */
int session_preserve_memfd(int session, int fd, uint64_t token, const char *object,
			   struct error *err);

/* Whether the memfd @fd is on huge pages. */
bool session_memfd_is_huge(int fd);

/*
 * Get the file under @token back.  A failure of the file's handler is
 * remembered by the kernel and returned for ever, so whatever can be checked
 * is to be checked before.  STATUS_NOT_FOUND: no such token.
 */
int session_retrieve_fd(int session, uint64_t token, const char *object,
			struct error *err);

/*
 * End the update: the kernel lets go of all files of @session, or of none.
 * STATUS_BUSY: something was not retrieved, or not bound to an iommufd yet.
 */
int session_finish(int session, const char *name, struct error *err);
