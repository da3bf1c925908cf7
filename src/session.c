// SPDX-License-Identifier: GPL-2.0-or-later
/* Live update sessions, and what the kernel's errnos mean for them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "pci_addr.h"
#include "procfs.h"
#include "session.h"
#include "token.h"

#define NAME_BYTES                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz" \
	"0123456789._:-"

int session_check_name(const char *name, struct error *err)
{
	size_t length = strlen(name);

	if (length == 0 || length >= SESSION_NAME_SIZE)
		return error_set(err, STATUS_USAGE, 0, name,
				 "a session name has 1 to %d bytes",
				 SESSION_NAME_SIZE - 1);
	if (strspn(name, NAME_BYTES) != length)
		return error_set(err, STATUS_USAGE, 0, name,
				 "a session name consists of A-Z a-z 0-9 . _ : -");
	if (name[0] == '.' || name[0] == '-')
		return error_set(err, STATUS_USAGE, 0, name,
				 "a session name starts with a letter, a digit, _ or :");
	if (!strcmp(name, "systemd"))
		return error_set(err, STATUS_USAGE, 0, name,
				 "this session name is reserved for systemd");
	return 0;
}

/* An address, or what a character device of VFIO is called */
static bool is_device_name(const char *name)
{
	struct pci_addr address;
	bool has_domain;

	if (pci_addr_parse(name, &address, &has_domain) == 0)
		return true;
	if (!strncmp(name, "noiommu-", 8))
		name += 8;
	return !strncmp(name, "vfio", 4) && name[4] && !name[4 + strspn(name + 4, "0123456789")];
}

int session_check_new_name(const char *name, struct error *err)
{
	int rc = session_check_name(name, err);

	if (rc < 0 || !is_device_name(name))
		return rc;
	rc = error_set(err, STATUS_USAGE, 0, name, "this is a device, and no name for a session, which comes first");
	error_hint(err, "vfio-luctl preserve SESSION %s", name);
	return rc;
}

int session_check_host(struct error *err)
{
	int rc;

	if (access(LUO_DEVICE_PATH, F_OK) < 0) {
		rc = error_set(err, STATUS_UNSUPPORTED, errno, LUO_DEVICE_PATH,
			       "live update is not available");
		error_hint(err, "boot a kernel with CONFIG_LIVEUPDATE and the parameters liveupdate=on kho=on");
		return rc;
	}
	/* Built in or loaded: it has parameters, so it has a directory either way. */
	if (access("/sys/module/vfio_pci", F_OK) < 0) {
		rc = error_set(err, STATUS_REFUSED, 0, LUO_DEVICE_PATH,
			       "vfio-pci is not loaded: opening this now could make live update unusable until the next boot");
		error_hint(err, "modprobe vfio-pci");
		return rc;
	}
	return 0;
}

static int say_who(struct error *err, const char *path, unsigned int timeout)
{
	cleanup_close int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc_holder holder;

	if (rootfd < 0 || procfs_find_holder(rootfd, path, &holder) < 0)
		return error_set(err, STATUS_BUSY, EBUSY, path,
				 "still in use after %u s", timeout);
	return error_set(err, STATUS_BUSY, EBUSY, path,
			 "still in use after %u s by %s (pid %d)", timeout,
			 holder.comm, (int)holder.pid);
}

static int say_open_failed(struct error *err, int code)
{
	int rc = error_set(err, STATUS_FAILED, code, LUO_DEVICE_PATH, "cannot open");

	if (code == EIO)
		error_hint(err, "this kernel could not take over what the previous one preserved (see dmesg; most often the handler of a file was missing at the first open); only a reboot clears that");
	return rc;
}

/* Open /dev/liveupdate, waiting for whoever has it. */
static int open_device(unsigned int timeout, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int64_t deadline = clock_ms() + (int64_t)timeout * 1000;
	int rc = session_check_host(err);
	int fd;

	if (rc < 0)
		return rc;
	while ((fd = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC)) < 0) {
		if (errno != EBUSY && errno != EINTR)
			return say_open_failed(err, errno);
		if (clock_ms() >= deadline)
			return say_who(err, LUO_DEVICE_PATH, timeout);
		nanosleep(&pause, NULL);
	}
	return fd;
}

/* The process that holds the session @name, when it can be seen. */
static void hint_session_holder(struct error *err, const char *name)
{
	cleanup_close int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc_holder holder;
	char link[PROCFS_SESSION_LINK_SIZE];

	if (rootfd >= 0 && procfs_find_holder(rootfd, procfs_session_link(name, link), &holder) == 0)
		error_hint(err, "it is held by %s (pid %d)", holder.comm,
			   (int)holder.pid);
}

int session_create(const char *name, unsigned int timeout, struct error *err)
{
	cleanup_close int device = open_device(timeout, err);
	int fd, rc;

	if (device < 0)
		return device;
	fd = luo_create_session(device, name);
	if (fd >= 0)
		return fd;
	if (fd != -EEXIST)
		return error_set(err, STATUS_FAILED, -fd, name, "cannot create the session");
	rc = error_set(err, STATUS_BUSY, EEXIST, name, "a session of this name exists already");
	hint_session_holder(err, name);
	return rc;
}

