// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of the kernel's log, with a NUL between them. */
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "kmsg.h"

/* A socket that gives a record for each read(), as the log does. */
static int log_of(const uint8_t *data, size_t size)
{
	int ends[2];

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
	while (size) {
		const uint8_t *end = memchr(data, '\0', size);
		size_t length = end ? (size_t)(end - data) : size;

		if (length && send(ends[1], data, length, 0) < 0)
			break;
		data += end ? length + 1 : size;
		size -= end ? length + 1 : size;
	}
	close(ends[1]);
	return ends[0];
}

/* What is collected is a text that ends, in one line, with no message twice. */
static void check_collect(const uint8_t *data, size_t size, size_t room)
{
	cleanup_close int log = log_of(data, size);
	cleanup_free char *text = malloc(room);
	size_t count;

	must(text);
	text[0] = '\0';
	count = kmsg_collect(log, text, room);
	must(strlen(text) < room && !strchr(text, '\n') && (count || !*text));
	/* Two of them have "; " between them. */
	must(count < 2 || strlen(text) + 1 == room || strstr(text, "; "));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *record = fuzz_text(data, size);
	const char *message = kmsg_message(record);

	must(!message || (message > record && *message && !strchr(message, '\n')));
	check_collect(data, size, 400);
	check_collect(data, size, 20);
	return 0;
}
