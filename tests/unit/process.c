// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of other processes: what /proc says, read out of a tree of our own, and taking them. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim.h"
#include "device.h"
#include "error.h"
#include "process.h"
#include "tap.h"
#include "token.h"

static int root; /* of the tree */

static void check_link(const char *link, enum proc_file want, const char *want_name)
{
	const char *name = NULL;

	is_int(procfs_file(link, &name), want, "'%.60s' is of its kind", link);
	is_text(name ? name : "", want_name, "'%.60s' has its name", link);
}

static void check_memfd(const char *link, const char *want)
{
	char name[MEMFD_NAME_SIZE] = "?";
	bool is = procfs_memfd_name(link, name, sizeof(name));

	ok(is == !!want, "'%.60s' is %s memfd", link, want ? "a" : "no");
	if (want)
		is_text(name, want, "its name");
}

static void check_links(void)
{
	char long_link[400] = "/memfd:";

	check_link("/dev/vfio/devices/vfio0", PROC_FILE_CDEV, "vfio0");
	check_link("/mnt/dev/vfio/devices/noiommu-vfio1", PROC_FILE_CDEV, "noiommu-vfio1");
	check_link("anon_inode:[vfio-device]", PROC_FILE_GROUP_DEVICE, "");
	check_link("anon_inode:[vfio-device-liveupdate]", PROC_FILE_RETRIEVED, "");
	check_link("/dev/vfio/12", PROC_FILE_GROUP, "12");
	check_link("/dev/vfio/noiommu-3", PROC_FILE_GROUP, "noiommu-3");
	check_link("/dev/vfio/vfio", PROC_FILE_CONTAINER, "vfio");
	check_link("/dev/vfiox/12", PROC_FILE_OTHER, "");
	check_link("/dev/vfio", PROC_FILE_OTHER, "");
	check_link("vfio/12", PROC_FILE_OTHER, "");
	check_link("anon_inode:[vfio-devic", PROC_FILE_OTHER, "");
	check_link("anon_inode:[eventfd]", PROC_FILE_OTHER, "");
	check_link("socket:[1]", PROC_FILE_OTHER, "");
	check_link("", PROC_FILE_OTHER, "");

	check_memfd("/memfd:pc.ram (deleted)", "pc.ram");
	check_memfd("/memfd: (deleted)", "");
	check_memfd("/ (deleted)", "");
	check_memfd("/memfd:a/b:c d (deleted)", "a/b:c d");
	check_memfd("/memfd:x (deleted) (deleted)", "x (deleted)");
	check_memfd("/memfd:\x1b[2J\n\xff\x7f (deleted)", "?[2J???");
	check_memfd("/memfd:x", NULL);
	check_memfd("/memfd:a name as long as the other", NULL);
	check_memfd("/memfd:(deleted)", NULL);
	check_memfd("/memfd (deleted)", NULL);
	check_memfd("/tmp/memfd:x (deleted)", NULL);
	check_memfd("memfd:x (deleted)", NULL);
	check_memfd("/dev/zero (deleted)", NULL);
	check_memfd("/SYSV00000000 (deleted)", NULL);
	check_memfd("", NULL);
	memset(long_link + 7, 'n', 249);
	strcpy(long_link + 7 + 249, " (deleted)");
	check_memfd(long_link, strndupa(long_link + 7, 249));
	strcpy(long_link + 7 + 249, "n (deleted)");
	check_memfd(long_link, NULL);
}

/* A descriptor of process 7; @info NULL: without fdinfo. */
static void add_fd(const char *number, const char *link, const char *info)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "proc/7/fd/%s", number);
	ok(symlinkat(link, root, path) == 0, "descriptor %s is made", number);
	snprintf(path, sizeof(path), "proc/7/fdinfo/%s", number);
	fd = info ? openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
	ok(!info || write(fd, info, strlen(info)) == (ssize_t)strlen(info), "with its fdinfo");
	if (fd >= 0)
		close(fd);
}

#define INFO(path) "pos:\t0\nflags:\t02\nvfio-device-syspath: /sys/devices/pci0000:00/0000:00:01.0/" path "\nmore: x\n"

