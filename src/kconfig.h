/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a kernel was configured: what is running, from /proc/config.gz or the
 * file its distribution installed; another one, from inside its image or that
 * file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A configuration; .text NULL: not known. */
struct kconfig {
	char *text;
	char from[128]; /* where it was found, for people */
};

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

/*
 * Is @option ("CONFIG_VFIO_PCI") on, be it as a module?  Unknown only when the
 * whole configuration is.
 */
enum answer kconfig_has(const struct kconfig *config, const char *option);

/* The configuration of the kernel running below @rootfd; whether it was found. */
bool kconfig_read_running(int rootfd, struct kconfig *config);

/* The installed configuration file of the kernel @release; whether it was found. */
bool kconfig_read_file(int rootfd, const char *release, struct kconfig *config);

/*
 * What CONFIG_IKCONFIG put into the image of a kernel, @data being its
 * decompressed content or more; whether it is there.
 */
bool kconfig_read_embedded(const void *data, size_t size, struct kconfig *config);

void kconfig_free(struct kconfig *config);

/*
 * Decompress what is on @fd from its current position on with the program that
 * its first bytes ask for (gzip, xz, zstd, lz4, bzip2), into a new descriptor
 * of the caller's at its beginning.  What follows the compressed data is
 * ignored, and so is what would be more than @max bytes.  Returns it or a
 * negative errno: -EINVAL for another format, -ENOENT without the program.
 */
int kconfig_decompress(int fd, off_t max);
