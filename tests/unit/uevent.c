// SPDX-License-Identifier: GPL-2.0-or-later
/* The parser of uevents: what the kernel sends, and what it would never send. */
#include <errno.h>
#include <stdlib.h>

#include "tap.h"
#include "uevent.h"

#define PCI_PATH "/devices/pci0000:00/0000:00:02.0/0000:01:00.0"

/* One message; the pieces have a NUL between them, the last one that of the literal. */
#define CHANGE "change@" PCI_PATH "\0ACTION=change\0DEVPATH=" PCI_PATH "\0SUBSYSTEM=pci\0" \
	"DRIVER=vfio-pci\0PCI_CLASS=20000\0PCI_ID=8086:10C9\0PCI_SLOT_NAME=0000:01:00.0\0" \
	"MODALIAS=pci:v00008086\0LIVEUPDATE=outgoing\0SEQNUM=1234"
#define CDEV "add@" PCI_PATH "/vfio-dev/vfio7\0ACTION=add\0DEVPATH=" PCI_PATH \
	"/vfio-dev/vfio7\0SUBSYSTEM=vfio-dev\0MAJOR=511\0MINOR=7\0DEVNAME=vfio/devices/vfio7\0SEQNUM=9"

/*
 * Parse a copy that ends where its memory does, so that a reader beyond the
 * end can be seen by a tool; it is kept until the next call.
 */
static int parse(const char *text, size_t size, struct uevent *event)
{
	static char *copy;

	free(copy);
	copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, text, size);
	return uevent_parse(copy, size, event);
}

#define parse_text(text, event) parse((text), sizeof(text), (event))

static void check_good(void)
{
	struct uevent event;

	is_int(parse_text(CHANGE, &event), 0, "a change of a PCI device");
	is_text(event.action, "change", "action");
	is_text(event.devpath, PCI_PATH, "path");
	is_text(event.subsystem, "pci", "subsystem");
	is_text(event.driver, "vfio-pci", "driver");
	is_text(event.liveupdate, "outgoing", "live update state");
	is_int(event.pci_class, 0x20000, "class");
	is_int((long long)event.seqnum, 1234, "number");
	ok(!event.synthetic && !event.devname, "neither synthetic nor with a node");

	is_int(parse_text(CDEV, &event), 0, "a character device comes");
	is_text(event.devname, "vfio/devices/vfio7", "its node");
	ok(!event.driver && !event.liveupdate && event.pci_class == -1, "what is absent is absent");
}

static void check_few(void)
{
	struct uevent event;

	is_int(parse_text("remove@/d\0ACTION=remove\0DEVPATH=/d\0SUBSYSTEM=x\0SEQNUM=18446744073709551615",
			  &event), 0, "the least, with the largest number");
	ok(event.seqnum == UINT64_MAX, "which is read in full");
	is_int(parse_text("add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SYNTH_UUID=0\0"
			  "SYNTH_ARG_DRIVER=x\0SEQNUM=1", &event), 0, "a synthetic one");
	ok(event.synthetic && !event.driver, "is known as such, and what it was given is no driver");
	is_int(parse_text("add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0DRIVER=a\0DRIVER=b\0SEQNUM=1",
			  &event), 0, "a key twice");
	is_text(event.driver, "a", "the first counts");
	is_int(parse_text("add@/a=b@c\0ACTION=add\0DEVPATH=/a=b@c\0SUBSYSTEM=pci\0X==\0Y=\0SEQNUM=1",
			  &event), 0, "'@' and '=' in values, and an empty one");
	is_text(event.devpath, "/a=b@c", "a path ends at its end");
	is_int(parse_text("add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=\xff\x1b[2J\0SEQNUM=1", &event), 0,
	       "bytes that are no text are values too");
}

