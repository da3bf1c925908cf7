// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for clients, and for reasons to end. */
#include <json-c/json.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "keeper_serve.h"

static bool is_trusted(int sock)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* One request, one answer; a client that is slow or gone costs a bounded time. */
static void serve_client(struct keeper *keeper, int sock)
{
	const struct timeval limit = { .tv_sec = KEEPER_CLIENT_TIMEOUT };
	struct json_object *request = NULL, *answer;
	int given[KEEPER_FDS], fd = -1;
	size_t i;

	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!is_trusted(sock) || keeper_receive(sock, &request, given, KEEPER_FDS) < 0)
		return;
	answer = keeper_answer(keeper, request, given, &fd);
	keeper_send(sock, answer, &fd, fd >= 0);
	json_object_put(answer);
	json_object_put(request);
	for (i = 0; i < KEEPER_FDS; i++)
		cleanup_close_fn(&given[i]);
}

static void accept_client(struct keeper *keeper)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	int sock = accept4(keeper->listener, NULL, NULL, SOCK_CLOEXEC);

	if (sock < 0) {
		nanosleep(&pause, NULL); /* no descriptor, no memory: do not spin */
		return;
	}
	serve_client(keeper, sock);
	if (!keeper->ended)
		close(sock); /* the last one ends with the process: the client waits for that */
}

/* At a signal: not while the session would end with us.  The signal is read in any case. */
static bool may_end(const struct keeper *keeper)
{
	struct signalfd_siginfo info;

	if (read(keeper->signals, &info, sizeof(info)) < 0)
		return false;
	return keeper->session < 0 || keeper->stored[0];
}

void keeper_serve(struct keeper *keeper)
{
	struct pollfd wait[] = {
		{ .fd = keeper->listener, .events = POLLIN },
		{ .fd = keeper->signals, .events = POLLIN },
		{ .fd = keeper->child, .events = POLLIN },
	};

	while (!keeper->ended) {
		if (poll(wait, sizeof(wait) / sizeof(*wait), -1) < 0)
			continue;
		if (wait[0].revents)
			accept_client(keeper);
		if (wait[1].revents && may_end(keeper))
			return;
		if (wait[2].revents && keeper->session < 0)
			return;
		if (wait[2].revents)
			wait[2].fd = -1;
	}
}
