// SPDX-License-Identifier: GPL-2.0-or-later
/* An argument of a command, with its placeholders, and below it names of memfds that came over a kexec. */
#include <ctype.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "handoff.h"

static struct handoff_fd fds[] = {
	{ .kind = HANDOFF_IS_DEVICE, .address = { .bus = 1 }, .name = "", .fd = -1 },
	{ .kind = HANDOFF_IS_DEVICE, .address = { .domain = 1, .bus = 1 }, .name = "", .fd = -1 },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 1, .name = "pc.ram", .fd = -1 },
	{ .kind = HANDOFF_IS_MEMFD, .memfd = 2, .name = "pc.ram", .fd = -1 },
	{ .kind = HANDOFF_IS_IOMMUFD, .name = "", .fd = -1 },
};
static const struct handoff all = { "vm", fds, sizeof(fds) / sizeof(*fds), HANDOFF_FIRST_FD };

static int expand(const char *argument, const struct handoff *handoff, char **result)
{
	struct error err = { .status = STATUS_OK };
	int rc = handoff_expand(argument, handoff, result, &err);

	must(rc == 0 ? *result && err.status == STATUS_OK : rc < 0 && err.status == STATUS_USAGE && err.message[0]);
	return rc;
}

/* Each has a name that sd_listen_fds(3) allows, and a variable of its own. */
static void check_names(void)
{
	char names[sizeof(fds) / sizeof(*fds)][HANDOFF_NAME_SIZE], *c;
	size_t i, k;

	for (i = 0; i < all.count; i++) {
		handoff_name(&all, i, names[i]);
		for (c = names[i]; *c; c++) {
			must(*c > ' ' && *c <= '~' && *c != ':');
			if (!isalnum(*c))
				*c = '_';
		}
		must(c > names[i]);
		for (k = 0; k < i; k++)
			must(strcmp(names[k], names[i]));
	}
}

static void check_argument(const char *argument)
{
	cleanup_free char *result = NULL, *form = NULL;
	bool good = expand(argument, &all, &result) == 0;

	/* What nothing is known of yet is refused for its form alone. */
	if (expand(argument, NULL, &form))
		must(!good);
	if (!strpbrk(argument, "{}"))
		must(good && !strcmp(argument, result));
	handoff_is_name(argument);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *argument = fuzz_text(data, size);
	char *first = strchr(argument, '\n'), *second;

	if (first)
		*first++ = '\0';
	second = first ? strchr(first, '\n') : NULL;
	if (second)
		*second++ = '\0';
	fds[2].name = first ? first : "pc.ram";
	fds[3].name = second ? second : "pc.ram";
	check_argument(argument);
	check_names();
	return 0;
}
