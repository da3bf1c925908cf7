// SPDX-License-Identifier: GPL-2.0-or-later
/* Journals: what is written is read, and nothing else is. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "journal.h"
#include "moment.h"
#include "tap.h"

#define JUMPED 1795292130250
#define LINE "vfio-luctl-journal 1 2026-11-21T20:15:30.250Z e0d0615e\n"

static int new_file(off_t size)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size) < 0)
		abort();
	return fd;
}

static void check_file(void)
{
	int fd = new_file(JOURNAL_SIZE);
	char text[JOURNAL_SIZE + 1] = "";

	is_int(journal_check(fd), 0, "it can be one");
	is_int(journal_read(fd), MOMENT_UNKNOWN, "nothing is in it");
	is_int(journal_write(fd, JUMPED), 0, "something is written");
	is_int(journal_read(fd), JUMPED, "and read");
	is_int(pread(fd, text, JOURNAL_SIZE + 1, 0), JOURNAL_SIZE, "its size is the same");
	is_text(text, LINE, "it is a line");
	is_int(journal_write(fd, JUMPED + 1), 0, "it is written over");
	is_int(journal_read(fd), JUMPED + 1, "and read");
	is_int(journal_write(fd, MOMENT_UNKNOWN), 0, "and taken back");
	is_int(journal_read(fd), MOMENT_UNKNOWN, "then nothing is in it");
	journal_write(fd, MOMENT_MAX);
	is_int(journal_read(fd), MOMENT_MAX, "a clock that is wrong is not ours to judge");
	close(fd);
}

/* Files that are none. */
static void check_others(void)
{
	static const off_t sizes[] = { 0, 1, JOURNAL_SIZE - 1, JOURNAL_SIZE + 1, 1 << 30 };
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	size_t i;

	ok(journal_check(fd) < 0 && journal_read(fd) == MOMENT_UNKNOWN, "a device is none");
	close(fd);
	fd = open("/", O_PATH | O_CLOEXEC);
	ok(journal_check(fd) < 0 && journal_read(fd) == MOMENT_UNKNOWN, "nor is a directory");
	close(fd);
	ok(journal_check(-1) < 0 && journal_read(-1) == MOMENT_UNKNOWN, "nor is nothing");
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		fd = new_file(sizes[i]);
		if (pwrite(fd, LINE, sizes[i] < (off_t)strlen(LINE) ? (size_t)sizes[i] : strlen(LINE), 0) < 0)
			abort();
		if (ftruncate(fd, sizes[i]) < 0)
			abort();
		ok(journal_check(fd) < 0, "%lld bytes are none", (long long)sizes[i]);
		is_int(journal_read(fd), MOMENT_UNKNOWN, "and are not read");
		close(fd);
	}
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ok(journal_write(fd, JUMPED) < 0, "what cannot be written to is said");
	close(fd);
}

static void check_text(const char *line, int64_t want)
{
	char text[JOURNAL_SIZE] = "";

	memcpy(text, line, strlen(line));
	is_int(journal_parse(text, sizeof(text)), want, "%s", line);
}

/* Each byte of a good one changed, and what is not zero behind it. */
static void check_damage(void)
{
	char text[JOURNAL_SIZE] = LINE;
	size_t i, taken = 0;
	int bit;

	for (i = 0; i < JOURNAL_SIZE; i++) {
		for (bit = 0; bit < 8; bit++) {
			text[i] ^= (char)(1 << bit);
			taken += journal_parse(text, sizeof(text)) != MOMENT_UNKNOWN;
			text[i] ^= (char)(1 << bit);
		}
	}
	is_int((int)taken, 0, "no bit can be turned");
	is_int(journal_parse(text, sizeof(text)), JUMPED, "it was a good one");
	is_int(journal_parse(text, sizeof(text) - 1), MOMENT_UNKNOWN, "a shorter one is not read");
	is_int(journal_parse(text, 0), MOMENT_UNKNOWN, "nor is none");
	memset(text, 'x', sizeof(text));
	is_int(journal_parse(text, sizeof(text)), MOMENT_UNKNOWN, "nor is text without an end");
	memcpy(text, LINE, 21);
	is_int(journal_parse(text, sizeof(text)), MOMENT_UNKNOWN, "nor with a beginning of ours");
}

int main(void)
{
	check_file();
	check_others();
	check_text(LINE, JUMPED);
	check_text("", MOMENT_UNKNOWN);
	check_text("\n", MOMENT_UNKNOWN);
	check_text("vfio-luctl-journal 1 ", MOMENT_UNKNOWN);
	check_text("vfio-luctl-journal 2 2026-11-21T20:15:30.250Z e0d0615e\n", MOMENT_UNKNOWN);
	check_text("vfio-luctl-journal 1 2026-11-21T20:15:30.250Z E0D0615E\n", MOMENT_UNKNOWN);
	check_text("vfio-luctl-journal 1 2026-11-21T20:15:30.250Z\n", MOMENT_UNKNOWN);
	check_text("vfio-luctl-journal 1 2026-11-21T20:15:30Z e0d0615e\n", MOMENT_UNKNOWN);
	check_text(LINE LINE, MOMENT_UNKNOWN);
	check_text("vfio-luctl-manifest 1 2 00000000\n{}", MOMENT_UNKNOWN);
	check_damage();
	return tap_done();
}
