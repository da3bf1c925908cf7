/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handing descriptors over to a process that is there already, through the UNIX
 * stream socket it listens on.
 *
 * Either in one message: the descriptors, and a line of JSON that tells in the same
 * order which is which (schemas/vfio-luctl-send.schema.json).  Or by QMP to
 * QEMU (docs/interop/qmp-spec.rst): a getfd for each, under its name.
 */
#pragma once

#include <stdbool.h>

struct error;
struct handoff;

/*
 * Connect to @path; "@NAME" is in the abstract namespace.  Returns a descriptor
 * of the caller's, or a negative errno: STATUS_USAGE when no socket can have that
 * path, else STATUS_FAILED, -ECONNREFUSED when nobody listens.
 */
int handoff_connect(const char *path, struct error *err);

/* Whether @handoff fits one message.  -E2BIG, STATUS_REFUSED. */
int handoff_check_count(const struct handoff *handoff, struct error *err);

/*
 * Send all of @handoff to @sock, which is connected to @path, and wait until the
 * peer has taken the message.  STATUS_FAILED: it closed before it had (-ECONNRESET), or
 * never did (-EAGAIN), or the kernel did not take it.
 */
int handoff_send(int sock, const char *path, const struct handoff *handoff, struct error *err);

/*
 * The same by QMP.  STATUS_FAILED: the peer does not speak it, or what QEMU itself
 * says; what it has got by then stays with it.
 */
int handoff_send_qmp(int sock, const char *path, const struct handoff *handoff, struct error *err);

/*
 * Put into @peer a pidfd of the process that has @sock's @path listen, the caller's; -1 when that
 * has ended, and left the socket to another.  STATUS_FAILED: there is one, but no pidfd.
 */
int handoff_peer(int sock, const char *path, int *peer, struct error *err);
