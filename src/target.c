// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening the next kernel and looking at it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "kimage.h"
#include "target.h"

void target_missing_options(const struct kconfig *config, char *missing, size_t size)
{
	/* patches/config; of the IOMMU the running kernel's is the witness. */
	static const char *const needed[] = {
		"CONFIG_KEXEC_HANDOVER", "CONFIG_LIVEUPDATE", "CONFIG_LIVEUPDATE_MEMFD",
		"CONFIG_PCI_LIVEUPDATE", "CONFIG_IOMMUFD", "CONFIG_VFIO_DEVICE_CDEV",
		"CONFIG_VFIO_PCI", "CONFIG_VFIO_PCI_LIVEUPDATE",
	};
	size_t i, used = 0;

	missing[0] = '\0';
	for (i = 0; i < sizeof(needed) / sizeof(*needed) && used < size; i++)
		if (kconfig_has(config, needed[i]) == ANSWER_NO)
			used += (size_t)snprintf(missing + used, size - used, "%s%s",
						 used ? ", " : "", needed[i]);
}

static int open_file(int rootfd, bool recorded, const char *path, uint64_t *size, struct error *err)
{
	cleanup_close int fd = -1;
	struct stat st;

	if (recorded)
		fd = openat(rootfd, path + strspn(path, "/"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, STATUS_FAILED, errno, path, "cannot open");
	if (!S_ISREG(st.st_mode))
		return error_set(err, STATUS_FAILED, 0, path, "is not a file");
	*size = (uint64_t)st.st_size;
	return steal_fd(&fd);
}

static void read_config(int rootfd, const struct kimage *image, struct target *target)
{
	struct kconfig config = { 0 };

	target->config_known = kimage_config(target->image_fd, image, &config) ||
			       kconfig_read_file(rootfd, image->release, &config);
	target->kho_default = kconfig_has(&config, "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT");
	target_missing_options(&config, target->missing, sizeof(target->missing));
	kconfig_free(&config);
}

/* The note has to say which files it was, wherever the next command is run. */
static void make_absolute(char *path)
{
	cleanup_free char *full = realpath(path, NULL);

	if (full && strlen(full) < TARGET_PATH_SIZE)
		strcpy(path, full);
}

int target_open(int rootfd, bool recorded, struct target *target, struct error *err)
{
	struct kimage image;
	int rc;

	target->image_fd = open_file(rootfd, recorded, target->image, &target->image_size, err);
	if (target->image_fd < 0)
		return target->image_fd;
	if (target->initrd[0])
		target->initrd_fd = open_file(rootfd, recorded, target->initrd, &target->initrd_size, err);
	if (target->initrd[0] && target->initrd_fd < 0)
		return target->initrd_fd;
	rc = kimage_read(target->image_fd, &image);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, target->image, "cannot read");
	target->image_size = image.size;
	snprintf(target->release, sizeof(target->release), "%s", image.release);
	read_config(rootfd, &image, target);
	if (!recorded) {
		make_absolute(target->image);
		make_absolute(target->initrd);
	}
	return 0;
}

void target_close(struct target *target)
{
	cleanup_close_fn(&target->image_fd);
	cleanup_close_fn(&target->initrd_fd);
	target->image_fd = target->initrd_fd = -1;
}
