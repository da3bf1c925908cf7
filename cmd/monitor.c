// SPDX-License-Identifier: GPL-2.0-or-later
/* monitor: what happens to VFIO devices and to devices in a live update. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "plan.h"
#include "report.h"
#include "sysfs.h"
#include "uevent_socket.h"
#include "watch.h"
#include "commands.h"
#include "common.h"

static void get_realtime(const void *record, struct column_value *value)
{
	const struct timespec *time = &((const struct watch_record *)record)->realtime;
	char text[32] = "";
	struct tm utc;

	if (!gmtime_r(&time->tv_sec, &utc) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc))
		return;
	value->absent = false;
	snprintf(value->text, sizeof(value->text), "%s.%06ldZ", text, time->tv_nsec / 1000);
}

/* As text: in JSON, many readers would lose digits after 104 days. */
static void get_monotonic(const void *record, struct column_value *value)
{
	const struct timespec *time = &((const struct watch_record *)record)->monotonic;

	value->absent = false;
	snprintf(value->text, sizeof(value->text), "%" PRId64,
		 (int64_t)time->tv_sec * 1000000000 + time->tv_nsec);
}

static void get_event(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->event);
}

static void get_source(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->source);
}

static void get_subsystem(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->subsystem);
}

static void get_seqnum(const void *record, struct column_value *value)
{
	value->absent = !((const struct watch_record *)record)->has_seqnum;
	value->number = (int64_t)((const struct watch_record *)record)->seqnum;
}

static void get_device(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->device);
}

static void get_driver(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->driver);
}

static void get_cdev(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->cdev);
}

static void get_liveupdate(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct watch_record *)record)->liveupdate);
}

static const struct column columns[] = {
	{ "realtime", "REALTIME", COLUMN_STRING, true, get_realtime, "when it was read: wall clock, UTC, ISO 8601" },
	{ "monotonic_ns", "MONOTONIC", COLUMN_STRING, false, get_monotonic, "the same moment on CLOCK_MONOTONIC, in ns" },
	{ "event", "EVENT", COLUMN_STRING, true, get_event, "add, remove, change, bind, unbind, ... or present, absent, ready, lost" },
	{ "device", "DEVICE", COLUMN_STRING, true, get_device, "PCI address, or sysfs name on other buses" },
	{ "driver", "DRIVER", COLUMN_STRING, true, get_driver, "driver the device is bound to after it" },
	{ "cdev", "CDEV", COLUMN_STRING, true, get_cdev, "its character device after it" },
	{ "liveupdate", "LIVEUPDATE", COLUMN_STRING, true, get_liveupdate, "none, outgoing, incoming: its live update state after it" },
	{ "subsystem", "SUBSYSTEM", COLUMN_STRING, false, get_subsystem, "pci: the device itself; vfio-dev: what VFIO made of it" },
	{ "source", "SOURCE", COLUMN_STRING, false, get_source, "kernel; synthetic: somebody asked the kernel to say it; scan: found in sysfs" },
	{ "seqnum", "SEQNUM", COLUMN_NUMBER, false, get_seqnum, "the kernel's number of the event" },
	{ 0 },
};

struct monitor {
	struct report report;
	int signals; /* a signalfd, or -1 */
	bool stopped;
};

/* Take SIGINT and SIGTERM as input; not one that is ignored, as in a shell's background. */
static int take_signals(struct error *err)
{
	const int numbers[] = { SIGINT, SIGTERM };
	struct sigaction action;
	sigset_t mask;
	size_t i;
	int fd;

	sigemptyset(&mask);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&mask, numbers[i]);
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return error_set(err, STATUS_FAILED, errno, "SIGTERM", "cannot wait for signals");
	return fd;
}

static int say_stdout_failed(int code, struct error *err)
{
	return error_set(err, STATUS_FAILED, code, "standard output", "cannot write");
}

/*
 * Wait until @fd has input (-1: until one can write), we are to stop, or
 * nobody reads any more.  Returns 0, or a negative errno with @err filled.
 */
static int wait_for(struct monitor *monitor, int fd, struct error *err)
{
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO, .events = fd < 0 ? POLLOUT : 0 },
		{ .fd = monitor->signals, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	while (poll(fds, sizeof(fds) / sizeof(*fds), -1) < 0)
		if (errno != EINTR)
			return error_set(err, STATUS_FAILED, errno, NULL, "cannot wait");
	if (fds[1].revents)
		monitor->stopped = true;
	else if (fds[0].revents & (POLLERR | POLLHUP))
		return say_stdout_failed(EPIPE, err);
	return 0;
}

