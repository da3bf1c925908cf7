// SPDX-License-Identifier: GPL-2.0-or-later
/* Configurations and images of kernels, made by hand. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kconfig.h"
#include "kimage.h"
#include "program.h"
#include "target.h"
#include "tap.h"

static const char text[] =
	"#\n# Linux/x86 7.3.4 Kernel Configuration\n#\n"
	"CONFIG_LIVEUPDATE=y\nCONFIG_VFIO_PCI=m\n# CONFIG_KEXEC is not set\n"
	"CONFIG_LIVEUPDATE_MEMFD=y\nCONFIG_NR_CPUS=8\nCONFIG_LOCALVERSION=\"-CONFIG_IOMMUFD=y\"\n";

static void check_has(void)
{
	struct kconfig config = { .text = (char *)text }, none = { 0 };

	is_int(kconfig_has(&config, "CONFIG_LIVEUPDATE"), ANSWER_YES, "built in");
	is_int(kconfig_has(&config, "CONFIG_VFIO_PCI"), ANSWER_YES, "a module");
	is_int(kconfig_has(&config, "CONFIG_KEXEC"), ANSWER_NO, "not set");
	is_int(kconfig_has(&config, "CONFIG_KEXEC_FILE"), ANSWER_NO, "not there");
	is_int(kconfig_has(&config, "CONFIG_LIVE"), ANSWER_NO, "the beginning of another");
	is_int(kconfig_has(&config, "CONFIG_IOMMUFD"), ANSWER_NO, "inside a string");
	is_int(kconfig_has(&config, "CONFIG_NR_CPUS"), ANSWER_NO, "a number");
	is_int(kconfig_has(&none, "CONFIG_LIVEUPDATE"), ANSWER_UNKNOWN, "no configuration");
}

static void check_missing(void)
{
	struct kconfig config = { .text = (char *)text }, none = { 0 };
	char missing[512];

	target_missing_options(&config, missing, sizeof(missing));
	is_text(missing, "CONFIG_KEXEC_HANDOVER, CONFIG_PCI_LIVEUPDATE, CONFIG_IOMMUFD, CONFIG_VFIO_DEVICE_CDEV, "
			 "CONFIG_VFIO_PCI_LIVEUPDATE", "missing options");
	target_missing_options(&none, missing, sizeof(missing));
	is_text(missing, "", "missing options of what is not known");
}

static int memory(const void *data, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ok(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0, "a file in memory");
	return fd;
}

/* What @program makes of @data, in @packed; its length. */
static size_t compress(const char *program, const void *data, size_t size, char *packed, size_t room)
{
	/* The format of lz4 that kernels use is its older one. */
	const char *const argv[] = { program, strcmp(program, "lz4") ? "-c" : "-lc", NULL };
	int in = memory(data, size), out = memfd_create("packed", MFD_CLOEXEC);
	ssize_t length;

	is_int(program_run(argv, in, out, -1), 0, "%s", program);
	length = pread(out, packed, room, 0);
	close(in);
	close(out);
	return length > 0 ? (size_t)length : 0;
}

static void check_decompress(const char *program)
{
	char packed[4096], got[4096] = "";
	size_t length = compress(program, text, sizeof(text), packed, sizeof(packed) - 8);
	int fd, plain;

	memcpy(packed + length, "trailing", 8);
	fd = memory(packed, length + 8);
	plain = kconfig_decompress(fd, 1 << 20);
	ok(plain >= 0 && read(plain, got, sizeof(got)) >= (ssize_t)sizeof(text), "%s: decompressed", program);
	ok(!memcmp(got, text, sizeof(text)), "%s: the same again", program);
	close(fd);
	close(plain);
}

