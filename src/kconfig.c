// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding and reading configurations of kernels. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "kconfig.h"
#include "program.h"
#include "sysfs.h"

#define CONFIG_MAX (8 * 1024 * 1024) /* of a text; today's are 300 KiB */

enum answer kconfig_has(const struct kconfig *config, const char *option)
{
	size_t length = strlen(option);
	const char *line = config->text;

	if (!line)
		return ANSWER_UNKNOWN;
	for (; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (!strncmp(line, option, length) && line[length] == '=' &&
		    (line[length + 1] == 'y' || line[length + 1] == 'm'))
			return ANSWER_YES;
	return ANSWER_NO;
}

/* All of @fd from its beginning as a text; whether it is a configuration. */
static bool read_text(int fd, struct kconfig *config)
{
	cleanup_free char *text = malloc(CONFIG_MAX + 1);
	ssize_t length, used = 0;

	if (!text)
		return false;
	while (used < CONFIG_MAX &&
	       (length = TEMP_FAILURE_RETRY(pread(fd, text + used, (size_t)(CONFIG_MAX - used), used))) > 0)
		used += length;
	text[used] = '\0';
	if (!strstr(text, "CONFIG_"))
		return false;
	config->text = steal_ptr(text);
	return true;
}

static const char *const *decompressor(const unsigned char *head)
{
	static const struct {
		const char *magic;
		size_t length;
		const char *const argv[4];
	} formats[] = {
		{ "\x1f\x8b", 2, { "gzip", "-dc", NULL } },
		{ "\xfd" "7zXZ", 5, { "xz", "-dc", NULL } },
		{ "\x28\xb5\x2f\xfd", 4, { "zstd", "-dc", NULL } },
		{ "\x02\x21\x4c\x18", 4, { "lz4", "-dc", NULL } },
		{ "BZh", 3, { "bzip2", "-dc", NULL } },
	};
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!memcmp(head, formats[i].magic, formats[i].length))
			return formats[i].argv;
	return NULL;
}

/* It takes @max bytes and no more, however little was packed. */
static int limit(int fd, off_t max)
{
	return ftruncate(fd, max) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0 ? -errno : 0;
}

/* It ends where the program that shares its position has stopped. */
static int end(int fd)
{
	off_t written = lseek(fd, 0, SEEK_CUR);

	return written < 0 || ftruncate(fd, written) < 0 || lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

int kconfig_decompress(int fd, off_t max)
{
	cleanup_close int out = memfd_create("decompressed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	unsigned char head[6] = { 0 };
	off_t start = lseek(fd, 0, SEEK_CUR);
	const char *const *argv;
	int rc;

	if (out < 0 || start < 0 || pread(fd, head, sizeof(head), start) < 0)
		return -errno;
	argv = decompressor(head);
	if (!argv)
		return -EINVAL;
	rc = limit(out, max);
	if (rc == 0)
		rc = program_run(argv, fd, out, -1);
	/* Its status says nothing: it may well complain of what follows the data. */
	if (rc >= 0)
		rc = end(out);
	return rc < 0 ? rc : steal_fd(&out);
}

/* The file @path, which may be compressed. */
static bool read_path(int rootfd, const char *path, struct kconfig *config)
{
	cleanup_close int fd = openat(rootfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	cleanup_close int plain = -1;

	if (fd < 0)
		return false;
	plain = kconfig_decompress(fd, CONFIG_MAX);
	if (!read_text(plain >= 0 ? plain : fd, config))
		return false;
	snprintf(config->from, sizeof(config->from), "/%s", path);
	return true;
}

bool kconfig_read_file(int rootfd, const char *release, struct kconfig *config)
{
	static const char *const places[] = {
		"boot/config-%s", "lib/modules/%s/config", "usr/lib/modules/%s/config",
	};
	char path[192];
	size_t i;

	*config = (struct kconfig){ 0 };
	if (!*release || strchr(release, '/'))
		return false;
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *place = places[i];
		int before = (int)strcspn(place, "%");

		snprintf(path, sizeof(path), "%.*s%s%s", before, place, release, place + before + 2);
		if (read_path(rootfd, path, config))
			return true;
	}
	return false;
}

bool kconfig_read_running(int rootfd, struct kconfig *config)
{
	char release[128];

	*config = (struct kconfig){ 0 };
	if (read_path(rootfd, "proc/config.gz", config))
		return true;
	if (sysfs_read(rootfd, "proc/sys/kernel/osrelease", release, sizeof(release)) <= 0)
		return false;
	return kconfig_read_file(rootfd, release, config);
}

bool kconfig_read_embedded(const void *data, size_t size, struct kconfig *config)
{
	static const char mark[] = "IKCFG_ST"; /* kernel/configs.c */
	cleanup_close int packed = memfd_create("config", MFD_CLOEXEC), plain = -1;
	const char *start;
	size_t rest;

	*config = (struct kconfig){ 0 };
	start = memmem(data, size, mark, strlen(mark));
	if (!start || packed < 0)
		return false;
	start += strlen(mark);
	rest = size - (size_t)(start - (const char *)data);
	if (rest > CONFIG_MAX)
		rest = CONFIG_MAX;
	if (write(packed, start, rest) != (ssize_t)rest || lseek(packed, 0, SEEK_SET) < 0)
		return false;
	plain = kconfig_decompress(packed, CONFIG_MAX);
	return plain >= 0 && read_text(plain, config);
}

void kconfig_free(struct kconfig *config)
{
	free(config->text);
	*config = (struct kconfig){ 0 };
}
