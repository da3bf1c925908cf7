// SPDX-License-Identifier: GPL-2.0-or-later
/* Listening to the kernel, and to nobody else. */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "error.h"
#include "uevent_socket.h"

#define OBJECT "netlink (uevents)"
#define KERNEL_GROUP 1 /* group 2 is udev's, in a form of its own */

/* A thousand events and more; memory is used only while nobody reads. */
#define BUFFER_SIZE (1024 * 1024)

struct uevent_socket {
	struct nl_sock *nl;
	unsigned char *message; /* of the last event */
	bool lost;
};

static int say_failed(const char *what, struct error *err)
{
	int code = errno ? errno : EIO, rc;

	if (code != EPROTONOSUPPORT && code != EAFNOSUPPORT)
		return error_set(err, STATUS_FAILED, code, OBJECT, "%s", what);
	rc = error_set(err, STATUS_UNSUPPORTED, code, OBJECT, "%s", what);
	error_hint(err, "the kernel needs CONFIG_NET, and a sandbox must allow AF_NETLINK");
	return rc;
}

/* Beyond the limit for everybody when we may; what we get is what there is, losses are found. */
static void enlarge_buffer(struct nl_sock *nl)
{
	const int size = BUFFER_SIZE;

	if (setsockopt(nl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		nl_socket_set_buffer_size(nl, size, 0);
}

static int subscribe(struct nl_sock *nl, struct error *err)
{
	nl_socket_disable_seq_check(nl);
	nl_socket_disable_auto_ack(nl);
	/*
	 * One read per event: one that does not fit is not the kernel's.  With
	 * MSG_PEEK, libnl would leave an empty message where it is for ever.
	 */
	nl_socket_disable_msg_peek(nl);
	errno = 0;
	if (nl_connect(nl, NETLINK_KOBJECT_UEVENT) < 0)
		return say_failed("cannot connect", err);
	enlarge_buffer(nl);
	if (nl_socket_set_passcred(nl, 1) < 0 || nl_socket_set_nonblocking(nl) < 0 ||
	    nl_socket_set_msg_buf_size(nl, UEVENT_MAX_SIZE) < 0 ||
	    nl_socket_add_membership(nl, KERNEL_GROUP) < 0)
		return say_failed("cannot subscribe", err);
	return 0;
}

int uevent_socket_open(struct uevent_socket **sock, struct error *err)
{
	struct uevent_socket *made = calloc(1, sizeof(*made));
	int rc;

	*sock = NULL;
	if (made)
		made->nl = nl_socket_alloc();
	if (made && made->nl)
		rc = subscribe(made->nl, err);
	else
		rc = error_set(err, STATUS_FAILED, ENOMEM, OBJECT, "cannot connect");
	if (rc < 0) {
		uevent_socket_free(made);
		return rc;
	}
	*sock = made;
	return 0;
}

void uevent_socket_free(struct uevent_socket *sock)
{
	if (!sock)
		return;
	free(sock->message);
	nl_socket_free(sock->nl);
	free(sock);
}

int uevent_socket_fd(const struct uevent_socket *sock)
{
	return nl_socket_get_fd(sock->nl);
}

/* The kernel has no port, sends to its group only, and is root. */
static bool is_from_kernel(const struct sockaddr_nl *from, const struct ucred *creds)
{
	return from->nl_pid == 0 && from->nl_groups == 1u << (KERNEL_GROUP - 1) &&
	       creds && creds->uid == 0;
}

/*
 * Read one message.  Returns its size, 0 for one that is to be ignored, or
 * libnl's error.
 */
static int receive(struct uevent_socket *sock)
{
	cleanup_free struct ucred *creds = NULL;
	struct sockaddr_nl from = { 0 };
	int size;

	cleanup_free_fn(&sock->message);
	sock->message = NULL;
	errno = 0;
	size = nl_recv(sock->nl, &from, &sock->message, &creds);
	if (size == -NLE_MSG_TRUNC || size == -NLE_NOADDR)
		return 0;
	return size > 0 && !is_from_kernel(&from, creds) ? 0 : size;
}

int uevent_socket_next(struct uevent_socket *sock, struct uevent *event, struct error *err)
{
	int size;

	for (;;) {
		size = receive(sock);
		if (size > 0 && uevent_parse((const char *)sock->message, (size_t)size, event) == 0)
			return UEVENT_ONE;
		if (size == -NLE_AGAIN)
			break;
		/* To libnl, ENOBUFS is NOMEM too. */
		if (size < 0 && (size != -NLE_NOMEM || errno == ENOMEM))
			return error_set(err, STATUS_FAILED, errno ? errno : EIO, OBJECT,
					 "cannot receive");
		/*
		 * ENOBUFS, or an event we do not understand.  The kernel tells
		 * once, and drops on until the queue is empty
		 * (netlink_overrun(), netlink_rcv_wake()): only then it is of
		 * use to look.
		 */
		if (size != 0)
			sock->lost = true;
	}
	if (!sock->lost)
		return UEVENT_NONE;
	sock->lost = false;
	return UEVENT_LOST;
}
