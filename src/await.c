// SPDX-License-Identifier: GPL-2.0-or-later
/* What devices can be waited for, and the waiting. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "await.h"
#include "error.h"
#include "uevent_socket.h"

#define DRIVER "vfio-pci"
#define CDEV_DIR "dev/vfio/devices" /* below the root */
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static const char *const goal_names[] = {
	[GOAL_BOUND] = "bound",
	[GOAL_CDEV] = "cdev",
	[GOAL_PRESERVED] = "preserved",
	[GOAL_INCOMING] = "incoming",
	[GOAL_FREE] = "free",
};

int goal_parse(const char *word, enum goal *goal)
{
	size_t i;

	for (i = 0; i < sizeof(goal_names) / sizeof(*goal_names); i++) {
		if (strcmp(goal_names[i], word))
			continue;
		*goal = (enum goal)i;
		return 0;
	}
	return -EINVAL;
}

const char *goal_name(enum goal goal)
{
	return goal_names[goal];
}

/* In sysfs the class device is there a moment before its node. */
static bool has_node(int rootfd, const struct vfio_device *dev)
{
	char path[sizeof(CDEV_DIR "/") + sizeof(dev->cdev)];

	snprintf(path, sizeof(path), CDEV_DIR "/%s", dev->cdev);
	return dev->cdev[0] && faccessat(rootfd, path, F_OK, 0) == 0;
}

static int check_liveupdate(const struct vfio_device *dev, enum goal goal, struct error *err)
{
	int rc;

	if (dev->liveupdate[0])
		return goal == GOAL_FREE ? !strcmp(dev->liveupdate, "none") :
		       strstr(dev->liveupdate, goal == GOAL_INCOMING ? "incoming" : "outgoing") != NULL;
	rc = error_set(err, STATUS_UNSUPPORTED, ENOTSUP, dev->name,
		       "this kernel does not tell which devices are in a live update");
	error_hint(err, "it needs patch 0012 and CONFIG_PCI_LIVEUPDATE; bound and cdev can be waited for with any kernel");
	return rc;
}

int goal_check(int rootfd, struct pci_addr addr, enum goal goal, struct vfio_device *dev,
	       struct error *err)
{
	struct error gone;
	int rc;

	if (goal != GOAL_BOUND && goal != GOAL_CDEV) {
		rc = device_at(rootfd, addr, dev, err);
		if (rc == 0)
			rc = device_check_read(dev, err);
		return rc < 0 ? rc : check_liveupdate(dev, goal, err);
	}
	rc = device_at(rootfd, addr, dev, &gone);
	if (rc == 0)
		rc = device_check_read(dev, &gone);
	if (rc == -ENODEV) {
		dev->name[0] = '\0';
		return 0;
	}
	if (rc < 0) {
		*err = gone;
		return rc;
	}
	return goal == GOAL_BOUND ? !strcmp(dev->driver, DRIVER) : has_node(rootfd, dev);
}

int goal_timeout(struct pci_addr addr, enum goal goal, const struct vfio_device *dev,
		 unsigned int seconds, struct error *err)
{
	char address[PCI_ADDR_STRLEN], found[160];

	pci_addr_format(addr, address);
	if (!dev->name[0])
		snprintf(found, sizeof(found), "it is not on the PCI bus");
	else if (goal == GOAL_BOUND || goal == GOAL_CDEV)
		snprintf(found, sizeof(found), "its driver is %s, its cdev %s",
			 dev->driver[0] ? dev->driver : "(none)", dev->cdev[0] ? dev->cdev : "(none)");
	else
		snprintf(found, sizeof(found), "its live update state is %s", dev->liveupdate);
	return error_set(err, STATUS_TIMEOUT, ETIME, address, "not %s after %u s: %s",
			 goal_name(goal), seconds, found);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NS_PER_S + time.tv_nsec;
}

int await_begin(struct await *await, long seconds, struct error *err)
{
	await->sock = NULL;
	await->limited = seconds >= 0;
	await->deadline = await->limited ? now() + seconds * NS_PER_S : 0;
	return seconds == 0 ? 0 : uevent_socket_open(&await->sock, err);
}

/* For poll(), rounded up: it must not return before the time. */
static int time_left(const struct await *await)
{
	int64_t left = await->deadline - now();

	if (!await->limited)
		return -1;
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* Can it have changed what we look at?  Drivers come with "drivers", devices with the rest. */
static bool concerns_us(const struct uevent *event)
{
	return !strcmp(event->subsystem, "pci") || !strcmp(event->subsystem, "vfio-dev") ||
	       !strcmp(event->subsystem, "drivers");
}

/* Read all that is there.  1 when something in it concerns us. */
static int drain(struct uevent_socket *sock, struct error *err)
{
	struct uevent event;
	int rc, found = 0;

	while ((rc = uevent_socket_next(sock, &event, err)) > 0)
		if (rc == UEVENT_LOST || concerns_us(&event))
			found = 1;
	return rc < 0 ? rc : found;
}

int await_change(struct await *await, struct error *err)
{
	struct pollfd input = { .fd = -1, .events = POLLIN };
	int rc;

	if (!await->sock)
		return 0;
	input.fd = uevent_socket_fd(await->sock);
	do {
		rc = poll(&input, 1, time_left(await));
		if (rc < 0 && errno != EINTR)
			return error_set(err, STATUS_FAILED, errno, NULL, "cannot wait");
		rc = rc > 0 ? drain(await->sock, err) : 0;
	} while (rc == 0 && time_left(await));
	return rc;
}

void await_end(struct await *await)
{
	uevent_socket_free(await->sock);
	await->sock = NULL;
}