static void fill_tree(void)
{
	char long_info[600] = "vfio-device-syspath: /";

	mkdirat(root, "proc", 0700);
	mkdirat(root, "proc/7", 0700);
	mkdirat(root, "proc/7/fd", 0700);
	mkdirat(root, "proc/7/fdinfo", 0700);
	add_fd("10", "/dev/vfio/devices/vfio0", INFO("0000:01:00.0"));
	add_fd("9", "anon_inode:[vfio-device-liveupdate]", INFO("0000:02:00.0"));
	add_fd("100", "anon_inode:[vfio-device]", INFO("0000:03:00.0"));
	add_fd("3", "/memfd:ram (deleted)", "pos:\t0\n");
	add_fd("2", "/memfd:early (deleted)", NULL);
	add_fd("4", "/dev/vfio/5", NULL);
	add_fd("5", "/dev/vfio/vfio", NULL);
	/* None of those are devices, whatever they look like. */
	add_fd("20", "/dev/vfio/devices/vfio1", NULL);
	add_fd("21", "/dev/vfio/devices/vfio2", "pos:\t0\nvfio-device-syspath: \n");
	add_fd("22", "/dev/vfio/devices/vfio3", "vfio-device-syspath: /sys/x/\n");
	add_fd("23", "/dev/vfio/devices/vfio4", " vfio-device-syspath: /sys/x/0000:09:00.0\n");
	memset(long_info + strlen(long_info), 'x', 300);
	add_fd("24", "/dev/vfio/devices/vfio5", long_info);
	add_fd("25", "/tmp/file", INFO("0000:09:00.0"));
	add_fd("26", "anon_inode:[eventpoll]", INFO("0000:09:00.0"));
	add_fd("x", "/dev/vfio/devices/vfio0", INFO("0000:09:00.0"));
}

static void check_find(void)
{
	static const struct process_device want[] = {
		{ 4, PROC_FILE_GROUP, "5" }, { 5, PROC_FILE_CONTAINER, "vfio" },
		{ 9, PROC_FILE_RETRIEVED, "0000:02:00.0" }, { 10, PROC_FILE_CDEV, "0000:01:00.0" },
		{ 100, PROC_FILE_GROUP_DEVICE, "0000:03:00.0" },
	};
	struct process_files files;
	struct error err;
	size_t i;

	is_int(process_find(root, 7, &files, &err), 0, "a process is looked into");
	is_int((int)files.device_count, 5, "what is VFIO's is found, and no more");
	for (i = 0; i < files.device_count && i < 5; i++) {
		is_int(files.devices[i].number, want[i].number, "by number");
		is_int(files.devices[i].kind, want[i].kind, "with its kind");
		is_text(files.devices[i].name, want[i].name, "and its device");
	}
	is_int((int)files.memfd_count, 2, "so are memfds");
	ok(files.memfd_count == 2 && files.memfds[0].number == 2 && files.memfds[1].number == 3 &&
	   !strcmp(files.memfds[1].name, "ram"), "by number too");
	process_files_free(&files);
	is_int(process_find(root, 8, &files, &err), 0, "no process has no files");
	ok(!files.device_count && !files.memfd_count, "none");
	process_files_free(&files);
}

static void check_open(int rootfd, pid_t pid, int want, enum exit_status status)
{
	struct process process = PROCESS_INIT;
	struct error err = { .status = STATUS_OK };

	is_int(process_open(rootfd, pid, &process, &err), want, "process_open: %d", want);
	is_int(err.status, status, "its status: %s", err.message);
	process_close(&process);
}

static pthread_barrier_t barrier;

static void *wait_in_thread(void *tid)
{
	*(pid_t *)tid = gettid();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void check_thread(int rootfd)
{
	pthread_t thread;
	pid_t tid;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, wait_in_thread, &tid);
	pthread_barrier_wait(&barrier);
	check_open(rootfd, tid, -EINVAL, STATUS_REFUSED);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}

