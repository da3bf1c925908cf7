/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to a session after its manifest is sealed: a memfd of one page
 * beside it, under TOKEN_JOURNAL.  The kernel freezes the size of a preserved memfd and
 * not what is in it, so what is written up to the jump goes along
 * (mm/memfd_luo.c, SHMEM_F_MAPPING_FROZEN in mm/shmem.c).
 *
 * It is all zeros, or one line and then zeros:
 *
 *   vfio-luctl-journal 1 2026-11-21T20:15:30.250Z <crc32>\n
 *
 * the moment at which the jump was ordered, and the CRC-32 (as in manifest.h) of all in
 * the line before the blank in front of it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct error;

#define JOURNAL_SIZE 4096

/*
 * A new one, empty, put into @session_fd under its token.  Returns it, or a negative
 * errno with @err filled.
 */
int journal_preserve(int session_fd, struct error *err);

/* Whether @fd can be one: a file of its size. */
int journal_check(int fd);

/* Write down that the jump was ordered at @jumped; MOMENT_UNKNOWN: it was not.  A negative errno. */
int journal_write(int fd, int64_t jumped);

/*
 * What is written in @fd, and in the JOURNAL_SIZE bytes of @text.  They come from outside:
 * MOMENT_UNKNOWN when nothing is, or what is not exactly as above.
 */
int64_t journal_read(int fd);
int64_t journal_parse(const char *text, size_t size);
