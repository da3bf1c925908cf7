// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of what is handed over, and their placeholders in a command. */
#include <ctype.h>
#include <errno.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "handoff.h"

#define MEMFD_PREFIX "memfd-"
#define DEVICE_PREFIX "pci-"
#define GIVEN_NAME_MAX 63

static bool is_reserved(const char *name)
{
	return !strcmp(name, HANDOFF_IOMMUFD) || !strncmp(name, MEMFD_PREFIX, strlen(MEMFD_PREFIX)) ||
	       !strncmp(name, DEVICE_PREFIX, strlen(DEVICE_PREFIX));
}

bool handoff_is_name(const char *name)
{
	size_t length = strlen(name);

	return length <= GIVEN_NAME_MAX && isascii(*name) && isalnum(*name) &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == length &&
	       !is_reserved(name);
}

/* In the name of a variable, all but letters and digits are '_' (set_fd_variable()). */
static char in_variable(char c)
{
	return isascii(c) && isalnum(c) ? c : '_';
}

/* Whether the first @length bytes of @a and @b, or all, are the same in a variable. */
static bool is_alike(const char *a, const char *b, size_t length)
{
	for (; length && *a && *b; length--, a++, b++)
		if (in_variable(*a) != in_variable(*b))
			return false;
	return !length || *a == *b;
}

/* The variable of another kind of thing would be set by it. */
static bool is_taken(const char *name)
{
	return !strcmp(name, HANDOFF_IOMMUFD) || is_alike(name, MEMFD_PREFIX, strlen(MEMFD_PREFIX)) ||
	       is_alike(name, DEVICE_PREFIX, strlen(DEVICE_PREFIX));
}

/* FDNAME in sd_pid_notify_with_fds(3): printable ASCII without a colon. */
static bool is_fdname(const char *name)
{
	size_t length = 0;

	for (; name[length]; length++)
		if (name[length] <= ' ' || name[length] > '~' || name[length] == ':')
			return false;
	return length > 0 && length < HANDOFF_NAME_SIZE && !is_taken(name);
}

static bool is_called(const struct handoff_fd *item, const char *name, size_t length)
{
	return item->kind == HANDOFF_IS_MEMFD && strlen(item->name) == length &&
	       !memcmp(item->name, name, length);
}

static size_t count_alike(const struct handoff *handoff, const char *name)
{
	size_t i, count = 0;

	for (i = 0; i < handoff->count; i++)
		count += handoff->fds[i].kind == HANDOFF_IS_MEMFD && is_alike(handoff->fds[i].name, name, SIZE_MAX);
	return count;
}

const char *handoff_name(const struct handoff *handoff, size_t index,
			 char buf[static HANDOFF_NAME_SIZE])
{
	const struct handoff_fd *item = &handoff->fds[index];
	struct pci_addr address = item->address;

	if (item->kind == HANDOFF_IS_IOMMUFD)
		snprintf(buf, HANDOFF_NAME_SIZE, HANDOFF_IOMMUFD);
	else if (item->kind == HANDOFF_IS_DEVICE)
		snprintf(buf, HANDOFF_NAME_SIZE, DEVICE_PREFIX "%04x-%02x-%02x.%x", address.domain,
			 address.bus, address.device, address.function);
	else if (is_fdname(item->name) && count_alike(handoff, item->name) == 1)
		snprintf(buf, HANDOFF_NAME_SIZE, "%s", item->name);
	else
		snprintf(buf, HANDOFF_NAME_SIZE, MEMFD_PREFIX "%u", item->memfd);
	return buf;
}

static int bad_placeholder(struct error *err, const char *argument, const char *what)
{
	int rc = error_set(err, STATUS_USAGE, 0, argument, "%s", what);

	error_hint(err, "a placeholder is {ADDRESS}, {iommufd} with --iommufd, {NAME} or {memfd-N}; write {{ and }} for braces");
	return rc;
}

/* What stands between two braces. */
struct placeholder {
	const char *text;
	size_t length;
	bool is_address;
	bool has_domain;
	struct pci_addr address;
};

static struct placeholder read_placeholder(const char *start, const char *end)
{
	struct placeholder placeholder = { .text = start, .length = (size_t)(end - start) };
	char text[PCI_ADDR_STRLEN];

	if (placeholder.length >= sizeof(text))
		return placeholder;
	memcpy(text, start, placeholder.length);
	text[placeholder.length] = '\0';
	placeholder.is_address = pci_addr_parse(text, &placeholder.address,
						&placeholder.has_domain) == 0;
	return placeholder;
}

static bool is_text(const struct placeholder *placeholder, const char *text)
{
	return strlen(text) == placeholder->length && !memcmp(text, placeholder->text, placeholder->length);
}

static bool names_memfd(const struct placeholder *placeholder, const struct handoff_fd *item)
{
	char number[32];

	snprintf(number, sizeof(number), MEMFD_PREFIX "%u", item->memfd);
	if (!strncmp(placeholder->text, MEMFD_PREFIX, strlen(MEMFD_PREFIX)))
		return is_text(placeholder, number);
	return is_called(item, placeholder->text, placeholder->length);
}

