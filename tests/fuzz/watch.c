// SPDX-License-Identifier: GPL-2.0-or-later
/* Uevents one after the other, an empty piece at the end of each, on a host where no device is. */
#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "root.h"
#include "uevent.h"
#include "watch.h"

struct told {
	size_t absent, ready;
};

static bool is_event(const char *event)
{
	static const char *const events[] = {
		"add", "remove", "change", "move", "online", "offline", "bind", "unbind", "absent", "ready",
	};
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (!strcmp(event, events[i]))
			return true;
	return false;
}

static int take(void *data, const struct watch_record *record, struct error *err)
{
	struct told *told = data;

	(void)err;
	must(is_event(record->event) && record->source && record->driver && record->cdev && record->liveupdate);
	must(record->has_seqnum == (record->subsystem != NULL));
	told->absent += !strcmp(record->event, "absent");
	told->ready += !strcmp(record->event, "ready");
	must(!*record->device == !strcmp(record->event, "ready"));
	return 0;
}

/* The next message of *@rest, with its end in sight of the sanitizer. */
static bool next_event(const uint8_t **rest, size_t *size, struct watch *watch)
{
	const uint8_t *end = *size ? memmem(*rest, *size, "\0", 2) : NULL;
	size_t length = end ? (size_t)(end + 1 - *rest) : *size;
	cleanup_free char *message = fuzz_bytes(*rest, length);
	struct error err = { .status = STATUS_OK };
	struct uevent event;

	if (!uevent_parse(message, length, &event))
		must(!watch_event(watch, &event, &err));
	*rest += end ? length + 1 : length;
	*size -= end ? length + 1 : length;
	return *size;
}

/* Whatever came, looking finds that none of it is there. */
static void check_scan(struct watch *watch, struct told *told)
{
	struct error err = { .status = STATUS_OK };
	size_t known = watch->count;

	told->absent = 0;
	must(!watch_scan(watch, &err) && told->ready == 1);
	if (watch->named_count)
		must(watch->count == watch->named_count);
	else
		must(told->absent == known && !watch->count);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const struct pci_addr named[] = { { .bus = 1 } };
	static int root;
	size_t count;

	if (!root)
		root = fuzz_root(NULL, 0);
	for (count = 0; count < 2; count++) {
		struct told told = { 0 };
		struct watch watch = { .rootfd = root, .emit = take, .data = &told, .named = named, .named_count = count };
		const uint8_t *rest = data;
		size_t left = size;

		while (next_event(&rest, &left, &watch))
			;
		check_scan(&watch, &told);
		watch_free(&watch);
	}
	return 0;
}
