/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound release of what C would have us free by hand. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_close_fn(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free_fn(void *ptr)
{
	free(*(void **)ptr);
}

static inline void cleanup_file_fn(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_dir_fn(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define cleanup_close __attribute__((cleanup(cleanup_close_fn)))
#define cleanup_free __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_file __attribute__((cleanup(cleanup_file_fn)))
#define cleanup_dir __attribute__((cleanup(cleanup_dir_fn)))

/* Hand a descriptor to a new owner: the variable forgets it. */
static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* Hand a pointer to a new owner: the variable forgets it. */
#define steal_ptr(ptr)                      \
	({                                  \
		__typeof__(ptr) stolen = (ptr); \
		(ptr) = NULL;               \
		stolen;                     \
	})
