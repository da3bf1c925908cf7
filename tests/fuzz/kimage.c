// SPDX-License-Identifier: GPL-2.0-or-later
/* The image of a kernel: its header, and the configuration inside it. */
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "kimage.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_close int fd = memfd_create("image", MFD_CLOEXEC);
	struct kconfig config;
	struct kimage image;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	must(!kimage_read(fd, &image));
	must(image.size >= size && image.payload_start <= size);
	must(strlen(image.release) < sizeof(image.release) && !strpbrk(image.release, " \n"));
	if (kimage_config(fd, &image, &config))
		must(config.text && strstr(config.text, "CONFIG_"));
	kconfig_free(&config);
	return 0;
}
