// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes each allocation, and each copy from and to user space, of one operation
 * fail in turn, until there is none left to fail and the operation works:
 *     failnth preserve CDEV TOKEN       in sessions of its own
 *     failnth retrieve SESSION TOKEN...  ends without finishing the session
 * A retrieve that works although something in it failed cannot be done again: the
 * next step is tried with the next token.
 * Needs a kernel with fault injection: /proc/PID/fail-nth, see
 * Documentation/fault-injection/fault-injection.rst.  Prints how many failed.
 * Exit status 0 when the operation worked in the end and at least one
 * attempt failed before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liveupdate.h"
#include "vfio.h"

#define MOST 500

struct subject {
	int nth;          /* /proc/thread-self/fail-nth */
	int fd;           /* the device to preserve */
	int session;
	const char *name;
	uint64_t token;
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void arm(struct subject *subject, int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	/* Copies from and to user space fail too, so it may hit this very call. */
	while (pwrite(subject->nth, text, (size_t)length, 0) != length)
		if (errno != EFAULT)
			die("fail-nth");
}

/* Was a failure injected? Otherwise there was less to fail, and what is left is disarmed. */
static int disarm(struct subject *subject)
{
	char text[16] = "";
	ssize_t n = pread(subject->nth, text, sizeof(text) - 1, 0);

	if (n < 0 && errno != EFAULT)
		die("fail-nth");
	arm(subject, 0);
	return n >= 0 && atoi(text) == 0;
}

static int with_device(const char *name, int (*get)(int, const char *))
{
	int device = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);
	int rc = device < 0 ? -errno : get(device, name);

	if (device >= 0)
		close(device);
	return rc;
}

/* A new session for each attempt, so that also one that worked is undone. */
static int preserve(struct subject *subject)
{
	subject->session = with_device("failnth", luo_create_session);
	if (subject->session < 0)
		return subject->session;
	return luo_preserve_fd(subject->session, subject->fd, subject->token);
}

static int claim(struct subject *subject)
{
	subject->session = with_device(subject->name, luo_retrieve_session);
	return subject->session < 0 ? subject->session : 0;
}

static int retrieve(struct subject *subject)
{
	int fd = luo_retrieve_fd(subject->session, subject->token);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int run(struct subject *subject, const char *what,
	       int (*operation)(struct subject *))
{
	int n, rc, injected, failed = 0;

	for (n = 1; n < MOST; n++) {
		arm(subject, n);
		rc = operation(subject);
		injected = disarm(subject);
		if (subject->session >= 0) {
			close(subject->session);
			subject->session = -1;
		}
		if (rc < 0 && !injected) {
			printf("%s fails by itself: %s\n", what, strerrorname_np(-rc));
			return 1;
		}
		failed += rc < 0;
		if (!injected)
			break;
	}
	printf("%s: %d things failed in turn, %d of them made it fail, then it worked\n",
	       what, n - 1, failed);
	return failed == 0 || n == MOST;
}

static int run_retrieve(struct subject *subject, char **tokens)
{
	int n, rc, injected, failed = 0;

	for (n = 1; n < MOST && *tokens; n++) {
		subject->token = strtoull(*tokens, NULL, 0);
		arm(subject, n);
		rc = retrieve(subject);
		injected = disarm(subject);
		if (rc < 0 && !injected) {
			printf("retrieve fails by itself: %s\n", strerrorname_np(-rc));
			return 1;
		}
		failed += rc < 0;
		if (!injected) {
			printf("retrieve: %d things failed in turn, %d of them made it fail, then it worked\n",
			       n - 1, failed);
			return failed == 0;
		}
		tokens += rc == 0;
	}
	printf("retrieve: out of tokens after %d steps\n", n - 1);
	return 1;
}

int main(int argc, char **argv)
{
	struct subject subject = { .fd = -1, .session = -1 };

	if (argc < 4)
		return 2;
	subject.name = argv[2];
	subject.token = strtoull(argv[3], NULL, 0);
	subject.nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (subject.nth < 0)
		die("/proc/thread-self/fail-nth");
	if (!strcmp(argv[1], "retrieve"))
		return run(&subject, "claim", claim) || claim(&subject) < 0 ||
		       run_retrieve(&subject, argv + 3);
	subject.fd = open(argv[2], O_RDWR | O_CLOEXEC);
	if (subject.fd < 0 || vfio_bind(subject.fd, vfio_open_iommufd()) < 0)
		die(argv[2]);
	return run(&subject, "preserve", preserve);
}
