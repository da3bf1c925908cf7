// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What vfio-luctl does, as a bare loop of system calls, and how long both take, in
 * microseconds:
 *     share start COMMAND...         note the time and become COMMAND
 *     share time WORD COMMAND...     how long COMMAND takes from start to end, after WORD
 *     share preserve SESSION CDEV... bare: all into a session that a child holds, whose
 *                                    pid is printed
 *     share retrieve SESSION COUNT   bare: out of it again, "retrieve TIME" since the start;
 *                                    then as after vfio-luctl retrieve:
 *     share bound COUNT              with the descriptors from 3 on: "retrieve TIME" since the
 *                                    start, bind them, "bind TIME"; stay until standard input ends
 * share retrieve then finishes the session, "finish TIME".  Tokens are 1, 2, ...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "liveupdate.h"
#include "vfio.h"

#define START "SHARE_START"
#define FIRST_FD 3

static int check(const char *what, int rc)
{
	if (rc >= 0)
		return rc;
	fprintf(stderr, "share: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static int *numbers(int count)
{
	int *fds = calloc((size_t)count, sizeof(*fds));

	check("memory", fds ? 0 : -ENOMEM);
	return fds;
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void tell(const char *what, long long since)
{
	printf("%s %lld\n", what, now() - since);
	fflush(stdout);
}

static long long started(void)
{
	const char *text = getenv(START);

	return text ? atoll(text) : now();
}

static int become(char **command)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", now());
	setenv(START, text, 1);
	execvp(command[0], command);
	return check(command[0], -errno);
}

static int run(const char *word, char **command)
{
	long long start = now();
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(command);
	if (waitpid(pid, &status, 0) != pid || status)
		check(command[0], -ECHILD);
	tell(word, start);
	return 0;
}

static int open_liveupdate(void)
{
	int fd = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int preserve(const char *name, char **cdevs, int count)
{
	int iommufd = check("iommufd", vfio_open_iommufd()), device, session, i;
	int *fds = numbers(count);
	pid_t pid;

	for (i = 0; i < count; i++) {
		fds[i] = check(cdevs[i], vfio_open_cdev(cdevs[i]));
		check("bind", vfio_bind(fds[i], iommufd));
	}
	device = check(LUO_DEVICE_PATH, open_liveupdate());
	session = check("create", luo_create_session(device, name));
	close(device);
	for (i = 0; i < count; i++)
		check("preserve", luo_preserve_fd(session, fds[i], (uint64_t)i + 1));
	for (i = 0; i < count; i++)
		close(fds[i]);
	free(fds);
	close(iommufd);
	pid = fork();
	if (pid == 0) {
		fclose(stdout);
		pause();
		_exit(0);
	}
	printf("%d\n", (int)check("fork", pid));
	return 0;
}

/* Bind @count descriptors, and wait for what was told to go on. */
static void bind_all(const int *fds, int count)
{
	long long start = now();
	int iommufd, i;
	char byte;

	iommufd = check("iommufd", vfio_open_iommufd());
	for (i = 0; i < count; i++)
		check("bind", vfio_bind(fds[i], iommufd));
	tell("bind", start);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static int retrieve(const char *name, int count)
{
	int device = check(LUO_DEVICE_PATH, open_liveupdate());
	int session = check("retrieve", luo_retrieve_session(device, name)), i;
	int *fds = numbers(count);
	long long start;

	close(device);
	for (i = 0; i < count; i++)
		fds[i] = check("get", luo_retrieve_fd(session, (uint64_t)i + 1));
	tell("retrieve", started());
	bind_all(fds, count);
	start = now();
	check("finish", luo_finish(session));
	close(session);
	tell("finish", start);
	free(fds);
	return 0;
}

static int bound(int count)
{
	int *fds = numbers(count), i;

	tell("retrieve", started());
	for (i = 0; i < count; i++)
		fds[i] = FIRST_FD + i;
	bind_all(fds, count);
	free(fds);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "start"))
		return become(argv + 2);
	if (argc >= 4 && !strcmp(argv[1], "time"))
		return run(argv[2], argv + 3);
	if (argc >= 4 && !strcmp(argv[1], "preserve"))
		return preserve(argv[2], argv + 3, argc - 3);
	if (argc == 4 && !strcmp(argv[1], "retrieve"))
		return retrieve(argv[2], atoi(argv[3]));
	return argc == 3 && !strcmp(argv[1], "bound") ? bound(atoi(argv[2])) : 2;
}