int session_retrieve(const char *name, unsigned int timeout, struct error *err)
{
	cleanup_close int device = open_device(timeout, err);
	int fd, rc;

	if (device < 0)
		return device;
	fd = luo_retrieve_session(device, name);
	if (fd >= 0)
		return fd;
	if (fd == -ENOENT)
		return error_set(err, STATUS_NOT_FOUND, ENOENT, name,
				 "the previous kernel handed over no session of this name");
	if (fd != -EINVAL)
		return error_set(err, STATUS_FAILED, -fd, name, "cannot retrieve the session");
	rc = error_set(err, STATUS_BUSY, EINVAL, name, "the session has been retrieved already");
	error_hint(err, "when no process holds it any more, this kernel keeps its devices locked until the next boot");
	hint_session_holder(err, name);
	return rc;
}

int session_name(int fd, char name[static SESSION_NAME_SIZE])
{
	int rc = luo_get_name(fd, name);

	return rc < 0 ? -ENOTTY : 0;
}

int session_is_incoming(int session, const char *name, struct error *err)
{
	int fd = luo_retrieve_fd(session, TOKEN_NOBODYS);

	if (fd == -EINVAL)
		return 0;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || fd == -ENOENT)
		return 1;
	return error_set(err, STATUS_FAILED, -fd, name, "cannot tell where the session comes from");
}

/* LUO's own errnos, and those of the VFIO handler: kernel/liveupdate/luo_file.c */
int session_preserve(int session, int fd, uint64_t token, const char *object,
		     struct error *err)
{
	int rc = luo_preserve_fd(session, fd, token);

	switch (-rc) {
	case 0:
		return 0;
	case ENOENT:
		rc = error_set(err, STATUS_UNSUPPORTED, ENOENT, object,
			       "this kernel has no live update handler for it");
		error_hint(err, "needed: a kernel with CONFIG_VFIO_PCI_LIVEUPDATE; virtual functions and some display devices cannot be preserved");
		return rc;
	case EBUSY:
		return error_set(err, STATUS_BUSY, EBUSY, object,
				 "it is preserved already, or its last live update is not finished");
	case EEXIST:
		return error_set(err, STATUS_FAILED, EEXIST, object,
				 "the token is used already in this session");
	case EINVAL:
	case EOPNOTSUPP:
		rc = error_set(err, STATUS_REFUSED, -rc, object,
			       "the kernel declines to preserve this device");
		error_hint(err, "virtual functions, physical functions with virtual ones enabled, and devices with unsupported quirks cannot be preserved");
		return rc;
	default:
		return error_set(err, STATUS_FAILED, -rc, object, "cannot preserve");
	}
}

/* LUO's own, and those of mm/memfd_luo.c */
bool session_memfd_is_huge(int fd)
{
	struct statfs fs;

	/* The kernel's type has a sign, and 32 bits on some processors. */
	return fstatfs(fd, &fs) == 0 && (uint32_t)fs.f_type == HUGETLBFS_MAGIC;
}

int session_preserve_memfd(int session, int fd, uint64_t token, const char *object,
			   struct error *err)
{
	int rc = luo_preserve_fd(session, fd, token);

	switch (-rc) {
	case 0:
		return 0;
	case ENOENT:
		rc = session_memfd_is_huge(fd);
		error_set(err, STATUS_UNSUPPORTED, ENOENT, object,
			  rc ? "it is on huge pages, which this kernel cannot preserve" :
			       "this kernel has no live update handler for memfds");
		error_hint(err, rc ? "give the process memory without MFD_HUGETLB; transparent huge pages are preserved"
				   : "needed: a kernel with CONFIG_LIVEUPDATE_MEMFD");
		return -ENOENT;
	case EBUSY:
		return error_set(err, STATUS_BUSY, EBUSY, object, "it is in a session already");
	case EEXIST:
		return error_set(err, STATUS_FAILED, EEXIST, object,
				 "the token is used already in this session");
	case EOPNOTSUPP:
		return error_set(err, STATUS_REFUSED, EOPNOTSUPP, object,
				 "it has seals that this kernel does not hand over");
	case EFBIG:
		return error_set(err, STATUS_REFUSED, EFBIG, object, "it is too large to be preserved");
	default:
		return error_set(err, STATUS_FAILED, -rc, object, "cannot preserve");
	}
}

int session_retrieve_fd(int session, uint64_t token, const char *object,
			struct error *err)
{
	int fd = luo_retrieve_fd(session, token);
	char text[TOKEN_STRLEN];
	int rc;

	if (fd >= 0)
		return fd;
	token_format(token, text);
	if (fd == -ENOENT)
		return error_set(err, STATUS_NOT_FOUND, ENOENT, object,
				 "the session holds nothing under token %s", text);
	rc = error_set(err, STATUS_FAILED, -fd, object, "cannot retrieve token %s", text);
	if (fd != -EMFILE)
		error_hint(err, "remove the reason and try again; a kernel that remembers the failure keeps the device locked until the next boot");
	return rc;
}

int session_finish(int session, const char *name, struct error *err)
{
	int rc = luo_finish(session);

	if (rc == -EBUSY)
		return error_set(err, STATUS_BUSY, EBUSY, name,
				 "the kernel says that something in the session is not retrieved, or not bound to an iommufd yet (not every kernel can finish without a device that is gone)");
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, name, "cannot finish the session");
	return 0;
}
