// SPDX-License-Identifier: GPL-2.0-or-later
/* Keeping track of devices: events, scans, and what is told when something was missed. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "tap.h"
#include "uevent.h"
#include "watch.h"

#define A "0000:01:00.0"
#define B "0000:02:00.0"
#define BRIDGE "0000:00:02.0"
#define PCI "sys/bus/pci/devices/"

static char root[] = "/tmp/vfio-luctl-watch.XXXXXX";
static int rootfd = -1;

/* What was told, "EVENT DEVICE DRIVER CDEV STATE SOURCE" and a newline each. */
static char told[4096];
static int fail_after = -1;

static const char *word(const char *text)
{
	return text && *text ? text : "-";
}

static int note(void *data, const struct watch_record *record, struct error *err)
{
	size_t used = strlen(told);

	(void)data;
	if (fail_after == 0)
		return error_set(err, STATUS_FAILED, EIO, NULL, "no more");
	fail_after--;
	snprintf(told + used, sizeof(told) - used, "%s %s %s %s %s %s\n", record->event,
		 word(record->device), word(record->driver), word(record->cdev),
		 word(record->liveupdate), record->source);
	return 0;
}

static void make_dirs(const char *path)
{
	char copy[512], *slash = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((slash = strchr(slash, '/'))) {
		*slash = '\0';
		mkdirat(rootfd, copy, 0700);
		*slash++ = '/';
	}
}

