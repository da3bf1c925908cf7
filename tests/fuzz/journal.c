// SPDX-License-Identifier: GPL-2.0-or-later
/* A journal that came over a kexec: its page, and moments in a line that is right otherwise. */
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "journal.h"
#include "manifest_text.h"
#include "moment.h"

#define MAGIC "vfio-luctl-journal 1 "

/* A file of any size, that is of the size of a journal by chance only. */
static void check_file(const uint8_t *data, size_t size)
{
	cleanup_close int fd = memfd_create("journal", MFD_CLOEXEC);
	int64_t jumped;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	jumped = journal_read(fd);
	must(jumped == MOMENT_UNKNOWN || size == JOURNAL_SIZE);
}

/* What was read is written in the same bytes. */
static void check_again(const char *page, int64_t jumped)
{
	cleanup_close int fd = memfd_create("journal", MFD_CLOEXEC);
	char again[JOURNAL_SIZE];

	must(fd >= 0 && !journal_write(fd, jumped) && journal_read(fd) == jumped);
	must(pread(fd, again, sizeof(again), 0) == JOURNAL_SIZE && !memcmp(again, page, JOURNAL_SIZE));
}

/* @size bytes and then zeros. */
static int64_t check_page(const char *text, size_t size)
{
	cleanup_free char *page = calloc(1, JOURNAL_SIZE);
	int64_t jumped;

	must(page);
	memcpy(page, text, size < JOURNAL_SIZE ? size : JOURNAL_SIZE);
	jumped = journal_parse(page, JOURNAL_SIZE);
	must(jumped >= MOMENT_UNKNOWN && jumped <= MOMENT_MAX);
	must(journal_parse(page, size % JOURNAL_SIZE) == MOMENT_UNKNOWN);
	if (jumped != MOMENT_UNKNOWN)
		check_again(page, jumped);
	return jumped;
}

/* Of a moment, the one spelling that is ours is taken. */
static void check_moment(const char *text)
{
	int64_t moment = moment_parse(text), jumped;
	char canonical[MOMENT_STRLEN];
	char line[JOURNAL_SIZE];
	int length = snprintf(line, sizeof(line), MAGIC "%.1024s", text);

	snprintf(line + length, sizeof(line) - (size_t)length, " %08" PRIx32 "\n",
		 manifest_crc32(line, (size_t)length));
	jumped = check_page(line, strlen(line));
	must(moment >= MOMENT_UNKNOWN && moment <= MOMENT_MAX);
	must(moment == MOMENT_UNKNOWN || moment_parse(moment_format(moment, canonical)) == moment);
	must(jumped == (moment != MOMENT_UNKNOWN && !strcmp(canonical, text) ? moment : MOMENT_UNKNOWN));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *raw = fuzz_bytes(data, size), *text = fuzz_text(data, size);

	check_file(data, size);
	check_page(raw, size);
	check_moment(text);
	return 0;
}