static bool names(const struct placeholder *placeholder, const struct handoff_fd *item)
{
	struct pci_addr wanted = placeholder->address;

	if (placeholder->is_address) {
		if (!placeholder->has_domain)
			wanted.domain = item->address.domain;
		return item->kind == HANDOFF_IS_DEVICE && pci_addr_compare(wanted, item->address) == 0;
	}
	if (is_text(placeholder, HANDOFF_IOMMUFD))
		return item->kind == HANDOFF_IS_IOMMUFD;
	return item->kind == HANDOFF_IS_MEMFD && names_memfd(placeholder, item);
}

/* The number of the descriptor that @placeholder names; -ENOENT or -ENOTUNIQ. */
static int find_number(const struct placeholder *placeholder, const struct handoff *handoff)
{
	int number = -ENOENT;
	size_t i;

	for (i = 0; i < handoff->count; i++) {
		if (!names(placeholder, &handoff->fds[i]))
			continue;
		if (number >= 0)
			return -ENOTUNIQ;
		number = handoff->first + (int)i;
	}
	return number;
}

/*
 * Replace the placeholder at @at ("{...").  Without @handoff only its form is
 * checked.  Returns how many bytes it has, or a negative errno.
 */
static int expand_one(const char *argument, const char *at, FILE *out,
		      const struct handoff *handoff, struct error *err)
{
	const char *end = at + 1 + strcspn(at + 1, "{}");
	struct placeholder placeholder = read_placeholder(at + 1, end);
	int number = 0;

	if (*end != '}')
		return bad_placeholder(err, argument, "an opening brace without its closing one");
	if (!placeholder.length)
		return bad_placeholder(err, argument, "nothing stands in braces");
	if (handoff)
		number = find_number(&placeholder, handoff);
	if (number == -ENOTUNIQ)
		return bad_placeholder(err, argument, "what stands in braces fits several descriptors");
	if (number < 0)
		return bad_placeholder(err, argument, "what stands in braces is nothing that is handed over");
	fprintf(out, "%d", number);
	return (int)(end + 1 - at);
}

static int expand_into(const char *argument, FILE *out, const struct handoff *handoff,
		       struct error *err)
{
	const char *at = argument;
	int n;

	while (*at) {
		if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
			fputc(*at, out);
			at += 2;
		} else if (*at == '{') {
			n = expand_one(argument, at, out, handoff, err);
			if (n < 0)
				return n;
			at += n;
		} else if (*at == '}') {
			return bad_placeholder(err, argument, "a closing brace without its opening one");
		} else {
			fputc(*at++, out);
		}
	}
	return 0;
}

int handoff_expand(const char *argument, const struct handoff *handoff, char **result,
		   struct error *err)
{
	size_t size;
	FILE *out = open_memstream(result, &size);
	int rc;

	if (!out)
		return error_set(err, STATUS_FAILED, errno, argument, "cannot expand");
	rc = expand_into(argument, out, handoff, err);
	if (fclose(out) && rc == 0)
		rc = error_set(err, STATUS_FAILED, errno, argument, "cannot expand");
	if (rc < 0) {
		free(*result);
		*result = NULL;
	}
	return rc;
}

static bool is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Would execvp() find @name? */
static bool can_execute(const char *name)
{
	const char *path = getenv("PATH");
	size_t length;

	if (!*name || strchr(name, '/'))
		return is_executable(name);
	for (path = path ? path : _PATH_DEFPATH;; path += length + 1) {
		cleanup_free char *full = NULL;

		length = strcspn(path, ":");
		if (asprintf(&full, "%.*s%s%s", (int)length, path, length ? "/" : "", name) < 0)
			full = NULL;
		if (full && is_executable(full))
			return true;
		if (!path[length])
			return false;
	}
}

static bool has_iommufd(const char *argument)
{
	const char *at = argument;

	while ((at = strchr(at, '{'))) {
		if (at[1] == '{')
			at += 2;
		else if (!strncmp(++at, HANDOFF_IOMMUFD "}", strlen(HANDOFF_IOMMUFD "}")))
			return true;
	}
	return false;
}

int handoff_check_command(char *const *command, bool with_iommufd, struct error *err)
{
	int rc = 0;

	if (!can_execute(command[0]))
		return error_set(err, STATUS_FAILED, 0, command[0],
				 "there is no such command, or it cannot be executed");
	for (; rc == 0 && *command; command++) {
		cleanup_free char *result = NULL;

		rc = handoff_expand(*command, NULL, &result, err);
		if (rc == 0 && !with_iommufd && has_iommufd(*command))
			rc = bad_placeholder(err, *command, "{iommufd} without --iommufd");
	}
	return rc;
}

int handoff_check_arguments(char *const *command, const struct handoff *handoff, struct error *err)
{
	int rc = 0;

	for (; rc == 0 && *command; command++) {
		cleanup_free char *result = NULL;

		rc = handoff_expand(*command, handoff, &result, err);
	}
	return rc;
}
