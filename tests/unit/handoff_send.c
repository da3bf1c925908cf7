// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors through a socket, to peers that take them, and to such as do not. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "fdpass.h"
#include "handoff.h"
#include "handoff_send.h"
#include "tap.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define DONE "{\"return\": {}}\r\n"

static char path[64];

static struct handoff_fd fds[FDPASS_MAX + 1] = {
	{ .address = { 0, 1, 0, 0 }, .name = "" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 1, .name = "ram", .size = 4096 },
	{ .kind = HANDOFF_IS_IOMMUFD, .name = "" },
};
static struct handoff handoff = { .session = "vm1", .fds = fds, .count = 3, .first = 3 };

/* Run @peer in a process of its own, which listens at the path. */
static pid_t start(void (*peer)(int sock, const void *data), const void *data)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 1) < 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		peer(accept(listener, NULL, NULL), data);
		_exit(0);
	}
	close(listener);
	return pid;
}

/* The exit status of the peer says whether it has got what it wanted. */
static void stop(pid_t pid, const char *what)
{
	int status = -1;

	waitpid(pid, &status, 0);
	is_int(status, 0, "%s: what the peer saw", what);
}

static bool is_same_file(int left, int right)
{
	struct stat a, b;

	return fstat(left, &a) == 0 && fstat(right, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value ? json_object_get_string(value) : "null";
}

/* One line, and in it the descriptors in their order. */
static void take(int sock, const void *data)
{
	static char line[65536];
	int taken[FDPASS_MAX];
	ssize_t n = fdpass_receive(sock, line, sizeof(line) - 1, taken, FDPASS_MAX);
	struct json_object *message, *array, *entry;
	size_t i;

	(void)data;
	if (n <= 0 || line[n - 1] != '\n' || memchr(line, '\n', (size_t)n - 1))
		_exit(2);
	message = json_tokener_parse(line);
	if (!message || strcmp(text_of(message, "version"), "1") || strcmp(text_of(message, "session"), "vm1") ||
	    !json_object_object_get_ex(message, "descriptors", &array) ||
	    json_object_array_length(array) != handoff.count)
		_exit(3);
	for (i = 0; i < handoff.count; i++)
		if (!is_same_file(taken[i], fds[i].fd))
			_exit(4);
	if (handoff.count < FDPASS_MAX && taken[handoff.count] >= 0)
		_exit(5);
	entry = json_object_array_get_idx(array, 0);
	if (strcmp(text_of(entry, "name"), "pci-0000-01-00.0") || strcmp(text_of(entry, "kind"), "vfio-pci") ||
	    strcmp(text_of(entry, "address"), "0000:01:00.0") || strcmp(text_of(entry, "size"), "null") ||
	    strcmp(text_of(entry, "token"), "0x0001000000000100"))
		_exit(6);
	entry = json_object_array_get_idx(array, 1);
	if (strcmp(text_of(entry, "name"), "ram") || strcmp(text_of(entry, "kind"), "memfd") ||
	    strcmp(text_of(entry, "size"), "4096") || strcmp(text_of(entry, "token"), "0x0002000000000001"))
		_exit(7);
}

static void close_at_once(int sock, const void *data)
{
	(void)data;
	usleep(50000); /* the message is there by then, and lost */
	close(sock);
}

static void listens(int sock, const void *data)
{
	char byte;

	(void)data;
	_exit(recv(sock, &byte, 1, 0) != 0);
}

/* What a QMP peer says, line by line; a getfd has to come for each descriptor. */
struct script {
	const char *greeting;
	const char *answers[8];
};

static void act(int sock, const void *data)
{
	const struct script *script = data;
	char line[512];
	size_t i, fds_seen = 0;

	if (send(sock, script->greeting, strlen(script->greeting), 0) < 0)
		_exit(1);
	for (i = 0; i < 8 && script->answers[i]; i++) {
		int fd = -1;
		ssize_t n = fdpass_receive(sock, line, sizeof(line) - 1, &fd, 1);

		if (n <= 0 || line[n - 1] != '\n')
			_exit(2);
		line[n] = '\0';
		if (i == 0 ? !strstr(line, "qmp_capabilities") : !strstr(line, "getfd"))
			_exit(3);
		if (i > 0 && (!is_same_file(fd, fds[fds_seen].fd) || fd < 0))
			_exit(4);
		fds_seen += i > 0;
		if (i == 2 && !strstr(line, "\"fdname\":\"ram\""))
			_exit(5);
		if (send(sock, script->answers[i], strlen(script->answers[i]), MSG_NOSIGNAL) < 0)
			_exit(6);
	}
}

static void sends(bool qmp, void (*peer)(int, const void *), const void *data, int want, const char *words,
		  const char *what)
{
	pid_t pid = start(peer, data);
	struct error err = { .status = STATUS_OK };
	int sock = handoff_connect(path, &err), rc;

	ok(sock >= 0, "%s: connected", what);
	rc = qmp ? handoff_send_qmp(sock, path, &handoff, &err) : handoff_send(sock, path, &handoff, &err);
	is_int(rc, want, "%s", what);
	if (want < 0)
		ok(strstr(err.message, words) && err.status == STATUS_FAILED, "%s: '%s'", what, err.message);
	close(sock);
	stop(pid, what);
}

static void check_connect(void)
{
	char longest[200];
	struct error err;

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	unlink(path);
	is_int(handoff_connect(path, &err), -ENOENT, "nothing there");
	is_int(err.status, STATUS_FAILED, "nothing there: failed");
	is_int(handoff_connect("@vfio-luctl-test-of-nobody", &err), -ECONNREFUSED, "nobody listens");
	ok(!strcmp(err.message, "nobody listens there"), "and that is said");
	is_int(handoff_connect("/dev/null", &err), -ECONNREFUSED, "no socket");
	is_int(handoff_connect(longest, &err), -EINVAL, "too long");
	is_int(err.status, STATUS_USAGE, "too long: usage");
	is_int(handoff_connect("", &err), -EINVAL, "empty");
	is_int(handoff_connect("@", &err), -EINVAL, "empty in the abstract namespace");
}

static void check_qmp(void)
{
	static const struct script
		good = { GREETING, { DONE, DONE, "{\"event\": \"RESUME\"}\r\n" DONE, DONE } },
		refused = { GREETING, { DONE, DONE, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"No fd\"}}\r\n" } },
		silent = { GREETING, { DONE, DONE } },
		stranger = { "220 mail.example ESMTP\r\n", { NULL } },
		other = { "{\"hello\":1}\n", { NULL } },
		array = { "[1]\n", { NULL } },
		odd = { GREETING, { "{\"answer\":1}\n" } },
		deep = { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", { NULL } };

	sends(true, act, &good, 0, "", "QMP");
	sends(true, act, &refused, -EINVAL, "QEMU refuses getfd ram: No fd", "QMP, refused");
	sends(true, act, &silent, -ECONNRESET, "closed the connection", "QMP, closed in the middle");
	sends(true, act, &stranger, -EBADMSG, "does not speak QMP", "mail");
	sends(true, act, &other, -EBADMSG, "does not speak QMP", "other JSON");
	sends(true, act, &array, -EBADMSG, "does not speak QMP", "no object");
	sends(true, act, &odd, -EBADMSG, "does not speak QMP", "no answer");
	sends(true, act, &deep, -EBADMSG, "does not speak QMP", "deep");
}

/* What the kernel does not take is not the peer's fault. */
static void check_not_sent(void)
{
	static const struct script good = { GREETING, { DONE } };
	int fd = fds[0].fd;

	fds[0].fd = 9999;
	sends(false, listens, NULL, -EBADF, "cannot send the descriptors", "no descriptor");
	sends(true, act, &good, -EBADF, "cannot talk to the peer", "QMP, no descriptor");
	fds[0].fd = fd;
}

/* Who has it listen is who is watched; when he has ended, another serves. */
static void check_peer(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), sock, peer;
	struct error err;
	pid_t pid;

	unlink(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	is_int(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0, "a socket");
	pid = fork();
	if (pid == 0)
		_exit(listen(listener, 1) < 0);
	stop(pid, "listens");
	sock = handoff_connect(path, &err);
	is_int(handoff_peer(sock, path, &peer, &err), 0, "a peer that has ended");
	is_int(peer, -1, "is none");
	close(sock);
	is_int(listen(listener, 1), 0, "listen");
	sock = handoff_connect(path, &err);
	is_int(handoff_peer(sock, path, &peer, &err), 0, "a peer");
	ok(peer >= 0, "is a process");
	close(peer);
	close(sock);
	close(listener);
}

int main(void)
{
	struct error err;
	size_t i;

	snprintf(path, sizeof(path), "/tmp/vfio-luctl-test-%d", (int)getpid());
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		fds[i].fd = memfd_create("test", MFD_CLOEXEC);
	for (i = 3; i < sizeof(fds) / sizeof(*fds); i++)
		fds[i] = (struct handoff_fd){ .name = "", .address = { 1, 0, 0, 0 }, .fd = fds[i].fd };
	check_connect();
	sends(false, take, NULL, 0, "", "one message");
	sends(false, close_at_once, NULL, -ECONNRESET, "before it had taken", "closed");
	handoff.count = FDPASS_MAX;
	sends(false, take, NULL, 0, "", "as many as fit");
	handoff.count++;
	is_int(handoff_check_count(&handoff, &err), -E2BIG, "one more does not");
	is_int(err.status, STATUS_REFUSED, "and is refused");
	handoff.count = 3;
	check_qmp();
	check_not_sent();
	check_peer();
	unlink(path);
	return tap_done();
}
