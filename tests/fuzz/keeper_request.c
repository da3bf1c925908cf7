// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to a keeper, one packet a line, to keepers of every kind. */
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "journal.h"
#include "keeper_serve.h"
#include "token.h"

static struct keeper_entry entries[] = {
	{ .of = { .token = UINT64_C(0x0001000000000100), .address = { .bus = 1 }, .vendor = 0x8086,
		  .device = -1, .driver = "vfio-pci" }, .state = ENTRY_ARRIVED, .fd = -1 },
	{ .of = { .token = UINT64_C(0x0002000000000001), .vendor = -1, .device = -1,
		  .name = "pc.ram \"\\", .size = 4096 }, .state = ENTRY_ARRIVED, .fd = -1 },
};

static int null_fd(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	must(fd >= 0);
	return fd;
}

/* One that holds what is no session, so that the kernel refuses what is asked of it. */
static void make_keeper(struct keeper *keeper, enum keeper_direction direction, bool has_manifest,
			bool waiting)
{
	size_t count = sizeof(entries) / sizeof(*entries), i;

	*keeper = (struct keeper){
		.info = { .session = "vm", .kernel_name = "vm", .direction = direction, .pid = 1, .waiting = waiting },
		.has_manifest = has_manifest, .session = waiting ? -1 : null_fd(),
		.spare = -1, .listener = -1, .dir = -1, .rootfd = -1, .signals = -1, .child = -1, .journal = -1,
	};
	if (!has_manifest)
		return;
	keeper->info.entries = calloc(count, sizeof(*entries));
	must(keeper->info.entries);
	keeper->info.count = count;
	for (i = 0; i < count; i++)
		keeper->info.entries[i] = entries[i];
}

static void check_answer(struct keeper *keeper, struct json_object *answer)
{
	const char *text = answer ? json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN) : NULL;
	struct keeper_info info = { .pid = 0 };
	struct error err = { .status = STATUS_OK };
	size_t total;

	must(text && strlen(text) <= KEEPER_PACKET_MAX);
	if (keeper_reply_status(answer, "vm", &err))
		must(err.status != STATUS_OK && err.message[0]);
	else if (json_object_object_get_ex(answer, "entries", NULL))
		must(!keeper_info_read(answer, &info, &total) && total == keeper->info.count);
	keeper_info_free(&info);
}

/* What can be a journal, and is no session. */
static int page_fd(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	must(fd >= 0 && !ftruncate(fd, JOURNAL_SIZE));
	return fd;
}

static void ask(struct keeper *keeper, struct json_object *request, int sock)
{
	int given[KEEPER_FDS] = { page_fd(), null_fd() }, fds[KEEPER_RETRIEVE_MAX], i, journal = keeper->journal;
	struct json_object *answer = keeper_answer(keeper, request, sock, given, fds);

	check_answer(keeper, answer);
	must(fds[0] == -1 && (keeper->ended || keeper->info.waiting || keeper->session >= 0));
	/* A journal is taken once, by who has an outgoing session. */
	must((given[0] < 0) == (journal < 0 && keeper->journal >= 0));
	must(given[0] >= 0 || keeper->info.direction == KEEPER_OUTGOING);
	for (i = 0; i < KEEPER_FDS; i++)
		must(given[i] < 0 || close(given[i]) == 0);
	json_object_put(answer);
}

static void serve(struct keeper *keeper, char *packets)
{
	int ends[2], fds[KEEPER_FDS];
	char *packet;

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
	while (!keeper->ended && (packet = strsep(&packets, "\n"))) {
		struct json_object *request = NULL;

		if (!*packet || send(ends[0], packet, strlen(packet), 0) < 0)
			continue;
		if (keeper_receive(ends[1], &request, fds, KEEPER_FDS) == 0)
			ask(keeper, request, ends[1]);
		json_object_put(request);
	}
	close(ends[0]);
	close(ends[1]);
	cleanup_close_fn(&keeper->session);
	cleanup_close_fn(&keeper->journal);
	keeper_info_free(&keeper->info);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct keeper keeper;
	int kind;

	for (kind = 0; kind < 4; kind++) {
		cleanup_free char *text = fuzz_text(data, size);

		make_keeper(&keeper, kind == 1 || kind == 2 ? KEEPER_INCOMING : KEEPER_OUTGOING, kind < 2,
			    kind == 3);
		serve(&keeper, text);
	}
	return 0;
}
