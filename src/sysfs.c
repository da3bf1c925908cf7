// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes and links below a directory descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "sysfs.h"

int sysroot_open(const char *path, struct error *err)
{
	const char *root = path ? path : "/";
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, STATUS_FAILED, errno, root, "cannot open the root directory");
	/* Without it, everything would look as if nobody held or used anything. */
	if (!path && access("/proc/self/fd", F_OK) < 0) {
		close(fd);
		return error_set(err, STATUS_FAILED, ENOENT, "/proc", "it is not mounted");
	}
	return fd;
}

int sysfs_read(int dirfd, const char *name, char *buf, size_t size)
{
	/* Without O_NONBLOCK, a FIFO in a recorded host would block for ever. */
	cleanup_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t length;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	/* sysfs hands out an attribute in one piece: a short read is the end. */
	length = TEMP_FAILURE_RETRY(read(fd, buf, size));
	if (length < 0)
		length = -errno;
	else if ((size_t)length == size)
		length = -ENAMETOOLONG;
	else if (memchr(buf, '\0', (size_t)length))
		length = -EINVAL;
	else if (length > 0 && buf[length - 1] == '\n')
		length--;
	buf[length > 0 ? length : 0] = '\0';
	return (int)length;
}

FILE *sysfs_open(int dirfd, const char *name, off_t max)
{
	cleanup_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	FILE *file;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_size > max) {
		errno = EBADMSG;
		return NULL;
	}
	file = fdopen(fd, "r");
	if (file)
		steal_fd(&fd);
	return file;
}

bool sysfs_is_shortage(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

int sysfs_write(int dirfd, const char *name, const char *text)
{
	cleanup_close int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t length = strlen(text);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = TEMP_FAILURE_RETRY(write(fd, text, length));
	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -EIO;
}

int sysfs_read_link(int dirfd, const char *name, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(dirfd, name, target, sizeof(target));
	const char *last;
	size_t last_length;

	buf[0] = '\0';
	if (length < 0)
		return -errno;
	if ((size_t)length == sizeof(target))
		return -ENAMETOOLONG;
	target[length] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	last_length = strlen(last);
	if (!last_length)
		return -EINVAL;
	if (last_length >= size)
		return -ENAMETOOLONG;
	memcpy(buf, last, last_length + 1);
	return (int)last_length;
}
