// SPDX-License-Identifier: GPL-2.0-or-later
/* Datagrams to $NOTIFY_SOCKET, and what LISTEN_FDS brought. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "fdpass.h"
#include "notify.h"

#define LISTEN_FDS_MAX 4096

bool notify_wanted(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path;
}

/* A path, or with '@' in front a name in the abstract namespace; nothing else is supported. */
static int find_address(struct sockaddr_un *address, socklen_t *size)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	if (!length)
		return -ENOENT;
	if (path[0] != '/' && path[0] != '@')
		return -EAFNOSUPPORT;
	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	else
		(*size)++;
	return 0;
}

static int send_text(const char *text, const int *fds, size_t count)
{
	cleanup_close int sock = -1;
	struct sockaddr_un address;
	socklen_t size;
	int rc = find_address(&address, &size);

	if (rc < 0)
		return rc;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&address, size) < 0)
		return -errno;
	return fdpass_send(sock, text, strlen(text), fds, count);
}

int notify_tell(const char *text)
{
	return notify_wanted() ? send_text(text, NULL, 0) : 0;
}

int notify_store(int fd, const char *name)
{
	char text[320];

	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	return send_text(text, &fd, 1);
}

int notify_forget(const char *name)
{
	char text[320];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	return send_text(text, NULL, 0);
}

/* The other end of a pipe: it is closed when everything before it has been dealt with. */
int notify_barrier(unsigned int seconds)
{
	cleanup_close int reader = -1, writer = -1;
	struct pollfd closed = { .events = POLLHUP };
	int ends[2], rc;

	if (!notify_wanted())
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	closed.fd = reader = ends[0];
	writer = ends[1];
	rc = send_text("BARRIER=1", &writer, 1);
	if (rc < 0)
		return rc;
	cleanup_close_fn(&writer);
	writer = -1;
	do
		rc = poll(&closed, 1, (int)seconds * 1000);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	return rc ? 0 : -ETIME;
}

/* The whole of the variable @name as a number from 0 to @max; -1: it is none. */
static long number_in(const char *name, long max)
{
	const char *text = getenv(name);
	char *end;
	long number;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return *end || errno || number > max ? -1 : number;
}

static int take_names(struct listen_fds *fds, size_t count)
{
	const char *text = getenv("LISTEN_FDNAMES");
	size_t i, length;

	fds->names = calloc(count, sizeof(*fds->names));
	if (!fds->names)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		length = text ? strcspn(text, ":") : 0;
		snprintf(fds->names[i], sizeof(fds->names[i]), "%.*s", text ? (int)length : 7,
			 text ? text : "unknown");
		text = text && text[length] ? text + length + 1 : NULL;
	}
	fds->count = count;
	return 0;
}

static int take(struct listen_fds *fds)
{
	long count, pid;
	int fd, rc;

	if (!getenv("LISTEN_FDS") || !getenv("LISTEN_PID"))
		return 0;
	count = number_in("LISTEN_FDS", LISTEN_FDS_MAX);
	pid = number_in("LISTEN_PID", 0x7fffffff);
	if (count < 0 || pid < 0)
		return -EINVAL;
	/* Meant for another process, whose environment we have inherited. */
	if (pid != getpid() || count == 0)
		return 0;
	rc = take_names(fds, (size_t)count);
	for (fd = LISTEN_FDS_FIRST; rc == 0 && fd < LISTEN_FDS_FIRST + count; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			rc = -errno;
	return rc;
}

int listen_fds_take(struct listen_fds *fds)
{
	static const char *const variables[] = {
		"LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES",
	};
	size_t i;
	int rc;

	*fds = (struct listen_fds){ 0 };
	rc = take(fds);
	for (i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	if (rc < 0)
		listen_fds_free(fds);
	return rc;
}

void listen_fds_free(struct listen_fds *fds)
{
	free(fds->names);
	*fds = (struct listen_fds){ 0 };
}
