// SPDX-License-Identifier: GPL-2.0-or-later
/* All that a QMP server answers to two devices. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "handoff.h"
#include "handoff_send.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct handoff_fd fds[] = {
		{ .kind = HANDOFF_IS_DEVICE, .address = { .bus = 1 }, .name = "", .fd = null },
		{ .kind = HANDOFF_IS_MEMFD, .memfd = 1, .name = "pc.ram", .fd = null },
	};
	const struct handoff handoff = { .session = "vm", .fds = fds, .count = 2, .first = HANDOFF_FIRST_FD };
	struct error err = { .status = STATUS_OK };
	int ends[2], rc;

	must(null >= 0 && !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	must(size > 65536 || send(ends[0], data, size, 0) == (ssize_t)size);
	/* It has said all, and goes on listening. */
	must(!shutdown(ends[0], SHUT_WR));
	rc = handoff_send_qmp(ends[1], "qmp.sock", &handoff, &err);
	must(rc == 0 ? err.status == STATUS_OK : rc < 0 && err.status == STATUS_FAILED && err.message[0]);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