/* Each differs from a good one in one thing. */
static void check_bad(void)
{
	static const struct {
		const char *text;
		size_t size;
		const char *what;
	} bad[] = {
#define BAD(what, text) { text, sizeof(text), what }
		BAD("nothing but a NUL", ""),
		BAD("no @", "add/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("a relative path", "add@d\0ACTION=add\0DEVPATH=d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("no action", "@/d\0ACTION=\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("an unknown action", "adds@/d\0ACTION=adds\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("two actions", "add@/d\0ACTION=bind\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("two paths", "add@/d\0ACTION=add\0DEVPATH=/e\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("no ACTION", "add@/d\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("no DEVPATH", "add@/d\0ACTION=add\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("no SUBSYSTEM", "add@/d\0ACTION=add\0DEVPATH=/d\0SEQNUM=1"),
		BAD("an empty SUBSYSTEM", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=\0SEQNUM=1"),
		BAD("no SEQNUM", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci"),
		BAD("a SEQNUM that is none", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1x"),
		BAD("an empty SEQNUM", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM="),
		BAD("a negative SEQNUM", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=-1"),
		BAD("a SEQNUM too large", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=18446744073709551616"),
		BAD("a class that is none", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0PCI_CLASS=0x2\0SEQNUM=1"),
		BAD("a class too large", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0PCI_CLASS=1000000\0SEQNUM=1"),
		BAD("a piece without =", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0garbage\0SEQNUM=1"),
		BAD("a piece without a key", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0=x\0SEQNUM=1"),
		BAD("an empty piece", "add@/d\0ACTION=add\0\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1"),
		BAD("a NUL too many", "add@/d\0ACTION=add\0DEVPATH=/d\0SUBSYSTEM=pci\0SEQNUM=1\0"),
		BAD("udev's form", "libudev\0\xfe\xed\xca\xfe"),
#undef BAD
	};
	struct uevent event;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		/* cppcheck-suppress invalidPrintfArgType_sint ; takes %lld and the name for one format */
		is_int(parse(bad[i].text, bad[i].size, &event), -EBADMSG, "refused: %s", bad[i].what);
	is_int(parse("", 0, &event), -EBADMSG, "refused: nothing");
	is_int(parse(CHANGE, sizeof(CHANGE) - 1, &event), -EBADMSG, "refused: no NUL at the end");
}

static void check_sizes(void)
{
	static char large[UEVENT_MAX_SIZE + 1];
	struct uevent event;
	size_t head = sizeof(CDEV), i, taken = 0;

	memcpy(large, CDEV, head);
	memset(large + head, 'x', sizeof(large) - head);
	large[head + 1] = '=';
	large[UEVENT_MAX_SIZE - 1] = '\0';
	is_int(parse(large, UEVENT_MAX_SIZE, &event), 0, "the largest that is taken");
	large[UEVENT_MAX_SIZE - 1] = 'x';
	large[UEVENT_MAX_SIZE] = '\0';
	is_int(parse(large, UEVENT_MAX_SIZE + 1, &event), -EBADMSG, "a byte more is not");
	for (i = 0; i < sizeof(CHANGE); i++)
		taken += parse(CHANGE, i, &event) == 0;
	is_int((long long)taken, 0, "no part of a message is one");
}

/* Whatever is damaged, nothing is read beyond the end and no text is left open. */
static void check_damage(void)
{
	char text[sizeof(CHANGE)];
	struct uevent event;
	size_t i, sum = 0;
	int byte, taken = 0;

	for (i = 0; i < sizeof(text); i++) {
		for (byte = 0; byte < 256; byte++) {
			memcpy(text, CHANGE, sizeof(text));
			text[i] = (char)byte;
			if (parse(text, sizeof(text), &event))
				continue;
			taken++;
			sum += strlen(event.action) + strlen(event.devpath) + strlen(event.subsystem) +
			       (event.driver ? strlen(event.driver) : 0);
		}
	}
	ok(taken > 256 && sum > 0, "some of the damaged are still messages");
}

static void check_device(void)
{
	char name[64];
	const char *entry;
	struct uevent event = { .action = "add", .subsystem = "pci", .devpath = PCI_PATH };

	ok(uevent_device(&event, name, sizeof(name), &entry) && !entry, "device: PCI");
	is_text(name, "0000:01:00.0", "its address");
	ok(!uevent_device(&event, name, sizeof("0000:01:00.0") - 1, &entry), "device: no room for the name");
	event.devpath = "/devices/";
	ok(!uevent_device(&event, name, sizeof(name), &entry), "device: no name");
	event.subsystem = "net";
	event.devpath = PCI_PATH;
	ok(!uevent_device(&event, name, sizeof(name), &entry), "device: other subsystems");
	event.subsystem = "vfio-dev";
	ok(!uevent_device(&event, name, sizeof(name), &entry), "device: not below vfio-dev");
	event.devpath = PCI_PATH "/vfio-dev/vfio7";
	ok(uevent_device(&event, name, sizeof(name), &entry), "device: of VFIO");
	is_text(name, "0000:01:00.0", "its parent");
	is_text(entry, "vfio7", "its entry");
	event.devpath = "/vfio-dev/vfio7";
	ok(!uevent_device(&event, name, sizeof(name), &entry), "device: without a parent");
	event.devpath = "/x/vfio-dev/";
	ok(!uevent_device(&event, name, sizeof(name), &entry), "device: without an entry");
	event.devpath = "/";
	ok(!uevent_device(&event, name, sizeof(name), &entry), "device: the root");
}

int main(void)
{
	check_good();
	check_few();
	check_bad();
	check_sizes();
	check_damage();
	check_device();
	return tap_done();
}
