// SPDX-License-Identifier: GPL-2.0-or-later
/* The client side of the keeper's socket. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "cleanup_json.h"
#include "error.h"
#include "keeper.h"
#include "keeper_client.h"
#include "token.h"

/* Retrieve and finish may reset devices; nothing takes as long as this. */
#define REPLY_TIMEOUT 60

#define ENDING_MS 200 /* in which a process that is killed has closed all it has */

int keeper_say_none(const char *session, struct error *err)
{
	int rc = error_set(err, STATUS_NOT_FOUND, ENOENT, session, "no keeper holds this session");

	error_hint(err, "'vfio-luctl status' tells which sessions there are; one of the previous kernel needs 'vfio-luctl retrieve %s' first",
		   session);
	return rc;
}

static int say_no_keeper(const char *session, int code, struct error *err)
{
	int rc;

	if (code == ENOENT)
		return keeper_say_none(session, err);
	if (code != ECONNREFUSED)
		return error_set(err, STATUS_FAILED, code, session, "cannot reach the keeper");
	rc = error_set(err, STATUS_NOT_FOUND, ECONNREFUSED, session,
		       "the keeper of this session has died");
	error_hint(err, "an outgoing session was cancelled by that; one of the previous kernel may be there still: 'vfio-luctl retrieve %s'",
		   session);
	return rc;
}

/* The name of a socket relative to @rootfd fits where its full path might not. */
static int connect_keeper(int rootfd, const char *session, struct error *err)
{
	cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const struct timeval limit = { .tv_sec = REPLY_TIMEOUT };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length;

	length = snprintf(address.sun_path, sizeof(address.sun_path),
			  "/proc/self/fd/%d/" KEEPER_DIR "/%s" KEEPER_SUFFIX, rootfd, session);
	if (sock < 0 || length >= (int)sizeof(address.sun_path))
		return say_no_keeper(session, sock < 0 ? errno : ENAMETOOLONG, err);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		return say_no_keeper(session, errno, err);
	return steal_fd(&sock);
}

/* Who began to listen there: another keeper in its place is another process. */
static pid_t listener_of(int sock)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	return peer.pid;
}

/* Does the same one that @sock was connected to listen still? */
static bool still_listens(int sock)
{
	cleanup_close int again = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd closed = { .fd = again, .events = POLLIN };
	struct sockaddr_un address;
	socklen_t size = sizeof(address);

	if (again < 0 || getpeername(sock, (struct sockaddr *)&address, &size) < 0)
		return false;
	if (connect(again, (struct sockaddr *)&address, size) < 0)
		return errno == EAGAIN; /* its queue is full */
	/* One that is about to end closes this too; who is not root is sent away at once. */
	return listener_of(again) == listener_of(sock) &&
	       (geteuid() != 0 || poll(&closed, 1, ENDING_MS) == 0);
}

/* It was there, and is not any more; or it does not talk to us. */
static int say_no_answer(const char *session, int sock, struct error *err)
{
	bool lives = still_listens(sock);
	int rc;

	if (lives && geteuid() != 0)
		return error_set(err, STATUS_FAILED, EPERM, session, "its keeper answers only root");
	if (lives) {
		rc = error_set(err, STATUS_FAILED, ECONNABORTED, session,
			       "its keeper lives, but the connection to it was closed before it answered");
		error_hint(err, "it may have done what it was asked for: 'vfio-luctl status %s', then try again", session);
		return rc;
	}
	rc = error_set(err, STATUS_NOT_FOUND, ECONNRESET, session,
		       "its keeper has ended meanwhile: somebody else has ended the session, or the keeper was killed");
	error_hint(err, "vfio-luctl status");
	return rc;
}

/*
 * Send @request with the @count descriptors @given on the connection @sock, and read the
 * answer, with up to @room descriptors into @fds.  Returns 0, or a negative errno: what
 * went wrong on the way, or what the keeper answered.
 */
static int exchange(int sock, const char *session, struct json_object *request, const int *given,
		    size_t count, struct json_object **reply, int *fds, size_t room,
		    struct error *err)
{
	int rc = keeper_send(sock, request, given, count);

	if (rc == 0)
		rc = keeper_receive(sock, reply, fds, room);
	if (rc == -ECONNRESET || rc == -EPIPE || rc == -ENODATA)
		return say_no_answer(session, sock, err);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, session, "no answer from the keeper");
	return keeper_reply_status(*reply, session, err);
}