static void put(const char *path, const char *text)
{
	int fd;

	make_dirs(path);
	fd = openat(rootfd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("# cannot write %s\n", path);
	close(fd);
}

/* A device in sysfs: its driver, cdev and state, "" for none. */
static void put_device(const char *name, const char *driver, const char *cdev, const char *state,
		       const char *class)
{
	char path[256], text[512];

	snprintf(path, sizeof(path), PCI "%s/uevent", name);
	snprintf(text, sizeof(text), "%s%s%sPCI_CLASS=%s\nPCI_SLOT_NAME=%s\n%s%s\n",
		 *driver ? "DRIVER=" : "", driver, *driver ? "\n" : "", class, name,
		 *state ? "LIVEUPDATE=" : "", state);
	put(path, text);
	if (!*cdev)
		return;
	snprintf(path, sizeof(path), PCI "%s/vfio-dev/%s/dev", name, cdev);
	put(path, "511:0\n");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void scan(struct watch *watch, const char *want, const char *what)
{
	struct error err = { 0 };

	told[0] = '\0';
	is_int(watch_scan(watch, &err), 0, "%s: scan", what);
	is_text(told, want, "%s", what);
}

static void see(struct watch *watch, struct uevent event, const char *want, const char *what)
{
	struct error err = { 0 };

	told[0] = '\0';
	if (!event.subsystem)
		event.subsystem = "pci";
	if (!event.pci_class)
		event.pci_class = 0x20000;
	is_int(watch_event(watch, &event, &err), 0, "%s: event", what);
	is_text(told, want, "%s", what);
}

#define EVENT(...) ((struct uevent){ __VA_ARGS__ })

/* From nothing to a live update and back, as the kernel tells it. */
static void check_events(void)
{
	struct watch watch = { .rootfd = rootfd, .emit = note };

	put_device(A, "", "", "none", "20000");
	scan(&watch, "ready - - - - scan\n", "a device without driver is not of interest");
	see(&watch, EVENT(.action = "bind", .devpath = "/devices/" A, .driver = "igb", .liveupdate = "none"),
	    "", "nor is one of another driver");
	see(&watch, EVENT(.action = "add", .devpath = "/devices/" A "/vfio-dev/vfio0", .subsystem = "vfio-dev",
			  .devname = "vfio/devices/vfio0"),
	    "add " A " - vfio0 none kernel\n", "a VFIO device comes");
	see(&watch, EVENT(.action = "bind", .devpath = "/devices/" A, .driver = "vfio-pci", .liveupdate = "none"),
	    "bind " A " vfio-pci vfio0 none kernel\n", "its driver");
	see(&watch, EVENT(.action = "change", .devpath = "/devices/" A, .driver = "vfio-pci", .liveupdate = "outgoing"),
	    "change " A " vfio-pci vfio0 outgoing kernel\n", "preserved");
	see(&watch, EVENT(.action = "change", .devpath = "/devices/" A, .driver = "vfio-pci", .liveupdate = "none"),
	    "change " A " vfio-pci vfio0 none kernel\n", "cancelled");
	see(&watch, EVENT(.action = "remove", .devpath = "/devices/" A "/vfio-dev/vfio0", .subsystem = "vfio-dev",
			  .devname = "vfio/devices/vfio0"),
	    "remove " A " vfio-pci - none kernel\n", "the VFIO device goes");
	see(&watch, EVENT(.action = "unbind", .devpath = "/devices/" A, .liveupdate = "none"),
	    "unbind " A " - - none kernel\n", "the last that is told of it");
	see(&watch, EVENT(.action = "change", .devpath = "/devices/" A, .liveupdate = "none"),
	    "", "it is of no interest any more");
	see(&watch, EVENT(.action = "change", .devpath = "/devices/" A, .liveupdate = "incoming"),
	    "change " A " - - incoming kernel\n", "a device in a live update is, whatever its driver");
	see(&watch, EVENT(.action = "remove", .devpath = "/devices/" A, .liveupdate = "incoming"),
	    "remove " A " - - - kernel\n", "a device is taken away");
	see(&watch, EVENT(.action = "add", .devpath = "/devices/x", .subsystem = "net"), "", "other subsystems");
	watch_free(&watch);
}

static void check_bridges(void)
{
	struct watch watch = { .rootfd = rootfd, .emit = note };

	put_device(BRIDGE, "pcieport", "", "outgoing", "60400");
	scan(&watch, "ready - - - - scan\n", "a bridge is not shown");
	see(&watch, EVENT(.action = "change", .devpath = "/devices/" BRIDGE, .pci_class = 0x60400,
			  .driver = "pcieport", .liveupdate = "incoming"), "", "nor are its events");
	watch_free(&watch);
	remove_tree("sys/bus/pci/devices/" BRIDGE);
}

/* What changed while nobody looked. */
static void check_rescan(void)
{
	struct watch watch = { .rootfd = rootfd, .emit = note };
	struct error err = { 0 };

	put_device(A, "vfio-pci", "vfio0", "none", "20000");
	put_device(B, "vfio-pci", "vfio1", "incoming", "20000");
	scan(&watch, "present " A " vfio-pci vfio0 none scan\npresent " B " vfio-pci vfio1 incoming scan\n"
	     "ready - - - - scan\n", "what is there at first");
	scan(&watch, "ready - - - - scan\n", "nothing has changed");
	put_device(A, "vfio-pci", "vfio0", "outgoing", "20000");
	remove_tree("sys/bus/pci/devices/" B);
	told[0] = '\0';
	is_int(watch_lost(&watch, &err), 0, "events were lost");
	is_text(told, "lost - - - - kernel\npresent " A " vfio-pci vfio0 outgoing scan\n"
		"absent " B " - - - scan\nready - - - - scan\n", "what has changed, and only that");
	remove_tree("sys/bus/pci/devices/" A "/vfio-dev");
	put_device(A, "igb", "", "none", "20000");
	scan(&watch, "present " A " igb - none scan\nready - - - - scan\n", "another driver has it now");
	scan(&watch, "ready - - - - scan\n", "which was told");
	put_device(A, "vfio-pci", "", "", "20000");
	scan(&watch, "present " A " vfio-pci - - scan\nready - - - - scan\n", "a kernel that tells no state");
	watch_free(&watch);
}

static void check_named(void)
{
	const struct pci_addr named[] = { { 0, 2, 0, 0 }, { 0, 0, 2, 0 } };
	struct watch watch = { .rootfd = rootfd, .emit = note, .named = named, .named_count = 2 };

	put_device(BRIDGE, "pcieport", "", "none", "60400");
	scan(&watch, "absent " B " - - - scan\npresent " BRIDGE " pcieport - none scan\nready - - - - scan\n",
	     "named: there or not, and bridges too");
	scan(&watch, "ready - - - - scan\n", "named: told once");
	see(&watch, EVENT(.action = "add", .devpath = "/devices/" B, .liveupdate = "none"),
	    "add " B " - - none kernel\n", "named: it comes, without a driver");
	see(&watch, EVENT(.action = "remove", .devpath = "/devices/" B), "remove " B " - - - kernel\n",
	    "named: it goes");
	see(&watch, EVENT(.action = "bind", .devpath = "/devices/" A, .driver = "vfio-pci"), "",
	    "named: no others");
	see(&watch, EVENT(.action = "add", .devpath = "/devices/" B, .liveupdate = "none"),
	    "add " B " - - none kernel\n", "named: it comes again");
	watch_free(&watch);
}

static void check_synthetic(void)
{
	struct watch watch = { .rootfd = rootfd, .emit = note };

	put_device(A, "vfio-pci", "vfio0", "none", "20000");
	scan(&watch, "present " A " vfio-pci vfio0 none scan\nready - - - - scan\n", "synthetic: before");
	see(&watch, EVENT(.action = "remove", .devpath = "/devices/" A, .synthetic = true),
	    "remove " A " vfio-pci vfio0 none synthetic\n", "synthetic: it removes nothing");
	see(&watch, EVENT(.action = "remove", .devpath = "/devices/" A "/vfio-dev/vfio0",
			  .subsystem = "vfio-dev", .synthetic = true),
	    "remove " A " vfio-pci vfio0 none synthetic\n", "synthetic: nor its VFIO device");
	put_device(A, "vfio-pci", "vfio0", "outgoing", "20000");
	see(&watch, EVENT(.action = "change", .devpath = "/devices/" A, .synthetic = true),
	    "change " A " vfio-pci vfio0 outgoing synthetic\n", "synthetic: the device is looked at");
	watch_free(&watch);
}

static void check_others(void)
{
	struct watch watch = { .rootfd = rootfd, .emit = note };
	char long_name[200] = "/devices/", path[256];

	make_dirs("sys/devices/mdev0/x");
	make_dirs("sys/devices/mdev0/vfio-dev/vfio5/x");
	ok(symlinkat("../..", rootfd, "sys/devices/mdev0/vfio-dev/vfio5/device") == 0 &&
	   symlinkat("../../bus/mdev/drivers/vfio_mdev", rootfd, "sys/devices/mdev0/driver") == 0,
	   "another bus");
	see(&watch, EVENT(.action = "add", .devpath = "/devices/mdev0/vfio-dev/vfio5", .subsystem = "vfio-dev",
			  .devname = "vfio/devices/vfio5"),
	    "add mdev0 vfio_mdev vfio5 - kernel\n", "other buses: it comes");
	see(&watch, EVENT(.action = "remove", .devpath = "/devices/mdev0/vfio-dev/vfio5", .subsystem = "vfio-dev"),
	    "remove mdev0 vfio_mdev - - kernel\n", "other buses: it goes");
	memset(long_name + strlen(long_name), 'n', 100);
	snprintf(path, sizeof(path), "%s/vfio-dev/vfio6", long_name);
	see(&watch, EVENT(.action = "add", .devpath = path, .subsystem = "vfio-dev"), "", "a name that does not fit");
	watch_free(&watch);
}

static void check_failures(void)
{
	struct watch watch = { .rootfd = rootfd, .emit = note };
	struct uevent event = EVENT(.action = "bind", .devpath = "/devices/" A, .subsystem = "pci",
				    .driver = "vfio-pci");
	struct error err = { 0 };

	fail_after = 0;
	is_int(watch_scan(&watch, &err), -EIO, "a record that cannot be told ends a scan");
	is_int(watch_event(&watch, &event, &err), -EIO, "and an event");
	is_int(watch_lost(&watch, &err), -EIO, "and a loss");
	fail_after = -1;
	scan(&watch, "present " A " vfio-pci vfio0 outgoing scan\nready - - - - scan\n", "what was not told is told later");
	watch_free(&watch);
}

int main(void)
{
	if (!mkdtemp(root) || (rootfd = open(root, O_PATH | O_DIRECTORY)) < 0)
		return 1;
	check_events();
	check_bridges();
	check_rescan();
	check_named();
	check_synthetic();
	check_others();
	check_failures();
	close(rootfd);
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
