// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failat [-p PID] REPORT PROCESS N ERROR COMMAND...: run COMMAND, one of our programs, and have
 * the Nth system call of its process PROCESS, of those that name or make a file, fail with ERROR
 * (ENOMEM ...) without being done.  PROCESS 0 is COMMAND, 1 the process PID if it is given, the
 * next ones are those that they fork, in their order.  A process counts until it runs another
 * program, COMMAND from its first opening of /dev/null on: before that, its libraries are
 * loaded.  N 0 fails nothing.
 *
 * REPORT gets a line for each call that is counted, up to the one that fails, with what is a
 * number in it left out: PROCESS N CALL OBJECT.  The status is COMMAND's, as the shell has it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liveupdate.h"
#include "vfio.h"

#define TASKS 64
#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

struct task {
	pid_t pid;
	bool counts;
	bool in_call;
	int programs; /* that it has become */
	long calls;
};

struct run {
	struct task tasks[TASKS]; /* the first is COMMAND's */
	int count;
	FILE *report;
	int process;
	long n;
	int error;
	bool done;
};

/* How a call tells what it is about. */
enum subject { NOTHING, PATH_AT_1, FILE_AT_0, ADDRESS_AT_1, NAME_AT_0, STREAM_AT_0 };

static const struct call {
	long number;
	const char *name;
	enum subject subject;
} calls[] = {
	{ SYS_openat, "openat", PATH_AT_1 },
	{ SYS_ioctl, "ioctl", FILE_AT_0 },
	{ SYS_pidfd_open, "pidfd_open", NOTHING },
	{ SYS_pidfd_getfd, "pidfd_getfd", NOTHING },
	{ SYS_memfd_create, "memfd_create", NAME_AT_0 },
	{ SYS_socket, "socket", NOTHING },
	{ SYS_connect, "connect", ADDRESS_AT_1 },
	{ SYS_bind, "bind", ADDRESS_AT_1 },
	{ SYS_listen, "listen", NOTHING },
	{ SYS_accept4, "accept4", NOTHING },
	{ SYS_sendmsg, "sendmsg", STREAM_AT_0 },
	{ SYS_recvmsg, "recvmsg", STREAM_AT_0 },
	{ SYS_recvfrom, "recvfrom", STREAM_AT_0 },
	{ SYS_sendto, "sendto", STREAM_AT_0 },
	{ SYS_pipe2, "pipe2", NOTHING },
	{ SYS_clone, "clone", NOTHING },
	{ SYS_signalfd4, "signalfd4", NOTHING },
#ifdef SYS_kexec_file_load
	{ SYS_kexec_file_load, "kexec_file_load", NOTHING },
#endif
};

static const struct {
	unsigned long number;
	const char *name;
} requests[] = {
	{ LUO_IOCTL_CREATE_SESSION, "CREATE_SESSION" },
	{ LUO_IOCTL_RETRIEVE_SESSION, "RETRIEVE_SESSION" },
	{ LUO_IOCTL_PRESERVE_FD, "PRESERVE_FD" },
	{ LUO_IOCTL_RETRIEVE_FD, "RETRIEVE_FD" },
	{ LUO_IOCTL_FINISH, "FINISH" },
	{ LUO_IOCTL_GET_NAME, "GET_NAME" },
	{ VFIO_IOCTL_BIND_IOMMUFD, "BIND_IOMMUFD" },
	{ VFIO_IOCTL_GET_INFO, "GET_INFO" },
};

static void fail(const char *what)
{
	perror(what);
	exit(126);
}

static const char *name_of(const struct call *call, const struct __ptrace_syscall_info *info)
{
	size_t i;

	for (i = 0; call->subject == FILE_AT_0 && i < sizeof(requests) / sizeof(*requests); i++)
		if (requests[i].number == info->entry.args[1])
			return requests[i].name;
	return call->name;
}

static const struct call *find_call(const struct __ptrace_syscall_info *info)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if ((long)info->entry.nr == calls[i].number)
			return &calls[i];
	return NULL;
}

/* What is in the memory of the process, up to where it ends. */
static void peek(pid_t pid, unsigned long at, char *text, size_t size)
{
	char path[64];
	int fd;

	memset(text, 0, size);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, text, size - 1, (off_t)at) < 0)
		fail(path);
	close(fd);
}

static void file_of(pid_t pid, int fd, char *text, size_t size)
{
	char path[64];
	ssize_t length;

	if (fd == AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	length = readlink(path, text, size - 1);
	text[length < 0 ? 0 : length] = '\0';
}

static void path_of(pid_t pid, const struct __ptrace_syscall_info *info, char *text, size_t size)
{
	char path[PATH_MAX];
	size_t used;

	peek(pid, info->entry.args[1], path, sizeof(path));
	text[0] = '\0';
	if (path[0] != '/')
		file_of(pid, (int)info->entry.args[0], text, size);
	used = strlen(text);
	snprintf(text + used, size - used, "%s%s", path[0] == '/' || !strcmp(text, "/") ? "" : "/", path);
}

/* The path of a socket; of others nothing. */
static void address_of(pid_t pid, const struct __ptrace_syscall_info *info, char *text, size_t size)
{
	struct sockaddr_un address;

	peek(pid, info->entry.args[1], (char *)&address, sizeof(address));
	snprintf(text, size, "%s", address.sun_family == AF_UNIX ? address.sun_path : "");
}

/* Of a stream socket, the path of the other end; of others nothing. */
static void peer_of(pid_t pid, int fd, char *text, size_t size)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address), length_of_type = sizeof(int);
	int process = (int)syscall(SYS_pidfd_open, pid, 0), sock, type = 0;

	sock = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	if (sock >= 0 && getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &length_of_type) == 0 &&
	    type == SOCK_STREAM && getpeername(sock, (struct sockaddr *)&address, &length) == 0)
		snprintf(text, size, "%.*s", (int)sizeof(address.sun_path), address.sun_path);
	if (sock >= 0)
		close(sock);
	if (process >= 0)
		close(process);
}

