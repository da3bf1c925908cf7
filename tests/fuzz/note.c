// SPDX-License-Identifier: GPL-2.0-or-later
/* The note of what was loaded, as it lies in /run. */
#include <errno.h>

#include "fuzz.h"
#include "root.h"
#include "target.h"

#define BOOT_ID "6e7a1d9b-0c2f-4d4e-9f8e-2d5f5f0b8c11"

/* A text that ends, in one line. */
static void check_text(const char *text, size_t size)
{
	must(memchr(text, '\0', size) && !strchr(text, '\n'));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct fuzz_file files[] = {
		{ "run/vfio-luctl/kexec", -1 }, { "proc/sys/kernel/random/boot_id", -1 },
	};
	struct target target = TARGET_INIT;
	static int root;
	int rc;

	if (!root) {
		root = fuzz_root(files, sizeof(files) / sizeof(*files));
		fuzz_fill(&files[1], BOOT_ID "\n", strlen(BOOT_ID "\n"));
	}
	fuzz_fill(&files[0], data, size);
	rc = target_note_read(root, &target);
	must(target.image_fd == -1 && target.initrd_fd == -1);
	if (rc) {
		must(rc == -EBADMSG || rc == -ENOENT || rc == -EINVAL || rc == -ENAMETOOLONG);
		return 0;
	}
	check_text(target.image, sizeof(target.image));
	check_text(target.initrd, sizeof(target.initrd));
	check_text(target.cmdline, sizeof(target.cmdline));
	check_text(target.release, sizeof(target.release));
	check_text(target.missing, sizeof(target.missing));
	must(target.kho_default <= ANSWER_YES);
	return 0;
}
