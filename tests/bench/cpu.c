// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processor time of a command and of all it starts: cpu REPEATS COMMAND...
 * runs it so many times with all its output thrown away, and prints microseconds
 * per run, user and system together.  Fails when the command does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(char **command)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

static long long microseconds(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char **argv)
{
	int repeats = argc > 2 ? atoi(argv[1]) : 0, i, status;
	struct rusage usage;
	pid_t pid;

	if (repeats < 1) {
		fprintf(stderr, "usage: cpu REPEATS COMMAND...\n");
		return 2;
	}
	for (i = 0; i < repeats; i++) {
		pid = fork();
		if (pid == 0)
			run(argv + 2);
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
			fprintf(stderr, "cpu: %s failed\n", argv[2]);
			return 1;
		}
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%lld\n", (microseconds(usage.ru_utime) + microseconds(usage.ru_stime)) / repeats);
	return 0;
}