/* Numbers of processes, descriptors and sockets are others each time. */
static void leave_out_numbers(char *text)
{
	char *from = text, *to = text;

	while (*from) {
		bool starts = from == text || from[-1] == '/' || from[-1] == '[';
		size_t digits = starts ? strspn(from, "0123456789") : 0;

		if (digits && (!from[digits] || from[digits] == '/' || from[digits] == ']')) {
			*to++ = '#';
			from += digits;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void object_of(pid_t pid, const struct call *call, const struct __ptrace_syscall_info *info,
		      char *text, size_t size)
{
	text[0] = '\0';
	if (call->subject == PATH_AT_1)
		path_of(pid, info, text, size);
	else if (call->subject == FILE_AT_0)
		file_of(pid, (int)info->entry.args[0], text, size);
	else if (call->subject == ADDRESS_AT_1)
		address_of(pid, info, text, size);
	else if (call->subject == STREAM_AT_0)
		peer_of(pid, (int)info->entry.args[0], text, size);
	else if (call->subject == NAME_AT_0)
		peek(pid, info->entry.args[0], text, size);
	leave_out_numbers(text);
}

/* A system call with the number -1 is not done, and what is in the register is its result. */
static void set_result(struct user_regs_struct *regs, long result)
{
#ifdef __x86_64__
	regs->orig_rax = (unsigned long)-1;
	regs->rax = (unsigned long)result;
#else
	regs->orig_eax = -1;
	regs->eax = result;
#endif
}

static void inject(struct run *run, pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		fail("PTRACE_GETREGS");
	set_result(&regs, -run->error);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0)
		fail("PTRACE_SETREGS");
	run->done = true;
}

static struct task *find_task(struct run *run, pid_t pid)
{
	int i;

	for (i = 0; i < run->count; i++)
		if (run->tasks[i].pid == pid)
			return &run->tasks[i];
	if (run->count == TASKS)
		fail("too many processes");
	run->tasks[run->count] = (struct task){ .pid = pid, .counts = run->count > 0 };
	return &run->tasks[run->count++];
}

/* The beginning of a system call. */
static void enter(struct run *run, struct task *task)
{
	struct __ptrace_syscall_info info;
	const struct call *call;
	char object[2 * PATH_MAX];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, (void *)sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	call = find_call(&info);
	if (!call)
		return;
	object_of(task->pid, call, &info, object, sizeof(object));
	if (task == run->tasks && task->programs == 1 && !strcmp(object, "/dev/null"))
		task->counts = true;
	if (!task->counts)
		return;
	task->calls++;
	fprintf(run->report, "%d %ld %s %s\n", (int)(task - run->tasks), task->calls,
		name_of(call, &info), object[0] ? object : "-");
	if (task == &run->tasks[run->process] && task->calls == run->n)
		inject(run, task->pid);
}

static void go_on(struct run *run, pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	struct task *task = find_task(run, pid);

	if (event == PTRACE_EVENT_EXEC) {
		task->programs++;
		task->counts = false;
	}
	if (signal == (SIGTRAP | 0x80)) {
		task->in_call = !task->in_call;
		if (task->in_call && !run->done)
			enter(run, task);
		signal = 0;
	} else if (event) {
		signal = 0;
	}
	if (run->done && task != run->tasks)
		ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)signal);
	else
		ptrace(run->done ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
}

/* Until COMMAND ends; those that are left are let go of with us. */
static int follow(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			go_on(run, pid, status);
		else if (pid == run->tasks[0].pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return 126;
}

static void seize(struct run *run, pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)OPTIONS) < 0)
		fail("PTRACE_SEIZE");
	find_task(run, pid);
}

static void begin(struct run *run, char **command, pid_t other)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		raise(SIGSTOP);
		/* cppcheck-suppress unreachableCode ; a process that was stopped goes on */
		execvp(command[0], command);
		_exit(127);
	}
	if (waitpid(pid, NULL, WUNTRACED) < 0)
		fail("waitpid");
	seize(run, pid);
	if (other) {
		seize(run, other);
		ptrace(PTRACE_INTERRUPT, other, NULL, NULL);
	}
	kill(pid, SIGCONT);
}

static int error_number(const char *name)
{
	int number;

	for (number = 1; number < 134; number++)
		if (strerrorname_np(number) && !strcmp(strerrorname_np(number), name))
			return number;
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	pid_t other = 0;
	int status;

	if (argc > 2 && !strcmp(argv[1], "-p")) {
		other = atoi(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 6)
		return 125;
	run.process = atoi(argv[2]);
	run.n = atol(argv[3]);
	run.error = error_number(argv[4]);
	if (run.process >= TASKS || (run.n && !run.error))
		return 125;
	run.report = fopen(argv[1], "we");
	if (!run.report)
		return 125;
	begin(&run, argv + 5, other);
	status = follow(&run);
	fclose(run.report);
	return status;
}
