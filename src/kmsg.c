// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading /dev/kmsg. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "kmsg.h"

#define RECORD_SIZE 8192 /* PRINTKRB_RECORD_MAX and more */

int kmsg_open(void)
{
	cleanup_close int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	return steal_fd(&fd);
}

const char *kmsg_message(char *record)
{
	/* luo_*.c say "luo...", the rest names itself or what it refuses. */
	static const char *const words[] = { "live update", "liveupdate", "luo_", "LUO", "vfio", "kexec", "KHO" };
	char *message = strchr(record, ';');
	size_t i;

	if (!message)
		return NULL;
	message++;
	message[strcspn(message, "\n")] = '\0';
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(message, words[i]))
			return message;
	/* luo_file_freeze() names token and handler only. */
	return strstr(message, "Freeze failed") ? message : NULL;
}

size_t kmsg_collect(int fd, char *text, size_t size)
{
	size_t count = 0, used = strlen(text);
	char record[RECORD_SIZE];
	const char *message;
	ssize_t length;

	for (;;) {
		length = TEMP_FAILURE_RETRY(read(fd, record, sizeof(record) - 1));
		/* Records were overwritten before we came to read them: go on with the next. */
		if (length < 0 && errno == EPIPE)
			continue;
		if (length <= 0)
			return count;
		record[length] = '\0';
		message = kmsg_message(record);
		if (!message || strstr(text, message))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "; " : "", message);
		if (used >= size)
			used = size - 1;
		count++;
	}
}