/* A little that would become a lot. */
static void check_limit(const char *program)
{
	static char zeros[4 << 20];
	const off_t max = 1000 * 1000;
	char *packed = malloc(64 << 10);
	size_t length = packed ? compress(program, zeros, sizeof(zeros), packed, 64 << 10) : 0;
	int fd = memory(packed, length), plain = kconfig_decompress(fd, max);
	struct stat st = { .st_size = -1 };

	ok(plain >= 0 && fstat(plain, &st) == 0 && st.st_size <= max && st.st_size > max / 2,
	   "%s: no more than wanted, but that (%lld)", program, (long long)st.st_size);
	close(plain);
	lseek(fd, 0, SEEK_SET);
	plain = kconfig_decompress(fd, 2 * (off_t)sizeof(zeros));
	ok(plain >= 0 && fstat(plain, &st) == 0 && st.st_size == (off_t)sizeof(zeros), "%s: all of it, and no more", program);
	close(plain);
	close(fd);
	free(packed);
}

static void check_no_format(void)
{
	int fd = memory("CONFIG_A=y\n", 11);

	is_int(kconfig_decompress(fd, 1 << 20), -EINVAL, "a format that is none");
	close(fd);
}

/* A bzImage: 4 sectors of header, then the payload. */
static size_t make_image(char *image, const char *payload, size_t size)
{
	static const char release[] = "7.3.4-test (lab@lab) #1 SMP";
	const unsigned int start = 5 * 512, version = 0x400;

	memset(image, 0, start);
	image[0x1f1] = 4;
	memcpy(image + 0x202, "HdrS", 4);
	image[0x206] = 0x0f;
	image[0x207] = 2;
	image[0x20e] = (char)((version - 512) & 0xff);
	image[0x20f] = (char)((version - 512) >> 8);
	memcpy(image + version, release, sizeof(release));
	image[0x24c] = (char)(size & 0xff);
	image[0x24d] = (char)(size >> 8);
	image[0x262] = 0x10; /* 1 MiB to start in */
	memcpy(image + start, payload, size);
	return start + size;
}

static void check_image(void)
{
	char kernel[8192] = "code", packed[4096], image[16384];
	struct kconfig config;
	struct kimage info;
	size_t length;
	int fd;

	memcpy(kernel + 100, "IKCFG_ST", 8);
	length = compress("gzip", text, sizeof(text) - 1, kernel + 108, 2000);
	memcpy(kernel + 108 + length, "IKCFG_ED", 8);
	length = compress("gzip", kernel, sizeof(kernel), packed, sizeof(packed));
	fd = memory(image, make_image(image, packed, length));
	is_int(kimage_read(fd, &info), 0, "read an image");
	is_text(info.release, "7.3.4-test", "its release");
	is_int((long long)info.size, 1 << 20, "the memory it needs");
	ok(kimage_config(fd, &info, &config), "the configuration inside it");
	is_int(kconfig_has(&config, "CONFIG_VFIO_PCI"), ANSWER_YES, "the right one");
	is_int(kconfig_has(&config, "CONFIG_KEXEC"), ANSWER_NO, "the right one");
	kconfig_free(&config);
	close(fd);
	/* The same without a configuration, and with a payload beyond the end */
	memset(kernel + 100, 0, 8);
	length = compress("gzip", kernel, sizeof(kernel), packed, sizeof(packed));
	fd = memory(image, make_image(image, packed, length));
	kimage_read(fd, &info);
	ok(!kimage_config(fd, &info, &config) && !config.text, "an image without one");
	is_int(ftruncate(fd, 5 * 512 + 10), 0, "cut off");
	kimage_read(fd, &info);
	ok(!info.payload_start && !kimage_config(fd, &info, &config), "an image that is cut off");
	close(fd);
}

static void check_other_images(void)
{
	struct kconfig config;
	struct kimage info;
	int fd = memory("MZ, some other architecture", 27);

	is_int(kimage_read(fd, &info), 0, "another format");
	is_int((long long)info.size, 27, "another format: its size");
	is_text(info.release, "", "another format: no release");
	ok(!kimage_config(fd, &info, &config), "another format: no configuration");
	close(fd);
	fd = memory("", 0);
	is_int(kimage_read(fd, &info), 0, "an empty file");
	close(fd);
}

int main(void)
{
	check_has();
	check_missing();
	check_decompress("gzip");
	check_decompress("xz");
	check_decompress("lz4");
	check_limit("gzip");
	check_limit("xz");
	check_limit("lz4");
	check_no_format();
	check_image();
	check_other_images();
	return tap_done();
}
