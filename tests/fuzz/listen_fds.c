// SPDX-License-Identifier: GPL-2.0-or-later
/* What the environment says of descriptors handed over: their number, and their names below it. */
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "notify.h"

/* Not setenv(), which keeps every value there ever was. */
static void put(char *entry)
{
	must(entry && !putenv(entry));
}

static int take(const char *number, const char *pid, const char *names, struct listen_fds *taken)
{
	cleanup_free char *fds = NULL, *process = NULL, *called = NULL;

	must(asprintf(&fds, "LISTEN_FDS=%s", number) > 0 && asprintf(&process, "LISTEN_PID=%s", pid) > 0 &&
	     asprintf(&called, "LISTEN_FDNAMES=%s", names ? names : "") > 0);
	put(fds);
	put(process);
	if (names)
		put(called);
	return listen_fds_take(taken);
}

static void check(const char *number, const char *pid, const char *names)
{
	struct listen_fds taken;
	int rc = take(number, pid, names, &taken);
	size_t i;

	must(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"));
	must(rc <= 0 && (rc == 0 || (!taken.names && !taken.count)) && taken.count <= 4096);
	for (i = 0; i < taken.count; i++) {
		must(memchr(taken.names[i], '\0', sizeof(taken.names[i])) && !strchr(taken.names[i], ':'));
		must(names || !strcmp(taken.names[i], "unknown"));
	}
	listen_fds_free(&taken);
}

/* Some there are, and after them none. */
static void open_some(void)
{
	while (fcntl(LISTEN_FDS_FIRST + 8, F_GETFD) < 0)
		must(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	char *names = strchr(text, '\n'), self[16];

	open_some();
	if (names)
		*names++ = '\0';
	snprintf(self, sizeof(self), "%d", (int)getpid());
	check(text, self, names);
	check("2", self, text);
	check("1", text, names);
	return 0;
}