/* The same on a new connection, which is returned. */
static int ask(int rootfd, const char *session, struct json_object *request,
	       struct json_object **reply, int *fds, size_t room, struct error *err)
{
	cleanup_close int sock = connect_keeper(rootfd, session, err);
	int rc = sock < 0 ? sock : exchange(sock, session, request, NULL, 0, reply, fds, room, err);

	return rc < 0 ? rc : steal_fd(&sock);
}

static struct json_object *new_request(const char *op)
{
	struct json_object *request = json_object_new_object();

	if (request)
		json_object_object_add(request, "op", json_object_new_string(op));
	return request;
}

/* Whoever installed a new program did not ask the sessions; they are held, and safe. */
static int say_other_version(const char *session, const struct keeper_info *info, struct error *err)
{
	char speaks[48] = "";
	int rc;

	if (info->protocol)
		snprintf(speaks, sizeof(speaks), ": it speaks protocol %d, not %d", info->protocol,
			 KEEPER_PROTOCOL);
	rc = error_set(err, STATUS_REFUSED, EPROTO, session,
		       "its keeper is of another version of vfio-luctl%s", speaks);
	if (info->pid > 0)
		error_hint(err, "the program that it runs can talk to it: /proc/%d/exe VERB %s; or restart its unit, if it has one",
			   info->pid, session);
	return rc;
}

static int info_page(int rootfd, const char *session, struct keeper_info *info,
		     size_t *total, struct error *err)
{
	cleanup_json struct json_object *request = new_request("info");
	cleanup_json struct json_object *reply = NULL;
	cleanup_close int sock = -1;
	int rc;

	if (request)
		json_object_object_add(request, "from", json_object_new_int64((int64_t)info->count));
	sock = ask(rootfd, session, request, &reply, NULL, 0, err);
	if (sock < 0)
		return sock;
	rc = keeper_info_read(reply, info, total);
	if (rc == 0 && strcmp(info->session, session))
		rc = -EBADMSG;
	if (rc == -EPROTO)
		return say_other_version(session, info, err);
	return rc < 0 ? error_set(err, STATUS_FAILED, -rc, session,
				  "the keeper sent what is no answer") : 0;
}

int keeper_info(int rootfd, const char *session, struct keeper_info *info,
		struct error *err)
{
	size_t total, before;
	int rc;

	memset(info, 0, sizeof(*info));
	do {
		before = info->count;
		rc = info_page(rootfd, session, info, &total, err);
		/* Whoever takes its place, or nobody, is the answer. */
		if ((rc == -ECONNRESET || rc == -ECONNABORTED) && !before)
			rc = info_page(rootfd, session, info, &total, err);
	} while (rc == 0 && info->count < total && info->count > before);
	if (rc < 0)
		keeper_info_free(info);
	return rc;
}

/* An operation at whose end the keeper exits: its end of the connection closes then. */
static int ask_to_end(int rootfd, const char *session, struct json_object *request,
		      struct error *err)
{
	cleanup_json struct json_object *reply = NULL;
	cleanup_close int sock = ask(rootfd, session, request, &reply, NULL, 0, err);
	char byte;
	ssize_t n;

	if (sock < 0)
		return sock;
	n = TEMP_FAILURE_RETRY(recv(sock, &byte, sizeof(byte), 0));
	if (n != 0)
		return error_set(err, STATUS_FAILED, n < 0 ? errno : 0, session,
				 "it is done, but the keeper was not seen to exit");
	return 0;
}

int keeper_cancel(int rootfd, const char *session, struct error *err)
{
	cleanup_json struct json_object *request = new_request("cancel");

	return ask_to_end(rootfd, session, request, err);
}

int keeper_finish(int rootfd, const char *session, bool drop_memfds, struct error *err)
{
	cleanup_json struct json_object *request = new_request("finish");

	if (request)
		json_object_object_add(request, "drop_memfds", json_object_new_boolean(drop_memfds));
	return ask_to_end(rootfd, session, request, err);
}

int keeper_lease(int rootfd, const char *session, bool summoned, int *spare, struct error *err)
{
	cleanup_json struct json_object *request = new_request("lease");
	cleanup_json struct json_object *reply = NULL;

	*spare = -1;
	if (request)
		json_object_object_add(request, "summoned", json_object_new_boolean(summoned));
	return ask(rootfd, session, request, &reply, spare, 1, err);
}

int keeper_hand_over(int lease, const char *session, int session_fd, int manifest_fd,
		     struct error *err)
{
	cleanup_json struct json_object *request = new_request("adopt");
	cleanup_json struct json_object *reply = NULL;
	const int given[KEEPER_FDS] = { session_fd, manifest_fd };

