// SPDX-License-Identifier: GPL-2.0-or-later
/* Uevents, and the device each is of. */
#include "cleanup.h"
#include "fuzz.h"
#include "uevent.h"

/* Every text lies in the message, with its end. */
static void check_text(const char *text, const char *message, size_t size)
{
	must(!text || (text >= message && text < message + size && memchr(text, '\0', (size_t)(message + size - text))));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *message = fuzz_bytes(data, size);
	struct uevent event;
	const char *entry;
	char name[32];

	if (uevent_parse(message, size, &event))
		return 0;
	must(event.action && event.devpath && event.subsystem && event.pci_class >= -1 &&
	     event.pci_class <= 0xffffff);
	check_text(event.devpath, message, size);
	check_text(event.subsystem, message, size);
	check_text(event.driver, message, size);
	check_text(event.devname, message, size);
	check_text(event.liveupdate, message, size);
	if (uevent_device(&event, name, sizeof(name), &entry)) {
		must(*name && strlen(name) < sizeof(name) && !strchr(name, '/'));
		must(!entry || (*entry && !strchr(entry, '/')));
	}
	return 0;
}
