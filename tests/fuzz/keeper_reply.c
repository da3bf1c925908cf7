// SPDX-License-Identifier: GPL-2.0-or-later
/* The answer of a keeper: one packet. */
#include <json-c/json.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "keeper_wire.h"
#include "token.h"

static void check_entry(const struct keeper_entry *entry)
{
	must(token_memfd(entry->of.token) || token_from_pci(entry->of.address) == entry->of.token);
	must(entry->of.vendor >= -1 && entry->of.vendor <= 0xffff);
	must(entry->of.device >= -1 && entry->of.device <= 0xffff);
	must(entry->of.size <= INT64_MAX && entry->fd == -1 && entry_state_name(entry->state));
}

/* What was read is told in the same words as what is read of that. */
static void check_again(const struct keeper_info *info)
{
	struct json_object *message = keeper_info_message(info, 0), *same;
	struct keeper_info again = { .pid = 0 };
	size_t total;

	must(message && !keeper_info_read(message, &again, &total) && total == info->count);
	same = keeper_info_message(&again, 0);
	if (info->count <= KEEPER_INFO_PAGE)
		must(!strcmp(json_object_to_json_string(message), json_object_to_json_string(same)));
	json_object_put(message);
	json_object_put(same);
	keeper_info_free(&again);
}

static void check_info(struct json_object *reply)
{
	struct keeper_info info = { .pid = 0 };
	size_t total, i;

	if (keeper_info_read(reply, &info, &total) == 0) {
		must(info.pid > 0 && total <= INT_MAX);
		for (i = 0; i < info.count; i++)
			check_entry(&info.entries[i]);
		check_again(&info);
	}
	must(info.pid >= 0);
	keeper_info_free(&info);
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
