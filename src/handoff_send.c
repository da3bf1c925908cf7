// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors in one message, and a line of JSON. */
#include <errno.h>
#include <json-c/json.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "cleanup_json.h"
#include "clock.h"
#include "error.h"
#include "fdpass.h"
#include "handoff.h"
#include "handoff_send.h"
#include "token.h"

/* Seconds that a peer may be silent. */
#define PEER_TIMEOUT 10
#define LOOK_EVERY_MS 10

static int say_no_path(const char *path, struct error *err)
{
	return error_set(err, STATUS_USAGE, 0, path, "a socket has a path of 1 to %zu bytes",
			 sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
}

static int say_not_connected(const char *path, int code, struct error *err)
{
	if (code == ECONNREFUSED)
		return error_set(err, STATUS_FAILED, code, path, "nobody listens there");
	if (code == EPROTOTYPE)
		return error_set(err, STATUS_FAILED, code, path, "it is no stream socket");
	return error_set(err, STATUS_FAILED, code, path, "cannot connect");
}

int handoff_connect(const char *path, struct error *err)
{
	cleanup_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval limit = { .tv_sec = PEER_TIMEOUT };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path), size;

	if (length == 0 || length >= sizeof(address.sun_path) || !strcmp(path, "@"))
		return say_no_path(path, err);
	memcpy(address.sun_path, path, length);
	size = offsetof(struct sockaddr_un, sun_path) + length + 1;
	if (*path == '@') {
		address.sun_path[0] = '\0';
		size--; /* every byte counts, there is no end to find */
	}
	if (sock < 0)
		return say_not_connected(path, errno, err);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(sock, (struct sockaddr *)&address, (socklen_t)size) < 0)
		return say_not_connected(path, errno, err);
	return steal_fd(&sock);
}

int handoff_peer(int sock, const char *path, int *peer, struct error *err)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);

	*peer = -1;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0)
		*peer = (int)syscall(SYS_pidfd_open, who.pid, 0);
	if (*peer < 0 && errno != ESRCH)
		return error_set(err, STATUS_FAILED, errno, path, "cannot watch the process that listens there");
	return 0;
}

int handoff_check_count(const struct handoff *handoff, struct error *err)
{
	int rc;

	if (handoff->count <= FDPASS_MAX)
		return 0;
	rc = error_set(err, STATUS_REFUSED, E2BIG, NULL,
		       "%zu descriptors, and one message carries %d", handoff->count, FDPASS_MAX);
	error_hint(err, "name the devices, and retrieve them in several parts");
	return rc;
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value))
		json_object_put(value);
}

static struct json_object *describe(const struct handoff *handoff, size_t index)
{
	static const char *const kinds[] = {
		[HANDOFF_IS_DEVICE] = "vfio-pci", [HANDOFF_IS_MEMFD] = "memfd",
		[HANDOFF_IS_IOMMUFD] = HANDOFF_IOMMUFD,
	};
	const struct handoff_fd *item = &handoff->fds[index];
	char name[HANDOFF_NAME_SIZE], address[PCI_ADDR_STRLEN], token[TOKEN_STRLEN];
	struct json_object *object = json_object_new_object(), *none = NULL;
	bool is_device = item->kind == HANDOFF_IS_DEVICE, is_memfd = item->kind == HANDOFF_IS_MEMFD;

	if (!object)
		return NULL;
	token_format(is_device ? token_from_pci(item->address) : token_from_memfd(item->memfd), token);
	add(object, "name", json_object_new_string(handoff_name(handoff, index, name)));
	add(object, "kind", json_object_new_string(kinds[item->kind]));
	add(object, "address",
	    is_device ? json_object_new_string(pci_addr_format(item->address, address)) : none);
	add(object, "token", is_device || is_memfd ? json_object_new_string(token) : none);
	add(object, "size", is_memfd ? json_object_new_int64((int64_t)item->size) : none);
	return object;
}

static struct json_object *describe_all(const struct handoff *handoff)
{
	struct json_object *message = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;

	if (!message || !array) {
		json_object_put(message);
		json_object_put(array);
		return NULL;
	}
	add(message, "version", json_object_new_int(1));
	add(message, "session", json_object_new_string(handoff->session));
	for (i = 0; i < handoff->count; i++)
		json_object_array_add(array, describe(handoff, i));
	add(message, "descriptors", array);
	return message;
}

static int say_not_sent(const char *path, int code, struct error *err)
{
	if (code == EAGAIN)
		return error_set(err, STATUS_FAILED, code, path,
				 "the peer has not taken the descriptors within %d seconds", PEER_TIMEOUT);
	if (code != EPIPE && code != ECONNRESET)
		return error_set(err, STATUS_FAILED, code, path, "cannot send the descriptors");
	/* Whichever of the two was faster */
	return error_set(err, STATUS_FAILED, ECONNRESET, path,
			 "the peer closed the connection before it had taken the descriptors");
}

/* What is under way is lost when the peer closes, and then that is an error of the socket. */
static int await_taken(int sock, const char *path, struct error *err)
{
	const struct timespec moment = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
	int64_t deadline = clock_ms() + PEER_TIMEOUT * 1000;
	int left = 0, code = 0;
	socklen_t size = sizeof(code);

	while (ioctl(sock, SIOCOUTQ, &left) == 0 && left > 0 && clock_ms() < deadline)
		nanosleep(&moment, NULL);
	if (getsockopt(sock, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code)
		return say_not_sent(path, code, err);
	return left > 0 ? say_not_sent(path, EAGAIN, err) : 0;
}

int handoff_send(int sock, const char *path, const struct handoff *handoff, struct error *err)
{
	cleanup_json struct json_object *message = describe_all(handoff);
	cleanup_free char *line = NULL;
	int fds[FDPASS_MAX], length, rc;
	size_t i;

	rc = handoff_check_count(handoff, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < handoff->count; i++)
		fds[i] = handoff->fds[i].fd;
	length = message ? asprintf(&line, "%s\n",
				    json_object_to_json_string_ext(message, JSON_C_TO_STRING_NOSLASHESCAPE)) : -1;
	if (length < 0) {
		line = NULL;
		return error_set(err, STATUS_FAILED, ENOMEM, path, "cannot send");
	}
	rc = fdpass_send(sock, line, (size_t)length, fds, handoff->count);
	return rc < 0 ? say_not_sent(path, -rc, err) : await_taken(sock, path, err);
}
