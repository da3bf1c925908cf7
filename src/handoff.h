/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handing retrieved devices and memfds to a command: descriptors from 3 upward
 * in their order, the LISTEN_FDS protocol (sd_listen_fds(3)), and their
 * numbers put into the command's arguments.
 *
 * {dddd:bb:dd.f} or {bb:dd.f} anywhere in an argument becomes the number of
 * that device's descriptor; {{ and }} are literal braces.
 * LISTEN_FDNAMES has "pci-dddd-bb-dd.f" per device, a colon separates names; and
 * "memfd-N" per memfd, N its number (token.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "pci_addr.h"

struct error;

#define HANDOFF_FIRST_FD 3

struct handoff_device {
	uint32_t memfd; /* the number of a memfd; 0: it is a device */
	struct pci_addr address;
	int fd;
};

/*
 * What can be checked of @command (NULL-terminated) before anything is known
 * of the devices: that it can be found and executed (STATUS_FAILED), and that
 * its placeholders are well formed (STATUS_USAGE).
 */
int handoff_check_command(char *const *command, struct error *err);

/*
 * @argument with its placeholders replaced, for @devices in the order they
 * will be handed over; their descriptors do not matter yet.  @result is the
 * caller's to free.  -EINVAL, STATUS_USAGE: a brace without its partner, what
 * is no address, no device of ours, or a short form that fits several.
 */
int handoff_expand(const char *argument, const struct handoff_device *devices,
		   size_t count, char **result, struct error *err);

/* Whether all arguments of @command can be expanded. */
int handoff_check_devices(char *const *command, const struct handoff_device *devices,
			  size_t count, struct error *err);

/*
 * Become @command.  Returns only when that fails: a negative errno, @err
 * filled (STATUS_FAILED).  The descriptors in @devices are copied, not closed.
 */
int handoff_exec(char *const *command, const struct handoff_device *devices,
		 size_t count, struct error *err);
