// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that do what must not be done at the same time, at the same time. The
 * kernel's checkers (lockdep, KASAN) look on; what each call may answer is
 * checked here.
 *     race preserve CDEV ROUNDS           against binding and closing the same descriptor,
 *                                         until it has worked that often
 *     race retrieve SESSION TOKEN ROUNDS  against retrieving it elsewhere, and closing it,
 *                                         until it was refused that often
 *     race finish SESSION TOKEN CDEV      against opening the device
 * Prints how often each outcome was seen.  Exit status 0 when all was allowed,
 * and each side has got its way at least once.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liveupdate.h"
#include "vfio.h"

#define OPENERS 3

struct race {
	const char *cdev;
	const char *session;
	uint64_t token;
	int rounds;
	int liveupdate;    /* /dev/liveupdate, which all threads share */
	int iommufd;
	atomic_int fd;     /* the device, or -1 */
	atomic_int ready;  /* openers that were refused once */
	atomic_bool go;    /* finish is being called */
	atomic_bool over;
	atomic_int good, refused, bad;
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Count the answer @rc: 0 or a descriptor is good, one of @allowed refused. */
static void count(struct race *race, const char *what, int rc, const int *allowed)
{
	if (rc >= 0) {
		race->good++;
		return;
	}
	for (; *allowed; allowed++) {
		if (-rc == *allowed) {
			race->refused++;
			return;
		}
	}
	race->bad++;
	fprintf(stderr, "%s: %s\n", what, strerrorname_np(-rc));
}

static void start(pthread_t *thread, void *(*run)(void *), struct race *race)
{
	if (pthread_create(thread, NULL, run, race))
		die("pthread_create");
}

static void *bind_and_close(void *arg)
{
	struct race *race = arg;
	int fd;

	while (!race->over) {
		fd = open(race->cdev, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			die(race->cdev);
		race->fd = fd;
		usleep((useconds_t)(rand() % 300));
		vfio_bind(fd, race->iommufd);
		usleep((useconds_t)(rand() % 2000));
		race->fd = -1;
		close(fd);
	}
	return NULL;
}

static int race_preserve(struct race *race)
{
	/* Closed, something else by now, not bound yet, closed but still preserved */
	static const int allowed[] = { EBADF, ENOENT, EBUSY, 0 };
	int session, rc, i;
	pthread_t binder;

	start(&binder, bind_and_close, race);
	for (i = 0; race->good < race->rounds && i < 1000 * race->rounds; i++) {
		usleep((useconds_t)(rand() % 500)); /* the binder needs time, too */
		session = luo_create_session(race->liveupdate, "race");
		if (session < 0)
			die("create");
		rc = luo_preserve_fd(session, race->fd, 1);
		count(race, "preserve", rc, allowed);
		close(session);
	}
	race->over = true;
	pthread_join(binder, NULL);
	return 0;
}

static void get_twice(struct race *race, int session)
{
	int one = luo_retrieve_fd(session, race->token);
	int two = luo_retrieve_fd(session, race->token);

	if (one < 0 || two < 0 || syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, one, two)) {
		race->bad++;
		fprintf(stderr, "get: %d %d\n", one, two);
	}
	close(one);
	close(two);
}

static void *retrieve_and_close(void *arg)
{
	static const int allowed[] = { EINVAL, 0 }; /* somebody else has it */
	struct race *race = arg;
	int session, i;

	for (i = 0; race->refused < race->rounds && i < 1000 * race->rounds; i++) {
		session = luo_retrieve_session(race->liveupdate, race->session);
		count(race, "retrieve", session, allowed);
		if (session < 0)
			continue;
		sched_yield(); /* to be refused */
		get_twice(race, session);
		/* Not bound: it cannot be finished, and goes back */
		close(session);
	}
	return NULL;
}

static int race_retrieve(struct race *race)
{
	pthread_t other;

	start(&other, retrieve_and_close, race);
	retrieve_and_close(race);
	pthread_join(other, NULL);
	return 0;
}

/* Refused until the device is finished, then not refused any more. */
static void *open_device(void *arg)
{
	struct race *race = arg;
	bool waited = false;
	int fd;

	for (;;) {
		fd = open(race->cdev, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			break;
		if (errno != EBUSY)
			die(race->cdev);
		race->refused++;
		if (!waited)
			race->ready++;
		waited = true;
	}
	if (race->go)
		race->good++;
	else
		race->bad++;
	close(fd);
	return NULL;
}

static int race_finish(struct race *race)
{
	int session = luo_retrieve_session(race->liveupdate, race->session), fd, i, rc;
	pthread_t openers[OPENERS];

	if (session < 0)
		die("retrieve");
	fd = luo_retrieve_fd(session, race->token);
	if (fd < 0 || vfio_bind(fd, race->iommufd) < 0)
		die("get");
	for (i = 0; i < OPENERS; i++)
		start(&openers[i], open_device, race);
	while (race->ready < OPENERS)
		sched_yield();
	race->go = true;
	rc = luo_finish(session);
	for (i = 0; i < OPENERS; i++)
		pthread_join(openers[i], NULL);
	close(session);
	return rc;
}

int main(int argc, char **argv)
{
	struct race race = { .fd = -1 };
	int rc;

	if (argc < 4)
		return 2;
	race.liveupdate = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);
	race.iommufd = vfio_open_iommufd();
	if (race.liveupdate < 0 || race.iommufd < 0)
		die("open");
	race.cdev = argv[argc - 1];
	race.session = argv[2];
	race.token = strtoull(argv[3], NULL, 0);
	race.rounds = atoi(argv[argc - 1]);
	if (!strcmp(argv[1], "preserve")) {
		race.cdev = argv[2];
		rc = race_preserve(&race);
	} else if (!strcmp(argv[1], "retrieve")) {
		rc = race_retrieve(&race);
	} else {
		rc = race_finish(&race);
	}
	printf("%s: %d good, %d refused, %d wrong\n", argv[1], race.good, race.refused, race.bad);
	return rc < 0 || race.bad || !race.good || !race.refused;
}
