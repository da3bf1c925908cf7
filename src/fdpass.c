// SPDX-License-Identifier: GPL-2.0-or-later
/* sendmsg(), recvmsg() and their control messages. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "cleanup.h"
#include "fdpass.h"

union fd_control {
	struct cmsghdr align;
	char space[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

int fdpass_send(int sock, const void *data, size_t size, const int *fds, size_t count)
{
	union fd_control control = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (count > FDPASS_MAX)
		return -E2BIG;
	if (count) {
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&msg);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	/* A stream may take a part; the descriptors have gone with it. */
	while (iov.iov_len > 0) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return 0;
}

/* The kernel never puts more into the space it is given, which is for @room. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(msg);
	size_t size = 0;

	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		size = header->cmsg_len - CMSG_LEN(0);
	if (size)
		memcpy(fds, CMSG_DATA(header), size);
	return size / sizeof(int);
}

static void drop_fds(int *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		cleanup_close_fn(&fds[i]);
		fds[i] = -1;
	}
}

ssize_t fdpass_receive(int sock, void *data, size_t size, int *fds, size_t room)
{
	union fd_control control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t i, taken;
	ssize_t n;
	int rc = 0;

	if (room > FDPASS_MAX)
		return -EINVAL;
	for (i = 0; i < room; i++)
		fds[i] = -1;
	if (room) {
		msg.msg_control = control.space;
		/* CMSG_LEN: with the padding of CMSG_SPACE one more could fit. */
		msg.msg_controllen = CMSG_LEN(room * sizeof(int));
	}
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	taken = take_fds(&msg, fds);
	if (n == 0)
		rc = -ENODATA;
	else if (msg.msg_flags & MSG_TRUNC)
		rc = -EMSGSIZE;
	else if (msg.msg_flags & MSG_CTRUNC)
		rc = room ? -EMFILE : -EBADMSG;
	if (rc < 0)
		drop_fds(fds, taken);
	return rc < 0 ? rc : n;
}
