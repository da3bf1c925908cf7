// SPDX-License-Identifier: GPL-2.0-or-later
/* A record of the kernel's log. */
#include "cleanup.h"
#include "fuzz.h"
#include "kmsg.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *record = fuzz_text(data, size);
	const char *message = kmsg_message(record);

	must(!message || (message > record && *message && !strchr(message, '\n')));
	return 0;
}
