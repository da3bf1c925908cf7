// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may keep a session: the socket's name decides. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "keeper.h"

#define DIR_PATH "/" KEEPER_DIR

static void socket_address(const char *session, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	_Static_assert(sizeof(DIR_PATH "/" KEEPER_SUFFIX) + SESSION_NAME_SIZE <=
			       sizeof(address->sun_path), "the longest name fits");
	snprintf(address->sun_path, sizeof(address->sun_path), DIR_PATH "/%s" KEEPER_SUFFIX,
		 session);
}

int keeper_open_dir(struct error *err)
{
	cleanup_close int fd = -1;
	struct stat st;
	bool made = mkdir(DIR_PATH, 0700) == 0;

	if (!made && errno != EEXIST)
		return error_set(err, STATUS_FAILED, errno, DIR_PATH, "cannot create the directory");
	fd = open(DIR_PATH, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Whatever the umask is */
	if (fd < 0 || (made && fchmod(fd, 0700) < 0) || fstat(fd, &st) < 0)
		return error_set(err, STATUS_FAILED, errno, DIR_PATH, "cannot open the directory");
	if (st.st_uid != geteuid() || st.st_mode & 077)
		return error_set(err, STATUS_REFUSED, 0, DIR_PATH,
				 "the directory is not ours alone (owner %u, mode %o)",
				 (unsigned int)st.st_uid, (unsigned int)st.st_mode & 07777);
	return steal_fd(&fd);
}

/* One at a time decides about sockets; held for a moment only. */
static int lock_dir(int dir, struct error *err)
{
	cleanup_close int fd = openat(dir, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) < 0)
		return error_set(err, STATUS_FAILED, errno, DIR_PATH "/.lock", "cannot lock");
	return steal_fd(&fd);
}

/* Does anybody listen there?  Only a refused connection proves the opposite. */
static bool is_stale(const struct sockaddr_un *address)
{
	cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return sock >= 0 &&
	       connect(sock, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	       errno == ECONNREFUSED;
}

static int bind_name(int sock, const struct sockaddr_un *address)
{
	if (bind(sock, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (!is_stale(address))
		return -EEXIST;
	if (unlink(address->sun_path) < 0 ||
	    bind(sock, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	return 0;
}

static int listen_name(const char *session, struct error *err)
{
	cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	int rc;

	socket_address(session, &address);
	rc = sock < 0 ? -errno : bind_name(sock, &address);
	if (rc == -EEXIST)
		return error_set(err, STATUS_BUSY, EEXIST, session, "a keeper holds this session already");
	if (rc == 0 && (chmod(address.sun_path, 0600) < 0 || listen(sock, 16) < 0)) {
		rc = -errno;
		unlink(address.sun_path);
	}
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, address.sun_path, "cannot listen");
	return steal_fd(&sock);
}

int keeper_reserve(const char *session, struct keeper_slot *slot, struct error *err)
{
	cleanup_close int lock = -1;

	snprintf(slot->session, sizeof(slot->session), "%s", session);
	slot->dir = keeper_open_dir(err);
	if (slot->dir < 0)
		return slot->dir;
	lock = lock_dir(slot->dir, err);
	if (lock < 0)
		return lock;
	slot->listener = listen_name(session, err);
	return slot->listener < 0 ? slot->listener : 0;
}

void keeper_release(struct keeper_slot *slot)
{
	struct sockaddr_un address;

	if (slot->listener >= 0) {
		socket_address(slot->session, &address);
		unlink(address.sun_path);
	}
	cleanup_close_fn(&slot->listener);
	cleanup_close_fn(&slot->dir);
	slot->listener = slot->dir = -1;
}
