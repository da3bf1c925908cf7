// SPDX-License-Identifier: GPL-2.0-or-later
/* One function per ioctl of the live update orchestrator. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "liveupdate.h"

/* The kernel sets close-on-exec today; what we may rely on is what we set. */
static int own_fd(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int session_ioctl(int device, unsigned long request, const char *name)
{
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	size_t length = strlen(name);

	if (length >= sizeof(arg.name))
		return -EINVAL;
	memcpy(arg.name, name, length);
	if (ioctl(device, request, &arg) < 0)
		return -errno;
	return own_fd(arg.fd);
}

int luo_create_session(int device, const char *name)
{
	return session_ioctl(device, LUO_IOCTL_CREATE_SESSION, name);
}

int luo_retrieve_session(int device, const char *name)
{
	return session_ioctl(device, LUO_IOCTL_RETRIEVE_SESSION, name);
}

int luo_preserve_fd(int session, int fd, uint64_t token)
{
	struct luo_fd_arg arg = { .size = sizeof(arg), .fd = fd, .token = token };

	return ioctl(session, LUO_IOCTL_PRESERVE_FD, &arg) < 0 ? -errno : 0;
}

int luo_retrieve_fd(int session, uint64_t token)
{
	struct luo_fd_arg arg = { .size = sizeof(arg), .fd = -1, .token = token };

	if (ioctl(session, LUO_IOCTL_RETRIEVE_FD, &arg) < 0)
		return -errno;
	return own_fd(arg.fd);
}

int luo_finish(int session)
{
	struct luo_finish_arg arg = { .size = sizeof(arg) };

	return ioctl(session, LUO_IOCTL_FINISH, &arg) < 0 ? -errno : 0;
}

int luo_get_name(int session, char name[static LUO_NAME_SIZE])
{
	struct luo_name_arg arg = { .size = sizeof(arg) };

	if (ioctl(session, LUO_IOCTL_GET_NAME, &arg) < 0)
		return -errno;
	memcpy(name, arg.name, LUO_NAME_SIZE);
	name[LUO_NAME_SIZE - 1] = '\0';
	return 0;
}
