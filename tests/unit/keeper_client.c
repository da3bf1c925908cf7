// SPDX-License-Identifier: GPL-2.0-or-later
/* A client and a keeper, each a process, when something fails between them. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "keeper.h"
#include "keeper_client.h"
#include "keeper_serve.h"
#include "tap.h"
#include "token.h"

#define NO_FD 4000 /* none of ours */

static char root[] = "/tmp/keeper_client.XXXXXX";

static void make_root(void)
{
	char path[128];

	if (!mkdtemp(root))
		abort();
	snprintf(path, sizeof(path), "%s/run", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/" KEEPER_DIR, root);
	mkdir(path, 0700);
}

static void remove_root(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" KEEPER_DIR, root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/run", root);
	rmdir(path);
	rmdir(root);
}

static void socket_path(struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/" KEEPER_DIR "/vm" KEEPER_SUFFIX, root);
}

static int listen_there(void)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	socket_path(&address);
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 4) < 0)
		abort();
	return sock;
}

static void drop_name(void)
{
	struct sockaddr_un address;

	socket_path(&address);
	unlink(address.sun_path);
}

/* A request is read, or is not, and the connection closed. */
static void close_silently(int listener, bool read_it)
{
	int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char text[100];

	if (read_it && recv(sock, text, sizeof(text), 0) < 0)
		abort();
	close(sock);
}

static void stay(int listener)
{
	for (;;)
		close_silently(listener, true);
}

static void stay_and_not_read(int listener)
{
	close_silently(listener, false);
	stay(listener);
}

/* As a process that is killed: what it listens on is closed after what it is connected to. */
static void end_slowly(int listener)
{
	close_silently(listener, true);
	usleep(50 * 1000);
	close(listener);
}

static void end(int listener)
{
	int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	drop_name();
	close(listener);
	close(sock);
}

/* The one whose entry has a descriptor that cannot be sent. */
static void serve(int listener)
{
	struct pci_addr address = { .bus = 1 };
	struct keeper_entry entry = {
		.of = { .token = token_from_pci(address), .address = address }, .state = ENTRY_RETRIEVED, .fd = NO_FD,
	};
	struct keeper keeper = {
		.info = { .session = "vm", .kernel_name = "vm", .direction = KEEPER_INCOMING, .pid = getpid(),
			  .entries = &entry, .count = 1 },
		.has_manifest = true, .session = -1, .spare = -1, .listener = listener, .dir = -1, .rootfd = -1,
		.journal = -1, .signals = -1, .child = -1, .lease = -1,
	};

	keeper_serve(&keeper);
}

static pid_t start(void (*act)(int listener))
{
	int listener = listen_there();
	pid_t pid = fork();

	if (pid == 0) {
		act(listener);
		_exit(0);
	}
	close(listener);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	drop_name();
}

/* Whose keeper lives is not told that it has ended. */
static void check_silence(void (*act)(int listener), enum exit_status want, int code, const char *what)
{
	cleanup_close int rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = { .status = STATUS_OK };
	pid_t pid = start(act);

	is_int(keeper_cancel(rootfd, "vm", &err), -code, "%s: %s", what, err.message);
	is_int(err.status, want, "%s: the status", what);
	is_int(err.code, code, "%s: the error", what);
	stop(pid);
}

static int connect_there(void)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	socket_path(&address);
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	return sock;
}

/* What cannot be read is answered. */
static void check_unread(const char *request, int want)
{
	cleanup_close int sock = connect_there();
	struct json_object *reply = NULL;
	struct error err = { .status = STATUS_OK };
	int rc;

	ok(send(sock, request, strlen(request), 0) > 0, "sent: %.20s", request);
	rc = keeper_receive(sock, &reply, NULL, 0);
	is_int(rc, 0, "it is answered");
	if (rc < 0)
		return;
	is_int(keeper_reply_status(reply, "vm", &err), want, "by an error: %s", err.message);
	is_int(err.status, STATUS_FAILED, "a failure");
	is_text(err.object, "vm", "of this session");
	json_object_put(reply);
}

static void check_serving(void)
{
	cleanup_close int rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct pci_addr address = { .bus = 1 };
	uint64_t token = token_from_pci(address);
	struct error err = { .status = STATUS_OK };
	char *large = calloc(1, KEEPER_PACKET_MAX + 2);
	pid_t pid = start(serve);
	int fd;

	if (!large)
		abort();
	memset(large, ' ', KEEPER_PACKET_MAX + 1);
	check_unread("nonsense", -EBADMSG);
	check_unread(large, -EMSGSIZE);
	is_int(keeper_retrieve(rootfd, "vm", &token, 1, &fd, &err), -EBADF, "what cannot be sent: %s", err.message);
	is_int(err.status, STATUS_FAILED, "is a failure");
	is_int(fd, -1, "without a descriptor");
	is_int(kill(pid, 0), 0, "the keeper lives");
	free(large);
	stop(pid);
}

int main(void)
{
	int alone = geteuid() ? EPERM : ECONNABORTED;

	make_root();
	check_silence(stay, STATUS_FAILED, alone, "closed");
	check_silence(stay_and_not_read, STATUS_FAILED, alone, "reset");
	check_silence(end_slowly, geteuid() ? STATUS_FAILED : STATUS_NOT_FOUND, geteuid() ? EPERM : ECONNRESET,
		      "killed");
	check_silence(end, STATUS_NOT_FOUND, ECONNRESET, "ended");
	check_serving();
	remove_root();
	return tap_done();
}
