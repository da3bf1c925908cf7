/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handing descriptors of devices and memfds over: to a command, in its
 * environment and its arguments, or through a socket (handoff_send.h).
 *
 * Each has a name that sd_listen_fds(3) allows: "pci-dddd-bb-dd.f" is a device,
 * "iommufd" an iommufd; a memfd has its own name where that is fit for it and
 * no other has it or one that would be the same variable (handoff_exec()), else "memfd-N",
 * N its number (token.h).
 *
 * In an argument of the command, {dddd:bb:dd.f} or {bb:dd.f}, {iommufd}, {memfd-N},
 * and {NAME}, the name of a memfd, become the number of the descriptor; {{ and }}
 * are literal braces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci_addr.h"

struct error;

#define HANDOFF_FIRST_FD 3
#define HANDOFF_IOMMUFD "iommufd"
#define HANDOFF_NAME_SIZE 256 /* FDNAME_MAX of systemd, and the NUL */

enum handoff_kind { HANDOFF_IS_DEVICE, HANDOFF_IS_MEMFD, HANDOFF_IS_IOMMUFD };

struct handoff_fd {
	enum handoff_kind kind;
	struct pci_addr address; /* of a device */
	uint32_t memfd;          /* the number of a memfd, from 1 on */
	const char *name;        /* of a memfd; "" none.  Stays the caller's */
	uint64_t size;           /* of a memfd, in bytes */
	int fd;
};

/* What is handed over, in this order. */
struct handoff {
	const char *session;
	struct handoff_fd *fds;
	size_t count;
	int first; /* the number of the first descriptor in the command, at least HANDOFF_FIRST_FD */
};

/*
 * Whether @name may be given to a memfd: letters, digits, '.', '_' and '-', at most
 * 63, beginning with a letter or digit, and nothing that names something else.
 */
bool handoff_is_name(const char *name);

/* The name of @handoff->fds[@index] into @buf, see above. Returns @buf. */
const char *handoff_name(const struct handoff *handoff, size_t index,
			 char buf[static HANDOFF_NAME_SIZE]);

/*
 * @argument with its placeholders replaced; the descriptors do not matter yet.
 * Without @handoff, of which nothing is known then, only the form is checked.  @result is the caller's to free.  -EINVAL, STATUS_USAGE: a brace without its
 * partner, or what names none or several of the descriptors.
 */
int handoff_expand(const char *argument, const struct handoff *handoff, char **result,
		   struct error *err);

/*
 * What can be checked of @command (NULL-terminated) before anything is known
 * of the session: that it can be found and executed (STATUS_FAILED), and that
 * its braces are well formed and there is an {iommufd} only @with_iommufd
 * (STATUS_USAGE).
 */
int handoff_check_command(char *const *command, bool with_iommufd, struct error *err);

/* Whether all arguments of @command can be expanded. */
int handoff_check_arguments(char *const *command, const struct handoff *handoff, struct error *err);

/*
 * Become @command.  The descriptors are numbered from @handoff->first on; the
 * environment has VFIO_LUCTL_SESSION, the number of each in VFIO_LUCTL_FD_NAME, all
 * but letters and digits in NAME being '_', and, where the first is 3,
 * LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)).
 * Returns only when that fails: a negative errno, @err filled (STATUS_FAILED).
 */
int handoff_exec(char *const *command, const struct handoff *handoff, struct error *err);
