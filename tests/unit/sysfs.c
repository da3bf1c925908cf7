// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes and links: limits, and contents that no kernel would write. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "sysfs.h"
#include "tap.h"

static char root[] = "/tmp/vfio-luctl-sysfs.XXXXXX";
static int rootfd;

static void put(const char *name, const char *text, size_t length)
{
	int fd = openat(rootfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		ok(false, "cannot prepare %s", name);
	close(fd);
}

static const struct {
	const char *what, *text;
	size_t length;
	int ret;
	const char *want;
} reads[] = {
	{ "a value", "abc\n", 4, 3, "abc" },
	{ "a value without newline", "abc", 3, 3, "abc" },
	{ "an empty attribute", "", 0, 0, "" },
	{ "a newline", "\n", 1, 0, "" },
	{ "two newlines", "\n\n", 2, 1, "\n" },
	{ "one byte less than the room", "123456\n", 7, 6, "123456" },
	{ "as long as the room", "1234567\n", 8, -ENAMETOOLONG, "" },
	{ "longer than the room", "123456789012345\n", 16, -ENAMETOOLONG, "" },
	{ "a NUL inside", "ab\0cd", 5, -EINVAL, "" },
	{ "bytes that are no text", "\xff\xfe\x80\n", 4, 3, "\xff\xfe\x80" },
};

/* Opened for its lines, or which error. */
static int opened(const char *name, off_t max)
{
	FILE *file = sysfs_open(rootfd, name, max);
	int rc = file ? 0 : -errno;

	if (file)
		fclose(file);
	return rc;
}

static void check_open(void)
{
	put("lines", "a\nb\n", 4);
	is_int(opened("lines", 4), 0, "open: a file");
	is_int(opened("lines", 3), -EBADMSG, "open: one that is too long");
	is_int(opened("none", 4), -ENOENT, "open: absent");
	ok(!mkfifoat(rootfd, "pipe", 0600) && !symlinkat("/dev/zero", rootfd, "zero"), "prepare others");
	is_int(opened("pipe", 4), -EBADMSG, "open: a FIFO");
	is_int(opened("zero", 4), -EBADMSG, "open: a device");
	is_int(opened(".", 1 << 20), -EBADMSG, "open: a directory");
	unlinkat(rootfd, "lines", 0);
	unlinkat(rootfd, "pipe", 0);
	unlinkat(rootfd, "zero", 0);
}

static void check_reads(void)
{
	char buf[8];
	size_t i;
	int ret;

	for (i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		put("attribute", reads[i].text, reads[i].length);
		memset(buf, '!', sizeof(buf));
		ret = sysfs_read(rootfd, "attribute", buf, sizeof(buf));
		ok(ret == reads[i].ret && !strcmp(buf, reads[i].want), "read: %s", reads[i].what);
	}
	is_int(sysfs_read(rootfd, "absent", buf, sizeof(buf)), -ENOENT, "read: absent");
	is_text(buf, "", "read: what failed leaves an empty text");
	is_int(sysfs_read(rootfd, ".", buf, sizeof(buf)), -EISDIR, "read: a directory");
	ok(!mkfifoat(rootfd, "fifo", 0600), "prepare a FIFO");
	is_int(sysfs_read(rootfd, "fifo", buf, sizeof(buf)), 0, "read: a FIFO does not block");
}

static void check_write(void)
{
	char buf[8];

	put("attribute", "", 0);
	is_int(sysfs_write(rootfd, "attribute", "on"), 0, "write");
	sysfs_read(rootfd, "attribute", buf, sizeof(buf));
	is_text(buf, "on", "write: arrived");
	is_int(sysfs_write(rootfd, "created", "on"), -ENOENT, "write: creates nothing");
	is_int(faccessat(rootfd, "created", F_OK, 0), -1, "write: really nothing");
}

static const struct {
	const char *target;
	int ret;
	const char *want;
} links[] = {
	{ "../a/b/12", 2, "12" },
	{ "12", 2, "12" },
	{ "/absolute/12", 2, "12" },
	{ "a/1234567", 7, "1234567" },
	{ "a/12345678", -ENAMETOOLONG, "" },
	{ "a/", -EINVAL, "" },
	{ "/", -EINVAL, "" },
};

static void check_links(void)
{
	char buf[8];
	size_t i;
	int ret;

	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		unlinkat(rootfd, "link", 0);
		ret = symlinkat(links[i].target, rootfd, "link");
		memset(buf, '!', sizeof(buf));
		if (!ret)
			ret = sysfs_read_link(rootfd, "link", buf, sizeof(buf));
		ok(ret == links[i].ret && !strcmp(buf, links[i].want), "link to %s", links[i].target);
	}
	is_int(sysfs_read_link(rootfd, "attribute", buf, sizeof(buf)), -EINVAL, "link: a file");
	is_int(sysfs_read_link(rootfd, "absent", buf, sizeof(buf)), -ENOENT, "link: absent");
}

static void check_root(void)
{
	struct error err = { 0 };
	int fd = sysroot_open(NULL, &err);

	ok(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "root: the host's, close-on-exec");
	close(fd);
	is_int(sysroot_open("/nonexistent/x", &err), -ENOENT, "root: absent");
	ok(err.status == STATUS_FAILED && !strcmp(err.object, "/nonexistent/x"), "root: the error names it");
	is_int(sysroot_open("/proc/self/status", &err), -ENOTDIR, "root: a file");
}

int main(void)
{
	static const char *const names[] = { "attribute", "fifo", "link" };
	struct error err = { 0 };
	size_t i;

	if (!mkdtemp(root))
		return 1;
	rootfd = sysroot_open(root, &err);
	check_root();
	check_open();
	check_reads();
	check_write();
	check_links();
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(rootfd, names[i], 0);
	rmdir(root);
	return tap_done();
}
