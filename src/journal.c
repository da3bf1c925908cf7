// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal of a session: when the jump was ordered. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "journal.h"
#include "manifest_text.h"
#include "moment.h"
#include "session.h"
#include "token.h"

#define MAGIC "vfio-luctl-journal 1 "

int journal_preserve(int session_fd, struct error *err)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
	cleanup_close int fd = memfd_create("vfio-luctl-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0 || ftruncate(fd, JOURNAL_SIZE) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return error_set(err, STATUS_FAILED, errno, "journal", "cannot create");
	rc = session_preserve(session_fd, fd, TOKEN_JOURNAL, "journal", err);
	return rc < 0 ? rc : steal_fd(&fd);
}

int journal_check(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_size == JOURNAL_SIZE ? 0 : -EBADMSG;
}

/* The line that says it, exactly. */
static void format_line(int64_t jumped, char line[static JOURNAL_SIZE])
{
	char moment[MOMENT_STRLEN];
	int length = snprintf(line, JOURNAL_SIZE, MAGIC "%s", moment_format(jumped, moment));

	snprintf(line + length, JOURNAL_SIZE - (size_t)length, " %08" PRIx32 "\n",
		 manifest_crc32(line, (size_t)length));
}

int journal_write(int fd, int64_t jumped)
{
	char text[JOURNAL_SIZE] = "";
	ssize_t n;

	if (jumped != MOMENT_UNKNOWN)
		format_line(jumped, text);
	n = TEMP_FAILURE_RETRY(pwrite(fd, text, sizeof(text), 0));
	if (n < 0)
		return -errno;
	return n == JOURNAL_SIZE ? 0 : -EIO;
}

int64_t journal_parse(const char *text, size_t size)
{
	char expected[JOURNAL_SIZE] = "", moment[MOMENT_STRLEN];
	int64_t jumped;

	if (size != JOURNAL_SIZE || strncmp(text, MAGIC, strlen(MAGIC)))
		return MOMENT_UNKNOWN;
	snprintf(moment, sizeof(moment), "%.*s", (int)sizeof(moment) - 1, text + strlen(MAGIC));
	jumped = moment_parse(moment);
	if (jumped == MOMENT_UNKNOWN)
		return MOMENT_UNKNOWN;
	format_line(jumped, expected);
	return memcmp(text, expected, JOURNAL_SIZE) ? MOMENT_UNKNOWN : jumped;
}

int64_t journal_read(int fd)
{
	char text[JOURNAL_SIZE];

	if (journal_check(fd) < 0 || TEMP_FAILURE_RETRY(pread(fd, text, sizeof(text), 0)) != JOURNAL_SIZE)
		return MOMENT_UNKNOWN;
	return journal_parse(text, sizeof(text));
}
