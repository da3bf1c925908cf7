// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Process 1 of the guest of the lab's QEMU, and all that runs in it: it does what it reads
 * from the serial line, one line for each command, and answers with one line.
 *
 *   word TEXT    keep TEXT in memory;  recall: what was kept, and how many commands there were
 *   ids          of each PCI device
 *   edu N        have the edu device compute N!
 *   dma          have it copy a page of our memory to itself and back to another page
 *   rng          eight bytes of /dev/hwrng
 *   suspend      to memory; answers when it has been woken up
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define EDU "1234:11e8"
#define PAGE 4096

/* The registers of edu. */
#define EDU_FACTORIAL 0x08
#define EDU_STATUS 0x20
#define EDU_COMPUTING 1
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_TARGET 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_START 1
#define EDU_DMA_TO_MEMORY 2
#define EDU_BUFFER 0x40000
#define EDU_SIZE 0x100000

static char kept[256] = "nothing";
static unsigned int commands;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("pilot: ");
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
}

static int open_of(const char *device, const char *file, int flags)
{
	char path[512];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", device, file);
	return open(path, flags | O_CLOEXEC);
}

/* "VENDOR:DEVICE" of a device; false of what is none. */
static bool read_ids(const char *device, char ids[static 16])
{
	uint16_t of[2];
	int fd = open_of(device, "config", O_RDONLY);
	bool all = fd >= 0 && read(fd, of, sizeof(of)) == sizeof(of);

	if (fd >= 0)
		close(fd);
	if (all)
		sprintf(ids, "%04x:%04x", of[0], of[1]);
	return all;
}

static void do_ids(const char *arg)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	char ids[16], line[512] = "ids";

	(void)arg;
	while (dir && (entry = readdir(dir)))
		if (read_ids(entry->d_name, ids) && strlen(line) + sizeof(ids) < sizeof(line))
			sprintf(line + strlen(line), " %s", ids);
	if (dir)
		closedir(dir);
	say("%s", line);
}

/* The registers of the first edu, which is enabled and a master of the bus; NULL when there is none. */
static volatile uint8_t *edu_map(void)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	char ids[16], name[256] = "";
	uint16_t command = 6; /* memory, master */
	void *map;
	int fd;

	while (dir && (entry = readdir(dir)))
		if (read_ids(entry->d_name, ids) && !strcmp(ids, EDU))
			snprintf(name, sizeof(name), "%s", entry->d_name);
	if (dir)
		closedir(dir);
	fd = open_of(name, "config", O_RDWR);
	if (!name[0] || fd < 0 || pwrite(fd, &command, sizeof(command), 4) != sizeof(command))
		return NULL;
	close(fd);
	fd = open_of(name, "resource0", O_RDWR);
	map = mmap(NULL, EDU_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static volatile uint32_t *reg(volatile uint8_t *edu, unsigned int offset)
{
	return (volatile uint32_t *)(edu + offset);
}

static void do_edu(const char *arg)
{
	volatile uint8_t *edu = edu_map();

	if (!edu) {
		say("edu: there is none: %s", strerror(errno));
		return;
	}
	*reg(edu, EDU_FACTORIAL) = (uint32_t)atoi(arg);
	while (*reg(edu, EDU_STATUS) & EDU_COMPUTING)
		usleep(1000);
	say("edu %08x %s! = %u", *reg(edu, 0), arg, *reg(edu, EDU_FACTORIAL));
	munmap((void *)edu, EDU_SIZE);
}

/* Where @page is in the guest's memory; 0 when that is not known. */
static uint64_t physical(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * sizeof(entry))) != sizeof(entry))
		entry = 0;
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * PAGE;
}

static void edu_dma(volatile uint8_t *edu, uint64_t from, uint64_t to, uint32_t command)
{
	*reg(edu, EDU_DMA_SOURCE) = (uint32_t)from;
	*reg(edu, EDU_DMA_TARGET) = (uint32_t)to;
	*reg(edu, EDU_DMA_COUNT) = PAGE;
	*reg(edu, EDU_DMA_COMMAND) = command | EDU_DMA_START;
	while (*reg(edu, EDU_DMA_COMMAND) & EDU_DMA_START)
		usleep(1000);
}

static void do_dma(const char *arg)
{
	static uint8_t from[PAGE] __attribute__((aligned(PAGE)));
	static uint8_t to[PAGE] __attribute__((aligned(PAGE)));
	volatile uint8_t *edu = edu_map();
	unsigned int i;

	(void)arg;
	for (i = 0; i < PAGE; i++) {
		from[i] = (uint8_t)(i * 7 + commands);
		to[i] = 0;
	}
	if (!edu || !physical(from) || !physical(to)) {
		say("dma: not possible: %s", strerror(errno));
		return;
	}
	edu_dma(edu, physical(from), EDU_BUFFER, 0);
	edu_dma(edu, EDU_BUFFER, physical(to), EDU_DMA_TO_MEMORY);
	say("dma %s", memcmp(from, to, PAGE) ? "differs" : "same");
	munmap((void *)edu, EDU_SIZE);
}

static void do_rng(const char *arg)
{
	uint8_t bytes[8];
	int fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	(void)arg;
	if (length != sizeof(bytes))
		say("rng: %s", strerror(errno));
	else
		say("rng %02x%02x%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3],
		    bytes[4], bytes[5], bytes[6], bytes[7]);
	if (fd >= 0)
		close(fd);
}

static void do_suspend(const char *arg)
{
	int fd = open("/sys/power/state", O_WRONLY | O_CLOEXEC);

	(void)arg;
	if (fd < 0 || write(fd, "mem", 3) != 3)
		say("suspend: %s", strerror(errno));
	else
		say("awake");
	if (fd >= 0)
		close(fd);
}

static void do_word(const char *arg)
{
	snprintf(kept, sizeof(kept), "%s", arg);
	say("kept");
}

static void do_recall(const char *arg)
{
	(void)arg;
	say("recall %s, command %u", kept, commands);
}

static const struct {
	const char *name;
	void (*run)(const char *arg);
} table[] = {
	{ "word", do_word }, { "recall", do_recall }, { "ids", do_ids }, { "edu", do_edu },
	{ "dma", do_dma }, { "rng", do_rng }, { "suspend", do_suspend },
};

static void run(char *line)
{
	size_t length = strcspn(line, " \n"), i;
	char *arg = line + length + (line[length] == ' ');

	arg[strcspn(arg, "\n")] = '\0';
	line[length] = '\0';
	commands++;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(table[i].name, line)) {
			table[i].run(arg);
			return;
		}
	say("no such command: %s", line);
}

int main(void)
{
	char line[256];

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	say("ready");
	while (fgets(line, sizeof(line), stdin))
		run(line);
	say("the line is closed");
	for (;;)
		pause();
}
