/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root for what reads files below one: a directory with links to memfds, which are
 * filled anew for each input.  It is removed when the target ends by itself.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

struct fuzz_file {
	const char *path; /* relative to the root */
	int fd;
};

static char fuzz_root_path[PATH_MAX];

static inline int fuzz_remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

static inline void fuzz_remove_root(void)
{
	nftw(fuzz_root_path, fuzz_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void fuzz_make_directories(int root, const char *path)
{
	char copy[PATH_MAX], *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	for (slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		must(!mkdirat(root, copy, 0700) || errno == EEXIST);
		*slash = '/';
	}
}

/* The root with all of @files in it, empty.  It is the same one until the end. */
static inline int fuzz_root(struct fuzz_file *files, size_t count)
{
	const char *base = getenv("TMPDIR");
	char link[64];
	int root;

	snprintf(fuzz_root_path, sizeof(fuzz_root_path), "%s/fuzz-XXXXXX", base && *base ? base : "/tmp");
	must(mkdtemp(fuzz_root_path) && !atexit(fuzz_remove_root));
	root = open(fuzz_root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(root >= 0);
	for (; count--; files++) {
		files->fd = memfd_create(files->path, MFD_CLOEXEC);
		must(files->fd >= 0);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", files->fd);
		fuzz_make_directories(root, files->path);
		must(!symlinkat(link, root, files->path));
	}
	return root;
}

static inline void fuzz_fill(const struct fuzz_file *file, const void *data, size_t size)
{
	must(!ftruncate(file->fd, 0) && pwrite(file->fd, data, size, 0) == (ssize_t)size);
}
