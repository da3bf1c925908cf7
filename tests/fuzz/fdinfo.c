// SPDX-License-Identifier: GPL-2.0-or-later
/* The fdinfo of another process's descriptor. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "procfs.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), info = memfd_create("fdinfo", MFD_CLOEXEC);
	char number[64], name[32];
	struct proc_fd fd = { getpid(), number, "" };

	must(root >= 0 && info >= 0 && write(info, data, size) == (ssize_t)size);
	/* What is read as an fdinfo is a file of ours. */
	snprintf(number, sizeof(number), "../../self/fd/%d", info);
	if (procfs_vfio_device(root, &fd, name, sizeof(name)) == 0)
		must(*name && strlen(name) < sizeof(name) && !strpbrk(name, "/\n"));
	return 0;
}