static void check_stopped(const struct process *process, int want, const char *what)
{
	struct error err = { .status = STATUS_OK };

	is_int(process_check_stopped(process, &err), want, "%s", what);
	is_int(err.status, want == -ESRCH ? STATUS_NOT_FOUND : want ? STATUS_REFUSED : STATUS_OK, "its status");
}

/* A process of two threads runs, is stopped, goes on and ends. */
static void check_stop(int rootfd)
{
	struct error err = { .status = STATUS_OK };
	struct process process;
	pthread_t thread;
	pid_t pid = fork(), tid;

	if (pid == 0) {
		pthread_barrier_init(&barrier, NULL, 2);
		pthread_create(&thread, NULL, wait_in_thread, &tid);
		pause();
		_exit(0);
	}
	is_int(process_open(rootfd, pid, &process, &err), 0, "a child");
	check_stopped(&process, -EINVAL, "runs");
	kill(pid, SIGSTOP);
	check_stopped(&process, 0, "is stopped");
	check_stopped(&process, 0, "stays so");
	kill(pid, SIGCONT);
	check_stopped(&process, -EINVAL, "runs again");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check_stopped(&process, -ESRCH, "has ended");
	process_close(&process);
}

/* A process with "one" at 50 and 51, "two" at 52, and /dev/null at 53. */
static pid_t start_child(void)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(memfd_create("one", 0), 50);
		dup2(50, 51);
		dup2(memfd_create("two", 0), 52);
		dup2(open("/dev/null", O_RDWR), 53);
		if (ftruncate(52, 12345) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	ok(read(ready[0], &byte, 1) == 1, "there is a child");
	close(ready[0]);
	return pid;
}

/* From now on this process gets @count more descriptors, and no others; -1: as many as before. */
static void leave(int count)
{
	static rlim_t before;
	struct rlimit limit;
	int next = dup(root);

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	if (!before)
		before = limit.rlim_cur;
	limit.rlim_cur = count < 0 ? before : (rlim_t)(next + count);
	is_int(setrlimit(RLIMIT_NOFILE, &limit), 0, "%d descriptors are left", count);
}

/* What we are too short of descriptors to look at is not taken for nothing. */
static void check_short(const struct process *process, const struct process_files *files)
{
	cleanup_claim struct claim claim = { 0 };
	struct process_files short_of;
	struct error err;
	int count;

	leave(1);
	check_open(process->rootfd, process->pid, -EMFILE, STATUS_FAILED);
	leave(0);
	is_int(process_check_stopped(process, &err), -EMFILE, "it is not known to run: %s", err.message);
	leave(-1);
	for (count = 0; count < 2; count++) {
		leave(count);
		is_int(process_find(root, 7, &short_of, &err), -EMFILE, "a process is not looked into by half");
		process_files_free(&short_of);
		is_int(claim_take_memfds(process, files, &claim, &err), -EMFILE, "no memfd is left out");
		ok(err.status == STATUS_FAILED && err.object[0], "it says of which (%s)", err.object);
		leave(-1);
	}
}

static void check_claim(const struct process *process)
{
	cleanup_claim struct claim claim = { 0 };
	struct process_files files;
	struct error err;
	size_t i, found;

	is_int(process_find(process->rootfd, process->pid, &files, &err), 0, "the child is looked into");
	is_int(claim_take_memfds(process, &files, &claim, &err), 0, "its memfds are taken");
	for (i = found = 0; i < claim.memfd_count; i++) {
		const struct manifest_entry *entry = &claim.memfds[i].entry;

		ok(entry->token == token_from_memfd((uint32_t)i + 1), "%s has its number", entry->name);
		ok(fcntl(claim.memfds[i].fd, F_GETFD) & FD_CLOEXEC, "%s is close-on-exec", entry->name);
		found += !strcmp(entry->name, "one") && entry->size == 0;
		found += !strcmp(entry->name, "two") && entry->size == 12345;
	}
	is_int((int)found, 2, "each once, with their sizes");
	check_short(process, &files);
	process_files_free(&files);
}

/*
 * What we took, /proc of our tree says, is the file of another device: its
 * number was used again while we looked.
 */
