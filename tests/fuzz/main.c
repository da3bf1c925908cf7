// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fuzz target as a test: TARGET DIRECTORY runs every file in the directory, and
 * every beginning of those that are not long.  TAP, a result for each file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"

#define LONG 4096

static uint8_t *read_file(int dir, const char *name, size_t *size)
{
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;

	must(fd >= 0 && fstat(fd, &st) == 0);
	data = malloc((size_t)st.st_size + 1);
	must(data && read(fd, data, (size_t)st.st_size) == st.st_size);
	*size = (size_t)st.st_size;
	return data;
}

static void run_file(int dir, const char *name)
{
	size_t size, length;
	cleanup_free uint8_t *data = read_file(dir, name, &size);

	for (length = size > LONG ? size : 0; length <= size; length++)
		fuzz_one(data, length);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	cleanup_close int dir = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct dirent **files;
	int count, i;

	must(dir >= 0);
	count = scandirat(dir, ".", &files, is_visible, alphasort);
	must(count > 0);
	for (i = 0; i < count; i++) {
		/* Whoever dies is the one named last. */
		printf("# %s\n", files[i]->d_name);
		fflush(stdout);
		run_file(dir, files[i]->d_name);
		printf("ok %d - %s\n", i + 1, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	printf("1..%d\n", count);
	return 0;
}
