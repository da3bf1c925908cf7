// SPDX-License-Identifier: GPL-2.0-or-later
/* What a service manager gets to hear, and what it hands over. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fdpass.h"
#include "notify.h"
#include "tap.h"

/* A service manager's socket, its name in NOTIFY_SOCKET. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	else
		unlink(name);
	ok(bind(sock, (struct sockaddr *)&address, name[0] == '@' ? size : sizeof(address)) == 0,
	   "listening at %s", name);
	setenv("NOTIFY_SOCKET", name, 1);
	return sock;
}

/* The next message is @want, with a descriptor of the file that @same is; -1: with none. */
static void hears(int sock, const char *want, int same)
{
	char text[512] = "";
	struct stat given, wanted;
	int fd;
	ssize_t n = fdpass_receive(sock, text, sizeof(text) - 1, &fd, 1);

	text[n > 0 ? n : 0] = '\0';
	is_text(text, want, "told: %s", want);
	if (same < 0) {
		ok(fd < 0, "no descriptor beside it");
		return;
	}
	ok(fd >= 0 && fd != same && fstat(fd, &given) == 0 && fstat(same, &wanted) == 0 &&
	   given.st_ino == wanted.st_ino && given.st_dev == wanted.st_dev, "its descriptor beside it");
	ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "close-on-exec");
	close(fd);
}

static void check_words(const char *name)
{
	int sock = listen_at(name), file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	is_int(notify_tell("READY=1\nSTATUS=x"), 0, "telling");
	hears(sock, "READY=1\nSTATUS=x", -1);
	is_int(notify_store(file, "session"), 0, "storing");
	hears(sock, "FDSTORE=1\nFDNAME=session\nFDPOLL=0", file);
	is_int(notify_forget("session"), 0, "removing");
	hears(sock, "FDSTOREREMOVE=1\nFDNAME=session", -1);
	close(file);
	close(sock);
}

/* A service manager that acts after a moment, or one that never does. */
static void check_barrier(void)
{
	int sock = listen_at("@vfio-luctl-test"), fd = -1, status = 1;
	char text[64];
	pid_t pid;

	is_int(notify_barrier(0), -ETIME, "a barrier that nobody lifts");
	pid = fork();
	if (pid == 0) {
		if (fdpass_receive(sock, text, sizeof(text), &fd, 1) < 0)
			_exit(1);
		close(fd);
		fd = -1;
		if (fdpass_receive(sock, text, sizeof(text), &fd, 1) != 9 || memcmp(text, "BARRIER=1", 9))
			_exit(1);
		_exit(fd < 0);
	}
	is_int(notify_barrier(30), 0, "a barrier that is lifted");
	waitpid(pid, &status, 0);
	is_int(status, 0, "it was one");
	close(sock);
	is_int(notify_barrier(1), -ECONNREFUSED, "a barrier, and nobody there");
}

static void check_nobody(void)
{
	char longest[200];

	unsetenv("NOTIFY_SOCKET");
	ok(!notify_wanted(), "nobody wants to be told");
	is_int(notify_tell("READY=1"), 0, "so nobody is");
	is_int(notify_store(0, "session"), -ENOENT, "and nobody keeps anything");
	is_int(notify_barrier(1), 0, "nor is waited for");
	setenv("NOTIFY_SOCKET", "", 1);
	ok(!notify_wanted(), "an empty variable is none");
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	is_int(notify_tell("READY=1"), -EAFNOSUPPORT, "no other kinds of sockets");
	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	is_int(notify_tell("READY=1"), -ENAMETOOLONG, "a name that is too long");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	is_int(notify_tell("READY=1"), -ENOENT, "a name of nothing");
	unsetenv("NOTIFY_SOCKET");
}

/* In a process of its own: descriptors from 3 on are what it is about. */
static int take(const char *fds, const char *pid, const char *names, int open_fds, char *out, size_t size)
{
	struct listen_fds given;
	char own[16];
	size_t i, used = 0;
	int fd, rc;

	close_range(3, ~0U, 0);
	for (fd = 3; fd < 3 + open_fds; fd++)
		dup2(0, fd);
	snprintf(own, sizeof(own), "%d", (int)getpid());
	setenv("LISTEN_FDS", fds, 1);
	setenv("LISTEN_PID", strcmp(pid, "own") ? pid : own, 1);
	setenv("LISTEN_PIDFDID", "1", 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
	rc = listen_fds_take(&given);
	used += (size_t)snprintf(out, size, "%d", rc);
	for (i = 0; i < given.count; i++) {
		used += (size_t)snprintf(out + used, size - used, " %s", given.names[i]);
		if (fcntl(3 + (int)i, F_GETFD) != FD_CLOEXEC)
			used += (size_t)snprintf(out + used, size - used, "(inherited)");
	}
	if (getenv("LISTEN_FDS") || getenv("LISTEN_PID") || getenv("LISTEN_FDNAMES") || getenv("LISTEN_PIDFDID"))
		snprintf(out + used, size - used, " environment");
	listen_fds_free(&given);
	return 0;
}

static void gets(const char *fds, const char *pid, const char *names, int open_fds, const char *want)
{
	char out[1024] = "";
	int ends[2];
	ssize_t n;

	if (pipe(ends) < 0)
		return;
	fflush(stdout);
	if (fork() == 0) {
		dup2(ends[1], 1);
		take(fds, pid, names, open_fds, out, sizeof(out));
		_exit(write(1, out, strlen(out)) < 0);
	}
	close(ends[1]);
	n = read(ends[0], out, sizeof(out) - 1);
	out[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	wait(NULL);
	is_text(out, want, "%s for %s named %s", fds, pid, names ? names : "(nothing)");
}

static void check_listen_fds(void)
{
	char want[32];

	gets("2", "own", "session:manifest", 2, "0 session manifest");
	gets("1", "own", NULL, 1, "0 unknown");
	gets("3", "own", "a", 3, "0 a unknown unknown");
	gets("2", "own", ":b", 2, "0  b");
	gets("1", "own", "a:b:c", 1, "0 a");
	gets("0", "own", "", 0, "0");
	gets("2", "1", "a:b", 2, "0");
	snprintf(want, sizeof(want), "%d", -EBADF);
	gets("2", "own", "a:b", 1, want);
	snprintf(want, sizeof(want), "%d", -EINVAL);
	gets("-1", "own", "a", 1, want);
	gets("1x", "own", "a", 1, want);
	gets("", "own", "a", 1, want);
	gets("99999999999999999999", "own", "a", 1, want);
	gets("4097", "own", "a", 1, want);
	gets("1", "self", "a", 1, want);
}

int main(void)
{
	char path[] = "/tmp/vfio-luctl-notify.XXXXXX", socket_path[64];

	ok(mkdtemp(path) != NULL, "a directory");
	snprintf(socket_path, sizeof(socket_path), "%s/notify", path);
	check_words(socket_path);
	unlink(socket_path);
	rmdir(path);
	check_words("@vfio-luctl-test-words");
	check_barrier();
	check_nobody();
	check_listen_fds();
	return tap_done();
}
