// SPDX-License-Identifier: GPL-2.0-or-later
/* Parsing what the kernel tells about devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "uevent.h"

/* kobject_actions[] in lib/kobject_uevent.c. */
static const char *const actions[] = {
	"add", "remove", "change", "move", "online", "offline", "bind", "unbind",
};

/* The whole of @text as a number; false when it is none or too large. */
static bool parse_number(const char *text, int base, uint64_t *number)
{
	char *end;

	if (!*text || strspn(text, base == 16 ? "0123456789abcdefABCDEF" : "0123456789") != strlen(text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, base);
	return !errno;
}

static const char *known_action(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strlen(actions[i]) == length && !memcmp(actions[i], text, length))
			return actions[i];
	return NULL;
}

/* "ACTION@DEVPATH" */
static int parse_header(const char *text, struct uevent *event)
{
	const char *at = strchr(text, '@');

	if (!at || at[1] != '/')
		return -EBADMSG;
	event->action = known_action(text, (size_t)(at - text));
	event->devpath = at + 1;
	return event->action ? 0 : -EBADMSG;
}

static void set_first(const char **field, const char *value)
{
	if (!*field)
		*field = value;
}

/* What the pieces say twice, or what only the parser needs. */
struct pieces {
	const char *action, *devpath, *seqnum, *pci_class;
};

static int parse_piece(const char *piece, struct pieces *pieces, struct uevent *event)
{
	const struct {
		const char *key;
		const char **field;
	} known[] = {
		{ "ACTION", &pieces->action },   { "DEVPATH", &pieces->devpath },
		{ "SEQNUM", &pieces->seqnum },   { "PCI_CLASS", &pieces->pci_class },
		{ "SUBSYSTEM", &event->subsystem }, { "DRIVER", &event->driver },
		{ "DEVNAME", &event->devname },  { "LIVEUPDATE", &event->liveupdate },
	};
	const char *value = strchr(piece, '=');
	size_t i, length;

	if (!value || value == piece)
		return -EBADMSG;
	length = (size_t)(value - piece);
	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].key) == length && !memcmp(known[i].key, piece, length))
			set_first(known[i].field, value + 1);
	/* Written by kobject_synth_uevent() in front of what the writer may choose. */
	if (!strncmp(piece, "SYNTH_UUID=", strlen("SYNTH_UUID=")))
		event->synthetic = true;
	return 0;
}

/* What must be there, and must agree with the header. */
static int check_pieces(const struct pieces *pieces, struct uevent *event)
{
	uint64_t number;

	if (!pieces->action || strcmp(pieces->action, event->action) ||
	    !pieces->devpath || strcmp(pieces->devpath, event->devpath) ||
	    !event->subsystem || !*event->subsystem ||
	    !pieces->seqnum || !parse_number(pieces->seqnum, 10, &event->seqnum))
		return -EBADMSG;
	if (!pieces->pci_class)
		return 0;
	if (!parse_number(pieces->pci_class, 16, &number) || number > 0xffffff)
		return -EBADMSG;
	event->pci_class = (int)number;
	return 0;
}

int uevent_parse(const char *text, size_t size, struct uevent *event)
{
	const char *end = text + size, *piece;
	struct pieces pieces = { 0 };
	int rc;

	*event = (struct uevent){ .pci_class = -1 };
	/* With a NUL at its end every piece in it is a string. */
	if (size == 0 || size > UEVENT_MAX_SIZE || end[-1])
		return -EBADMSG;
	rc = parse_header(text, event);
	for (piece = text + strlen(text) + 1; rc == 0 && piece < end; piece += strlen(piece) + 1)
		rc = parse_piece(piece, &pieces, event);
	return rc < 0 ? rc : check_pieces(&pieces, event);
}

/* Copy the component that ends before @end, which is at or after @path; false when it does not fit. */
static bool copy_component(const char *path, const char *end, char *name, size_t size)
{
	const char *start = end;
	size_t length;

	while (start > path && start[-1] != '/')
		start--;
	length = (size_t)(end - start);
	if (!length || length >= size)
		return false;
	memcpy(name, start, length);
	name[length] = '\0';
	return true;
}

bool uevent_device(const struct uevent *event, char *name, size_t size, const char **entry)
{
	static const char class_dir[] = "/vfio-dev/";
	const char *path = event->devpath, *slash = strrchr(path, '/');
	size_t length = strlen(class_dir) - 1;

	*entry = NULL;
	if (!strcmp(event->subsystem, "pci"))
		return copy_component(path, path + strlen(path), name, size);
	if (strcmp(event->subsystem, "vfio-dev") || !slash || !slash[1])
		return false;
	if ((size_t)(slash - path) < length || memcmp(slash - length, class_dir, length + 1))
		return false;
	*entry = slash + 1;
	return copy_component(path, slash - length, name, size);
}
