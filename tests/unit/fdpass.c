// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets with descriptors: too many, too large, none, and none left behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdpass.h"
#include "tap.h"

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		abort();
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Send @count descriptors, take @room; what must come back, and that nothing else is open then. */
static void passes(int *ends, size_t count, size_t room, ssize_t want)
{
	const int given[FDPASS_MAX] = { 0, 1, 2, 0 };
	int fds[FDPASS_MAX], before = count_fds();
	size_t i, taken = 0;
	char data[16];

	is_int(fdpass_send(ends[0], "hello", 5, given, count), 0, "%zu sent", count);
	is_int(fdpass_receive(ends[1], data, sizeof(data), fds, room), want, "%zu sent, room for %zu", count, room);
	for (i = 0; i < room; i++)
		taken += fds[i] >= 0;
	is_int((long long)taken, want < 0 ? 0 : (long long)count, "all of them, or none");
	for (i = 0; i < taken; i++) {
		ok(fcntl(fds[i], F_GETFD) == FD_CLOEXEC, "close-on-exec");
		close(fds[i]);
	}
	is_int(count_fds(), before, "no other is left");
}

static void check_limit(int *ends)
{
	struct rlimit limit, before;
	const int given = 0;
	char data[16];
	int fd;

	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = 3;
	is_int(fdpass_send(ends[0], "hello", 5, &given, 1), 0, "one sent");
	setrlimit(RLIMIT_NOFILE, &limit);
	is_int(fdpass_receive(ends[1], data, sizeof(data), &fd, 1), -EMFILE, "no number left for it");
	setrlimit(RLIMIT_NOFILE, &before);
	is_int(fd, -1, "so it is none");
}

int main(void)
{
	const int given = 0;
	int ends[2], fds[FDPASS_MAX];
	char data[4];

	if (!ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "a socket"))
		return tap_done();
	passes(ends, 0, 0, 5);
	passes(ends, 0, 2, 5);
	passes(ends, 1, 1, 5);
	passes(ends, 1, 2, 5);
	passes(ends, 2, 2, 5);
	passes(ends, 4, 4, 5);
	passes(ends, FDPASS_MAX, FDPASS_MAX, 5);
	passes(ends, 1, 0, -EBADMSG);
	passes(ends, 2, 1, -EMFILE);
	passes(ends, 3, 2, -EMFILE);
	passes(ends, 4, 3, -EMFILE);
	is_int(fdpass_send(ends[0], "", 0, &given, FDPASS_MAX + 1), -E2BIG, "too many to send");
	is_int(fdpass_receive(ends[1], data, 1, fds, FDPASS_MAX + 1), -EINVAL, "too many to take");
	fdpass_send(ends[0], "hello", 5, &given, 1);
	is_int(fdpass_receive(ends[1], data, sizeof(data), fds, 1), -EMSGSIZE, "a packet that is too large");
	is_int(fds[0], -1, "its descriptor is dropped");
	check_limit(ends);
	close(ends[0]);
	is_int(fdpass_receive(ends[1], data, sizeof(data), fds, 1), -ENODATA, "the end");
	is_int(fdpass_send(ends[1], "x", 1, NULL, 0), -EPIPE, "nobody is there, and no signal");
	return tap_done();
}
