// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * killat SIGNAL N client|children|PID COMMAND...: run COMMAND, and send SIGNAL when the Nth
 * system call begins: of COMMAND's own process, of those that it forks off, or of the
 * process PID, which runs already.  What it is sent to is told with the number of the system
 * call: "sent at CALL"; or "ended" when there were fewer than N.  The status is COMMAND's, as
 * the shell has it.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	int signal;
	long left;      /* system calls until then */
	pid_t command;
	pid_t target;   /* 0: any but the command */
	long long sent; /* the system call it was sent at; -1: not yet */
	int status;     /* of the command */
};

static void fail(const char *what)
{
	perror(what);
	exit(126);
}

static void begin(struct run *run, char **command)
{
	run->command = fork();
	if (run->command < 0)
		fail("fork");
	if (run->command == 0) {
		raise(SIGSTOP);
		/* cppcheck-suppress unreachableCode ; a process that was stopped goes on */
		execvp(command[0], command);
		_exit(127);
	}
	if (waitpid(run->command, NULL, WUNTRACED) < 0)
		fail("waitpid");
}

static void seize(pid_t pid, long options)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | options)) < 0)
		fail("PTRACE_SEIZE");
}

static bool is_counted(const struct run *run, pid_t pid)
{
	return run->sent < 0 && (run->target ? pid == run->target : pid != run->command);
}

/* At a stop for a system call: its beginning, or its end. */
static void count(struct run *run, pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (!is_counted(run, pid) ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || --run->left)
		return;
	run->sent = (long long)info.entry.nr;
	kill(pid, run->signal);
}

/* What a stopped process is to get when it goes on. */
static void go_on(struct run *run, pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (signal == (SIGTRAP | 0x80)) {
		count(run, pid);
		signal = 0;
	} else if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP)) {
		signal = 0;
	} else if (event) {
		signal = 0;
	}
	/* Whoever is not counted any more runs by itself. */
	if (run->sent >= 0 && run->signal != SIGKILL && signal == 0 && pid != run->command) {
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		return;
	}
	ptrace(run->sent >= 0 ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
}

static void follow(struct run *run)
{
	bool running = true;
	int status;
	pid_t pid;

	while (running && (pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			go_on(run, pid, status);
		} else if (pid == run->command) {
			run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			running = false;
		}
	}
}

int main(int argc, char **argv)
{
	struct run run = { .sent = -1 };
	bool children;

	if (argc < 5)
		return 125;
	run.signal = atoi(argv[1]);
	run.left = atol(argv[2]);
	children = !strcmp(argv[3], "children");
	begin(&run, argv + 4);
	if (!children)
		run.target = strcmp(argv[3], "client") ? atoi(argv[3]) : run.command;
	seize(run.command, children ? PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE : 0);
	if (run.target && run.target != run.command) {
		seize(run.target, 0);
		ptrace(PTRACE_INTERRUPT, run.target, NULL, NULL);
	}
	kill(run.command, SIGCONT);
	follow(&run);
	if (run.sent < 0)
		printf("ended\n");
	else
		printf("sent at %lld\n", run.sent);
	/* Tracees that are left are let go of with us. */
	return run.status;
}