/*
 * A line at once, or none.  The signals are blocked: nothing is written before
 * it can be, so that a reader who does not read cannot keep us from stopping.
 */
static int print_record(void *data, const struct watch_record *record, struct error *err)
{
	struct monitor *monitor = data;
	int rc = monitor->signals < 0 ? 0 : wait_for(monitor, -1, err);

	if (rc == 0 && monitor->stopped)
		return -ECANCELED;
	if (rc == 0)
		rc = report_print(stdout, &monitor->report, record, 1, sizeof(*record), err);
	if (rc == 0 && (fflush(stdout) || ferror(stdout)))
		rc = say_stdout_failed(errno, err);
	monitor->report.no_headings = true;
	return rc;
}

/* Until we are stopped. */
static int follow(struct monitor *monitor, struct watch *watch, struct uevent_socket *sock,
		  struct error *err)
{
	struct uevent event;
	int rc = 0, got;

	while (rc == 0 && !monitor->stopped) {
		got = uevent_socket_next(sock, &event, err);
		if (got == UEVENT_ONE)
			rc = watch_event(watch, &event, err);
		else if (got == UEVENT_LOST)
			rc = watch_lost(watch, err);
		else
			rc = got < 0 ? got : wait_for(monitor, uevent_socket_fd(sock), err);
	}
	return rc;
}

/* Subscribe first, then look: between the two nothing can be missed. */
static int watch_host(struct monitor *monitor, struct watch *watch, struct error *err)
{
	struct uevent_socket *sock = NULL;
	int rc = take_signals(err);

	if (rc < 0)
		return rc;
	monitor->signals = rc;
	rc = uevent_socket_open(&sock, err);
	if (rc == 0)
		rc = watch_scan(watch, err);
	if (rc == 0)
		rc = follow(monitor, watch, sock, err);
	uevent_socket_free(sock);
	cleanup_close_fn(&monitor->signals);
	return monitor->stopped ? 0 : rc;
}

static int monitor_devices(const struct table_options *args, const struct report *report,
			   const char *sysroot, struct error *err)
{
	struct monitor monitor = { .report = *report, .signals = -1 };
	cleanup_close int rootfd = sysroot_open(sysroot, err);
	cleanup_watch struct watch watch = {
		.rootfd = rootfd, .emit = print_record, .data = &monitor,
	};
	cleanup_free struct pci_addr *named = NULL;
	int rc = rootfd;

	if (rc >= 0)
		rc = plan_addresses(rootfd, args->words, args->count, &named, &watch.named_count, err);
	if (rc < 0)
		return rc;
	watch.named = named;
	/* In a recorded host nothing happens. */
	return sysroot ? watch_scan(&watch, err) : watch_host(&monitor, &watch, err);
}

/* How wide a column usually is: lines that come one by one shall stand below each other. */
static size_t usual_width(const char *key)
{
	static const struct {
		const char *key;
		size_t width;
	} usual[] = {
		{ "event", sizeof("present") - 1 }, { "device", sizeof("0000:00:00.0") - 1 },
		{ "driver", sizeof("vfio-pci") - 1 }, { "cdev", sizeof("vfio00") - 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (!strcmp(usual[i].key, key))
			return usual[i].width;
	return 0;
}

/* One for each column shown; NULL without memory. */
static size_t *new_widths(const struct report *report)
{
	size_t *widths, count = sizeof(columns) / sizeof(*columns), i;

	for (i = 0; report->selected && report->selected[i]; i++)
		count++;
	widths = calloc(count, sizeof(*widths));
	for (i = 0, count = 0; widths && !report->selected && columns[i].key; i++)
		if (columns[i].flags & COLUMN_DEFAULT)
			widths[count++] = usual_width(columns[i].key);
	for (i = 0; widths && report->selected && report->selected[i]; i++)
		widths[i] = usual_width(report->selected[i]);
	return widths;
}

static int run_monitor(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct report report = { .array = "events", .columns = columns };
	cleanup_free const char **selected = NULL;
	cleanup_free size_t *widths = NULL;
	struct table_options args = { .takes_words = true };
	int rc;

	rc = common_parse(&cmd_monitor, &table_argp, &args, globals, argc, argv, err);
	if (rc == 0)
		rc = table_prepare(&args, globals, &report, &selected, err);
	if (rc)
		return rc;
	widths = report.widths = new_widths(&report);
	if (!widths)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	return monitor_devices(&args, &report, globals->sysroot, err);
}

const struct command cmd_monitor = {
	.name = "monitor",
	.args = "[DEVICE...]",
	.summary = "Tell what happens to the devices, as it happens",
	.page = "vfio-luctl-wait",
	.run = run_monitor,
};
