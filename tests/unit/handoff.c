// SPDX-License-Identifier: GPL-2.0-or-later
/* Placeholders in the command of a hand-over. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "handoff.h"
#include "tap.h"

static struct handoff_fd fds[] = {
	{ .address = { 0, 1, 0, 0 }, .name = "" },
	{ .address = { 0, 2, 0, 0 }, .name = "" },
	{ .address = { 0x10000, 2, 0, 0 }, .name = "" },
	{ .address = { 0x10000, 0xe1, 0x1f, 7 }, .name = "" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 1, .name = "ram" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 2, .name = "twice" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 3, .name = "twice" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 14, .name = "" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 5, .name = "memfd-1" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 6, .name = "a:b c" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 7, .name = "02:00.0" },
	{ .kind = HANDOFF_IS_IOMMUFD, .name = "" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 8, .name = "pci_0000_01_00_0" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 9, .name = "memfd_1" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 10, .name = "vm-state" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 11, .name = "vm.state" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 12, .name = "vm-stat" },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 13, .name = "pci" },
};
static const struct handoff handoff = {
	.session = "vm1", .fds = fds, .count = sizeof(fds) / sizeof(*fds), .first = 3,
};

static void named(size_t index, const char *want)
{
	char name[HANDOFF_NAME_SIZE];

	is_text(handoff_name(&handoff, index, name), want, "number %zu is called %s", index, want);
}

static void good(const char *argument, const char *want)
{
	char *result = NULL;
	struct error err;

	ok(handoff_expand(argument, &handoff, &result, &err) == 0, "'%s' is right", argument);
	is_text(result ? result : "(none)", want, "'%s' is expanded", argument);
	free(result);
}

static void bad(const char *argument)
{
	char *result = NULL;
	struct error err = { .status = STATUS_OK };

	ok(handoff_expand(argument, &handoff, &result, &err) < 0, "'%s' is wrong", argument);
	is_int(err.status, STATUS_USAGE, "'%s' is wrong usage", argument);
	ok(!result, "'%s' gives nothing", argument);
}

static void check_names(void)
{
	static const char *const right[] = { "ram", "r", "0", "A.b_c-9", "memfd", "iommufd2", "pci",
		"123456789012345678901234567890123456789012345678901234567890123" };
	static const char *const wrong[] = { "", ".", "-a", "_a", "a b", "a:b", "a/b", "a=b", "a{", "\xe4", "iommufd",
		"memfd-1", "memfd-", "pci-x", "1234567890123456789012345678901234567890123456789012345678901234" };
	size_t i;

	for (i = 0; i < sizeof(right) / sizeof(*right); i++)
		ok(handoff_is_name(right[i]), "'%s' is a name", right[i]);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ok(!handoff_is_name(wrong[i]), "'%s' is none", wrong[i]);
	named(0, "pci-0000-01-00.0");
	named(3, "pci-10000-e1-1f.7");
	named(4, "ram");
	named(5, "memfd-2");
	named(6, "memfd-3");
	named(7, "memfd-14");
	named(8, "memfd-5");
	named(9, "memfd-6");
	named(11, "iommufd");
	/* Whose variable would be that of something else. */
	named(12, "memfd-8");
	named(13, "memfd-9");
	named(14, "memfd-10");
	named(15, "memfd-11");
	named(16, "vm-stat");
	named(17, "pci");
}

static void check_command(const char *word, bool with_iommufd, enum exit_status want)
{
	char *command[] = { (char *)"cat", (char *)word, NULL };
	struct error err = { .status = STATUS_OK };

	handoff_check_command(command, with_iommufd, &err);
	is_int(err.status, want, "cat '%s' before the devices are known", word);
}

/* A command in an environment with what no unsetenv() removes. */
static void check_environment(void)
{
	static char *odd[] = { (char *)"VFIO_LUCTL_FD_old", (char *)"VFIO_LUCTL_FD_older=7", (char *)"A=b", NULL };
	char *const command[] = { (char *)"/bin/sh", (char *)"-c",
		(char *)"test \"$A$VFIO_LUCTL_FD_ram$VFIO_LUCTL_FD_older\" = b3 && ! env | grep -q old", NULL };
	struct handoff_fd one = { .kind = HANDOFF_IS_MEMFD, .memfd = 1, .name = "ram", .fd = STDOUT_FILENO };
	const struct handoff alone = { .session = "vm1", .fds = &one, .count = 1, .first = 3 };
	struct error err;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		environ = odd;
		handoff_exec(command, &alone, &err);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "a command gets its variables, and no others");
}

int main(void)
{
	check_environment();

	char *missing[] = { (char *)"/nonexistent/command", NULL };
	char *directory[] = { (char *)"/", NULL };
	char *empty[] = { (char *)"", NULL };
	struct error err;

	good("", "");
	good("plain", "plain");
	good("{0000:01:00.0}", "3");
	good("{01:00.0}", "3");
	good("fd={0000:02:00.0},x", "fd=4,x");
	good("{10000:02:00.0}{e1:1f.7}", "56");
	good("{{}}", "{}");
	good("{{{01:00.0}}}", "{3}");
	good("{{\"fd\":{0000:01:00.0}}}", "{\"fd\":3}");
	good("{{01:00.0}}", "{01:00.0}");
	bad("{");
	bad("}");
	bad("{}");
	bad("a{b");
	bad("a}b");
	bad("{01:00.0");
	bad("01:00.0}");
	bad("{01:00.0{");
	bad("{{{01:00.0}}");
	bad("{x}");
	bad("{02:00.0}");      /* two domains have it */
	bad("{0000:03:00.0}"); /* not handed over */
	bad("{0001:01:00.0}");
	bad("{0000:00:00.0}"); /* a memfd has no address */
	good("/proc/self/fd/{ram}", "/proc/self/fd/7");
	good("{memfd-1}", "7"); /* not the one that is called so */
	good("{memfd-2}{memfd-14}{memfd-5}", "81011");
	good("{a:b c}", "12");
	good("fd={iommufd}", "fd=14");
	bad("{twice}");
	bad("{memfd-4}");
	bad("{memfd-01}");
	bad("{ra}");
	bad("{rams}");
	bad("{iommu}");
	bad("{pci-0000-01-00.0}");
	bad("{01:00.0 }");
	bad("{0000:01:00.0000000000000000000000000000000000000000000}");

	check_command("{77:00.0}", false, STATUS_OK);
	check_command("{{}}", false, STATUS_OK);
	check_command("{ram}", false, STATUS_OK);
	check_command("{77:00.0", false, STATUS_USAGE);
	check_command("{}", false, STATUS_USAGE);
	check_command("x{iommufd}", false, STATUS_USAGE);
	check_command("{{{iommufd}}}", false, STATUS_USAGE);
	check_command("{{iommufd}}", false, STATUS_OK);
	check_command("x{iommufd}", true, STATUS_OK);
	check_names();
	ok(handoff_check_command(missing, false, &err) < 0, "a missing command is found out");
	is_int(err.status, STATUS_FAILED, "a missing command is no wrong usage");
	ok(handoff_check_command(directory, false, &err) < 0, "a directory is no command");
	ok(handoff_check_command(empty, false, &err) < 0, "an empty word is no command");
	return tap_done();
}
