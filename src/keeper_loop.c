// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for clients, and for reasons to end. */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "keeper_serve.h"

/* Connections that wait for their request at the same time; the others are in the queue. */
#define CLIENTS 32

enum { LISTENER, SIGNALS, CHILD, LEASE, FIRST_CLIENT };

/* Who has connected, and said nothing yet. */
struct clients {
	struct {
		int sock;
		int64_t since;
	} list[CLIENTS]; /* the oldest first */
	size_t count;
};

static bool is_trusted(int sock)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* Who is left without an answer has to take us for dead. */
static void send_error(const struct keeper *keeper, int sock, int code, const char *message)
{
	struct error err = { .status = STATUS_OK };
	struct json_object *answer;

	error_set(&err, STATUS_FAILED, code, keeper->info.session, "%s", message);
	answer = keeper_error_message(&err);
	keeper_send(sock, answer, NULL, 0);
	json_object_put(answer);
}

/*
 * For want of memory once more; what is with descriptors is asked for again, and what we have
 * stays ours.
 */
static void send_answer(const struct keeper *keeper, int sock, struct json_object *answer,
			const int *fds)
{
	size_t count = 0;
	int rc;

	while (count < KEEPER_RETRIEVE_MAX && fds[count] >= 0)
		count++;
	rc = keeper_send(sock, answer, fds, count);
	/* Who does not read, or has gone, does not keep us from the others. */
	if (rc == -EAGAIN || rc == -EPIPE)
		return;
	if (rc < 0 && !count)
		rc = keeper_send(sock, answer, NULL, 0);
	if (rc < 0)
		send_error(keeper, sock, -rc, "the keeper cannot send its answer");
}

/* One request, one answer; none to who has nothing to say. */
static void serve_request(struct keeper *keeper, int sock)
{
	struct json_object *request = NULL, *answer;
	int given[KEEPER_FDS], fds[KEEPER_RETRIEVE_MAX];
	struct pollfd unread = { .fd = sock, .events = POLLIN };
	int rc = keeper_receive(sock, &request, given, KEEPER_FDS);
	char byte;
	size_t i;

	/* For want of memory once more, when it is there still. */
	if (rc < 0 && rc != -ENODATA && poll(&unread, 1, 0) > 0)
		rc = keeper_receive(sock, &request, given, KEEPER_FDS);
	if (rc == -ENODATA)
		return;
	if (rc < 0) {
		/* Left unread, it would take the answer with it. */
		recv(sock, &byte, sizeof(byte), MSG_DONTWAIT);
		send_error(keeper, sock, -rc, "the keeper cannot read the request");
		return;
	}
	answer = keeper_answer(keeper, request, sock, given, fds);
	send_answer(keeper, sock, answer, fds);
	json_object_put(answer);
	json_object_put(request);
	for (i = 0; i < KEEPER_FDS; i++)
		cleanup_close_fn(&given[i]);
}

static void accept_client(struct keeper *keeper, struct clients *clients)
{
	const struct timeval limit = { .tv_sec = KEEPER_CLIENT_TIMEOUT };
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	int sock = accept4(keeper->listener, NULL, NULL, SOCK_CLOEXEC);

	if (sock < 0) {
		nanosleep(&pause, NULL); /* no descriptor, no memory: do not spin */
		return;
	}
	if (!is_trusted(sock)) {
		close(sock);
		return;
	}
	/* It has something to say when it is served; a client that does not listen could fill its queue. */
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	clients->list[clients->count].sock = sock;
	clients->list[clients->count++].since = clock_ms();
}

/* The last one ends with the process, for which the client waits. */
static void serve_client(struct keeper *keeper, int sock)
{
	serve_request(keeper, sock);
	if (!keeper->ended && !(keeper->lessee && keeper->lease == sock))
		close(sock);
}

/* It has one thing to say, too: here it is, or nothing. */
static void serve_lessee(struct keeper *keeper)
{
	serve_request(keeper, keeper->lease);
	keeper_lease_ended(keeper);
}

/* Milliseconds that a silent client has: less when others wait for its place. */
static int64_t patience(const struct clients *clients)
{
	return clients->count < CLIENTS ? KEEPER_CLIENT_TIMEOUT * 1000 : KEEPER_CLIENT_TIMEOUT * 100;
}

static void serve_clients(struct keeper *keeper, struct clients *clients, const struct pollfd *wait)
{
	int64_t now = clock_ms(), limit = patience(clients);
	size_t i, left = 0;

	for (i = 0; i < clients->count; i++) {
		if (wait[i].revents && !keeper->ended)
			serve_client(keeper, clients->list[i].sock);
		else if (now - clients->list[i].since >= limit)
			close(clients->list[i].sock);
		else
			clients->list[left++] = clients->list[i];
	}
	clients->count = left;
}

/* At a signal: not while the session would end with us.  The signal is read in any case. */
static bool may_end(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	if (read(keeper->signals, &info, sizeof(info)) < 0)
		return false;
	return keeper->session < 0 || keeper_is_stored(keeper);
}

static void wait_for_events(const struct keeper *keeper, const struct clients *clients,
			    struct pollfd *wait)
{
	int64_t timeout = -1;
	size_t i;

	memset(wait, 0, (FIRST_CLIENT + CLIENTS) * sizeof(*wait));
	wait[LISTENER].fd = clients->count < CLIENTS ? keeper->listener : -1;
	wait[SIGNALS].fd = keeper->signals;
	wait[CHILD].fd = keeper->session < 0 ? keeper->child : -1;
	wait[LEASE].fd = keeper->lessee ? keeper->lease : -1;
	for (i = 0; i < clients->count; i++)
		wait[FIRST_CLIENT + i].fd = clients->list[i].sock;
	for (i = 0; i < FIRST_CLIENT + clients->count; i++)
		wait[i].events = POLLIN;
	if (clients->count)
		timeout = clients->list[0].since + patience(clients) - clock_ms();
	if (poll(wait, FIRST_CLIENT + clients->count, clients->count && timeout < 0 ? 0 : (int)timeout) < 0)
		for (i = 0; i < FIRST_CLIENT + clients->count; i++)
			wait[i].revents = 0;
}

void keeper_serve(struct keeper *keeper)
{
	struct pollfd wait[FIRST_CLIENT + CLIENTS];
	struct clients clients = { .count = 0 };

	while (!keeper->ended) {
		wait_for_events(keeper, &clients, wait);
		/* A lessee that has died before a child's end, which would be the end of us. */
		if (wait[LEASE].revents)
			serve_lessee(keeper);
		serve_clients(keeper, &clients, wait + FIRST_CLIENT);
		if (wait[LISTENER].revents && !keeper->ended)
			accept_client(keeper, &clients);
		if (wait[SIGNALS].revents && may_end(keeper))
			break;
		if (wait[CHILD].revents && keeper->session < 0)
			break;
	}
	/* What was lent is full by half: nobody is to find it. */
	if (!keeper->ended && keeper->lessee)
		keeper_lease_ended(keeper);
}