static void check_retake(const struct process *real)
{
	struct process_device device = { 53, PROC_FILE_CDEV, "0000:02:00.0" };
	struct process process = *real;
	struct error err;
	char path[64];
	int next = dup(0), fd, info;

	close(next); /* what the next descriptor will be, after the one for this file */
	process.rootfd = root;
	mkdirat(root, "proc/self", 0700);
	mkdirat(root, "proc/self/fd", 0700);
	snprintf(path, sizeof(path), "proc/%d", (int)getpid());
	mkdirat(root, path, 0700);
	snprintf(path, sizeof(path), "proc/%d/fdinfo", (int)getpid());
	mkdirat(root, path, 0700);
	snprintf(path, sizeof(path), "proc/self/fd/%d", next);
	ok(symlinkat("/dev/vfio/devices/vfio1", root, path) == 0, "the next is %d", next);
	snprintf(path, sizeof(path), "proc/%d/fdinfo/%d", (int)getpid(), next);
	info = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok(write(info, INFO("0000:02:00.0"), strlen(INFO("0000:02:00.0"))) > 0, "and this its fdinfo");
	close(info);
	fd = process_take_device(&process, &device, &err);
	is_int(fd, next, "the device that was found is taken");
	close(fd);
	strcpy(device.name, "0000:01:00.0");
	is_int(process_take_device(&process, &device, &err), -EBADF, "another is not");
	strcpy(device.name, "0000:02:00.0");
	device.kind = PROC_FILE_GROUP_DEVICE;
	is_int(process_take_device(&process, &device, &err), -EBADF, "nor one of another kind");
	device.kind = PROC_FILE_CDEV;
	leave(1);
	is_int(process_take_device(&process, &device, &err), -EMFILE, "nor is it another because we cannot look");
	ok(strstr(err.message, "cannot look at what was taken"), "which is said: %s", err.message);
	leave(-1);
}

static void check_take(int rootfd)
{
	struct process_memfd memfd = { 51, "one" }, renamed = { 52, "one" }, null = { 53, "one" };
	struct process_device device = { 50, PROC_FILE_CDEV, "0000:01:00.0" };
	struct process process = PROCESS_INIT;
	struct error err = { .status = STATUS_OK };
	pid_t pid = start_child();
	int fd;

	is_int(process_open(rootfd, pid, &process, &err), 0, "a process of ours is opened");
	fd = process_take_memfd(&process, &memfd, &err);
	ok(fd >= 0, "its memfd is taken");
	close(fd);
	check_claim(&process);
	check_retake(&process);
	is_int(process_take_memfd(&process, &renamed, &err), -EBADF, "not what it was");
	is_int(err.status, STATUS_BUSY, "that is told to be tried again");
	is_int(process_take_memfd(&process, &null, &err), -EBADF, "no memfd at all");
	is_int(process_take_device(&process, &device, &err), -EBADF, "no device");
	memfd.number = 99;
	is_int(process_take_memfd(&process, &memfd, &err), -EBADF, "nothing there any more");
	is_int(process_check_alive(&process, &err), 0, "it lives");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT);
	is_int(process_check_alive(&process, &err), -ESRCH, "it has ended");
	check_open(rootfd, pid, -ESRCH, STATUS_NOT_FOUND); /* a zombie */
	waitpid(pid, NULL, 0);
	is_int(process_take_memfd(&process, &memfd, &err), -ESRCH, "nothing is to be had of the dead");
	is_int(err.status, STATUS_NOT_FOUND, "which is told");
	process_close(&process);
	check_open(rootfd, pid, -ESRCH, STATUS_NOT_FOUND);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int main(void)
{
	char dir[] = "/tmp/process.XXXXXX";
	int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!mkdtemp(dir) || (root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 || rootfd < 0)
		return 1;
	fill_tree();
	check_links();
	check_find();
	check_open(rootfd, getpid(), -EINVAL, STATUS_USAGE);
	check_open(rootfd, INT_MAX, -ESRCH, STATUS_NOT_FOUND);
	check_open(root, getppid(), -EINVAL, STATUS_REFUSED); /* that /proc knows nothing of us */
	check_thread(rootfd);
	check_stop(rootfd);
	check_take(rootfd);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
