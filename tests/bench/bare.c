// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What "vfio-luctl list" finds out, with nothing around it: no options, no
 * errors, no sorting, no table, the fewest and cheapest system calls we know.
 * The yardstick of "make bench".
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void copy_value(const char *uevent, const char *key, char value[64])
{
	const char *found = strstr(uevent, key);

	if (found)
		snprintf(value, 64, "%.*s", (int)strcspn(found + strlen(key), "\n"), found + strlen(key));
	else
		strcpy(value, "-");
}

static void show(int class, const char *entry)
{
	char target[PATH_MAX], uevent[4096], group[PATH_MAX], dev[300], id[64], driver[64];
	ssize_t length = readlinkat(class, entry, target, sizeof(target) - 1);
	char *end;
	int dir, fd;

	target[length] = '\0';
	end = strstr(target, "/vfio-dev/");
	*end = '\0';
	dir = openat(class, target, O_PATH | O_CLOEXEC);
	fd = openat(dir, "uevent", O_RDONLY | O_CLOEXEC);
	length = read(fd, uevent, sizeof(uevent) - 1);
	uevent[length] = '\0';
	close(fd);
	length = readlinkat(dir, "iommu_group", group, sizeof(group) - 1);
	group[length] = '\0';
	snprintf(dev, sizeof(dev), "vfio-dev/%s/dev", entry);
	fd = faccessat(dir, dev, F_OK, 0);
	close(dir);
	copy_value(uevent, "PCI_ID=", id);
	copy_value(uevent, "DRIVER=", driver);
	printf("%s %s %s %s %s\n", strrchr(target, '/') + 1, id, driver, strrchr(group, '/') + 1,
	       fd ? "-" : entry);
}

int main(int argc, char **argv)
{
	DIR *class = opendir(argc > 1 ? argv[1] : "/sys/class/vfio-dev");
	const struct dirent *entry;

	if (!class)
		return 1;
	while ((entry = readdir(class)))
		if (entry->d_name[0] != '.')
			show(dirfd(class), entry->d_name);
	return 0;
}
