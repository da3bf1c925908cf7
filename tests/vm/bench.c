// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel takes for each device of a session, in microseconds:
 *     bench preserve SESSION CDEV...    the best of five; the last is kept, and is
 *                                       held until standard input ends
 *     bench retrieve SESSION COUNT      retrieve, bind and finish
 * Tokens are 1, 2, ...  The bare system calls: what vfio-luctl adds is not in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "liveupdate.h"
#include "vfio.h"

static void die(const char *what, int rc)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static int check(const char *what, int rc)
{
	if (rc < 0)
		die(what, rc);
	return rc;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int open_liveupdate(void)
{
	int fd = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* One session with all of them; returns it, and the time in @best if it is less. */
static int preserve_all(int device, const char *name, const int *fds, int count, double *best)
{
	int session = check("create", luo_create_session(device, name)), i;
	double start = now();

	for (i = 0; i < count; i++)
		check("preserve", luo_preserve_fd(session, fds[i], (uint64_t)i + 1));
	start = now() - start;
	if (*best == 0 || start < *best)
		*best = start;
	return session;
}

static int *new_list(int count)
{
	int *list = calloc((size_t)count, sizeof(*list));

	check("memory", list ? 0 : -ENOMEM);
	return list;
}

static void preserve(const char *name, char **cdevs, int count)
{
	int device = check(LUO_DEVICE_PATH, open_liveupdate());
	int iommufd = check("iommufd", vfio_open_iommufd()), session = -1, i;
	int *fds = new_list(count);
	double best = 0;
	char byte;

	for (i = 0; i < count; i++) {
		fds[i] = check(cdevs[i], vfio_open_cdev(cdevs[i]));
		check("bind", vfio_bind(fds[i], iommufd));
	}
	for (i = 0; i < 5; i++) {
		if (session >= 0)
			close(session);
		session = preserve_all(device, name, fds, count, &best);
	}
	for (i = 0; i < count; i++)
		close(fds[i]);
	close(iommufd);
	close(device);
	free(fds);
	printf("preserve %d %.1f\n", count, best / count);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void retrieve(const char *name, int count)
{
	int device = check(LUO_DEVICE_PATH, open_liveupdate());
	int session = check("retrieve", luo_retrieve_session(device, name)), i;
	int iommufd = check("iommufd", vfio_open_iommufd());
	int *fds = new_list(count);
	double start = now();

	for (i = 0; i < count; i++)
		fds[i] = check("get", luo_retrieve_fd(session, (uint64_t)i + 1));
	printf("retrieve %d %.1f\n", count, (now() - start) / count);
	start = now();
	for (i = 0; i < count; i++)
		check("bind", vfio_bind(fds[i], iommufd));
	printf("bind %d %.1f\n", count, (now() - start) / count);
	start = now();
	check("finish", luo_finish(session));
	printf("finish %d %.1f\n", count, (now() - start) / count);
	free(fds);
	close(session);
	close(device);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	if (!strcmp(argv[1], "preserve"))
		preserve(argv[2], argv + 3, argc - 3);
	else
		retrieve(argv[2], atoi(argv[3]));
	return 0;
}
