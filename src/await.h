/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting until a device is so far, without missing the moment: subscribe to
 * uevents (await_begin()), look at sysfs (goal_check()), sleep until something
 * has happened (await_change()), look again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct error;
struct uevent_socket;

enum goal {
	GOAL_BOUND,     /* its driver is vfio-pci */
	GOAL_CDEV,      /* its node below /dev/vfio/devices is there */
	GOAL_PRESERVED, /* in a session that goes along with the next kexec */
	GOAL_INCOMING,  /* came from the previous kernel, not finished */
	GOAL_FREE,      /* has no part in a live update */
};

/* "bound", "cdev", ...; 0 or -EINVAL. */
int goal_parse(const char *word, enum goal *goal);
const char *goal_name(enum goal goal);

/*
 * Has the device at @addr reached @goal?  1 or 0, and in @dev what it is now;
 * while nothing is at @addr, dev->name is "".  A device that is not there can
 * come and be bound; to all other goals it is -ENODEV, STATUS_NOT_FOUND.
 * -ENOTSUP, STATUS_UNSUPPORTED: the kernel does not tell this goal.
 */
int goal_check(int rootfd, struct pci_addr addr, enum goal goal, struct vfio_device *dev,
	       struct error *err);

/*
 * STATUS_TIMEOUT for @addr, which has not reached @goal within @seconds; @dev
 * is how it was found last.  Returns -ETIME.
 */
int goal_timeout(struct pci_addr addr, enum goal goal, const struct vfio_device *dev,
		 unsigned int seconds, struct error *err);

struct await {
	struct uevent_socket *sock; /* NULL: without waiting */
	bool limited;
	int64_t deadline;           /* of CLOCK_MONOTONIC, in ns */
};

#define AWAIT_FOREVER (-1L)

/*
 * Begin to listen.  The time runs from now: @seconds, or AWAIT_FOREVER.  With 0
 * seconds nothing is listened to.  The caller ends it with await_end().
 */
int await_begin(struct await *await, long seconds, struct error *err);

/*
 * Sleep until something has happened to a device or a driver.  1: look again;
 * 0: time is up; or a negative errno with @err filled.
 */
int await_change(struct await *await, struct error *err);

void await_end(struct await *await);

#define cleanup_await __attribute__((cleanup(await_end)))