	return exchange(lease, session, request, given, KEEPER_FDS, &reply, NULL, 0, err);
}

void keeper_end_lease(int *lease)
{
	char byte;

	if (*lease < 0)
		return;
	/* Its end of the connection is closed when it has let go, or has ended. */
	shutdown(*lease, SHUT_WR);
	while (recv(*lease, &byte, sizeof(byte), 0) < 0 && errno == EINTR)
		;
	close(*lease);
	*lease = -1;
}

int keeper_dismiss(int rootfd, const char *session, struct error *err)
{
	cleanup_json struct json_object *request = new_request("dismiss");

	return ask_to_end(rootfd, session, request, err);
}

static struct json_object *retrieve_request(const uint64_t *tokens, size_t count)
{
	struct json_object *request = new_request("retrieve"), *array = json_object_new_array();
	char text[TOKEN_STRLEN];
	size_t i;

	for (i = 0; array && i < count; i++)
		json_object_array_add(array, json_object_new_string(token_format(tokens[i], text)));
	if (!request || json_object_object_add(request, "tokens", array))
		json_object_put(array);
	return request;
}

/* As many as one packet carries. */
static int retrieve_some(int rootfd, const char *session, const uint64_t *tokens, size_t count,
			 int *fds, struct error *err)
{
	cleanup_json struct json_object *request = retrieve_request(tokens, count);
	cleanup_json struct json_object *reply = NULL;
	cleanup_close int sock = ask(rootfd, session, request, &reply, fds, count, err);

	if (sock < 0)
		return sock;
	if (fds[count - 1] < 0)
		return error_set(err, STATUS_FAILED, EBADMSG, session, "the keeper sent too few descriptors");
	return 0;
}

int keeper_retrieve(int rootfd, const char *session, const uint64_t *tokens, size_t count, int *fds,
		    struct error *err)
{
	size_t done, n;
	int rc = 0;

	for (done = 0; done < count; done++)
		fds[done] = -1;
	for (done = 0; rc == 0 && done < count; done += n) {
		n = count - done < KEEPER_RETRIEVE_MAX ? count - done : KEEPER_RETRIEVE_MAX;
		rc = retrieve_some(rootfd, session, tokens + done, n, fds + done, err);
	}
	return rc;
}

int keeper_give_journal(int rootfd, const char *session, int fd, struct error *err)
{
	cleanup_json struct json_object *request = new_request("journal");
	cleanup_json struct json_object *reply = NULL;
	cleanup_close int sock = connect_keeper(rootfd, session, err);

	return sock < 0 ? sock : exchange(sock, session, request, &fd, 1, &reply, NULL, 0, err);
}

int keeper_note_jump(int rootfd, const char *session, bool begun, struct error *err)
{
	cleanup_json struct json_object *request = new_request("jump");
	cleanup_json struct json_object *reply = NULL;
	cleanup_close int sock = -1;

	if (request)
		json_object_object_add(request, "begun", json_object_new_boolean(begun));
	sock = ask(rootfd, session, request, &reply, NULL, 0, err);
	return sock < 0 ? sock : 0;
}

static int is_socket_name(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(KEEPER_SUFFIX);

	return entry->d_name[0] != '.' && length > suffix &&
	       length - suffix < SESSION_NAME_SIZE &&
	       !strcmp(entry->d_name + length - suffix, KEEPER_SUFFIX);
}

int keeper_list(int rootfd, struct keeper_names *names, struct error *err)
{
	struct dirent **entries;
	int count, i;

	names->names = NULL;
	names->count = 0;
	count = scandirat(rootfd, KEEPER_DIR, &entries, is_socket_name, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 :
			error_set(err, STATUS_FAILED, errno, "/" KEEPER_DIR, "cannot look for keepers");
	names->names = calloc((size_t)count + 1, sizeof(*names->names));
	for (i = 0; i < count; i++) {
		size_t length = strlen(entries[i]->d_name) - strlen(KEEPER_SUFFIX);

		if (names->names)
			memcpy(names->names[names->count++], entries[i]->d_name, length);
		free(entries[i]);
	}
	free(entries);
	return names->names ? 0 : error_set(err, STATUS_FAILED, ENOMEM, "/" KEEPER_DIR,
					    "cannot look for keepers");
}

void keeper_names_free(struct keeper_names *names)
{
	free(names->names);
	names->names = NULL;
	names->count = 0;
}
