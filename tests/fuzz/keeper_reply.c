// SPDX-License-Identifier: GPL-2.0-or-later
/* The answer of a keeper: one packet. */
#include <json-c/json.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "keeper_wire.h"

static void check_info(struct json_object *reply)
{
	struct keeper_info info = { .pid = 0 }, again = { .pid = 0 };
	struct json_object *message;
	size_t total;

	if (keeper_info_read(reply, &info, &total) == 0) {
		message = keeper_info_message(&info, 0);
		must(message && !keeper_info_read(message, &again, &total) && total == info.count);
		must(again.direction == info.direction && again.pid == info.pid);
		json_object_put(message);
	}
	keeper_info_free(&info);
	keeper_info_free(&again);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct json_object *reply = NULL;
	struct error err = { .status = STATUS_OK };
	int ends[2], fd = -1;

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
	if (size && send(ends[0], data, size, 0) > 0 && keeper_receive(ends[1], &reply, &fd, 1) == 0) {
		int rc = keeper_reply_status(reply, "vm", &err);

		must(rc <= 0);
		if (rc)
			must(err.status > STATUS_OK && err.status <= STATUS_NOT_FOUND);
		check_info(reply);
	}
	must(fd == -1);
	json_object_put(reply);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
