// SPDX-License-Identifier: GPL-2.0-or-later
/* The header of a bzImage. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "kimage.h"

/* Offsets of the setup header, Documentation/arch/x86/boot.rst. */
enum {
	SETUP_SECTS = 0x1f1,
	MAGIC = 0x202,
	PROTOCOL = 0x206,
	KERNEL_VERSION = 0x20e,
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c,
	INIT_SIZE = 0x260,
	HEADER_SIZE = 0x268,
};

#define CONTENT_MAX (512 * 1024 * 1024) /* of a kernel; one with everything built in has half of it */
#define SECTOR 512

static uint32_t number(const unsigned char *at, int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* "7.3.4 (lab@lab) #1 SMP ..." */
static void read_release(int fd, uint32_t offset, struct kimage *image)
{
	ssize_t length;

	if (!offset)
		return;
	length = pread(fd, image->release, sizeof(image->release) - 1, offset + SECTOR);
	image->release[length > 0 ? length : 0] = '\0';
	image->release[strcspn(image->release, " \n")] = '\0';
}

int kimage_read(int fd, struct kimage *image)
{
	unsigned char head[HEADER_SIZE] = { 0 };
	struct stat st;
	uint32_t sectors;

	*image = (struct kimage){ 0 };
	if (fstat(fd, &st) < 0 || pread(fd, head, sizeof(head), 0) < 0)
		return -errno;
	image->size = (uint64_t)st.st_size;
	if (memcmp(head + MAGIC, "HdrS", 4) || number(head + PROTOCOL, 2) < 0x20a)
		return 0;
	read_release(fd, number(head + KERNEL_VERSION, 2), image);
	sectors = head[SETUP_SECTS] ? head[SETUP_SECTS] : 4;
	image->payload_start = (sectors + 1) * SECTOR + (uint64_t)number(head + PAYLOAD_OFFSET, 4);
	if (image->payload_start + number(head + PAYLOAD_LENGTH, 4) > (uint64_t)st.st_size)
		image->payload_start = 0;
	if (number(head + INIT_SIZE, 4) > image->size)
		image->size = number(head + INIT_SIZE, 4);
	return 0;
}

bool kimage_config(int fd, const struct kimage *image, struct kconfig *config)
{
	cleanup_close int plain = -1;
	struct stat st;
	bool found;
	void *data;

	*config = (struct kconfig){ 0 };
	if (image->payload_start && lseek(fd, (off_t)image->payload_start, SEEK_SET) >= 0)
		plain = kconfig_decompress(fd, CONTENT_MAX);
	if (plain < 0 || fstat(plain, &st) < 0 || !st.st_size)
		return false;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, plain, 0);
	if (data == MAP_FAILED)
		return false;
	found = kconfig_read_embedded(data, (size_t)st.st_size, config);
	munmap(data, (size_t)st.st_size);
	if (found)
		snprintf(config->from, sizeof(config->from), "the image");
	return found;
}
