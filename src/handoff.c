// SPDX-License-Identifier: GPL-2.0-or-later
/* Placeholders, LISTEN_FDS and exec: the only place where close-on-exec is cleared. */
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "handoff.h"

static int bad_placeholder(struct error *err, const char *argument, const char *what)
{
	int rc = error_set(err, STATUS_USAGE, 0, argument, "%s", what);

	error_hint(err, "a placeholder is {ADDRESS}; write {{ and }} for literal braces");
	return rc;
}

/* The address between @start and @end. */
static bool parse_placeholder(const char *start, const char *end, struct pci_addr *addr,
			      bool *has_domain)
{
	char text[PCI_ADDR_STRLEN];
	size_t length = (size_t)(end - start);

	if (length >= sizeof(text))
		return false;
	memcpy(text, start, length);
	text[length] = '\0';
	return pci_addr_parse(text, addr, has_domain) == 0;
}

static bool matches(struct pci_addr wanted, bool has_domain, struct pci_addr addr)
{
	if (!has_domain)
		wanted.domain = addr.domain;
	return pci_addr_compare(wanted, addr) == 0;
}

/* The number of the descriptor that @wanted will have; -ENOENT or -ENOTUNIQ. */
static int find_number(struct pci_addr wanted, bool has_domain,
		       const struct handoff_device *devices, size_t count)
{
	int number = -ENOENT;
	size_t i;

	for (i = 0; i < count; i++) {
		if (devices[i].memfd || !matches(wanted, has_domain, devices[i].address))
			continue;
		if (number >= 0)
			return -ENOTUNIQ;
		number = HANDOFF_FIRST_FD + (int)i;
	}
	return number;
}

/*
 * Replace the placeholder at @at ("{...").  Without @devices only its form is
 * checked.  Returns how many bytes it has, or a negative errno.
 */
static int expand_one(const char *argument, const char *at, FILE *out,
		      const struct handoff_device *devices, size_t count, struct error *err)
{
	const char *end = at + 1 + strcspn(at + 1, "{}");
	struct pci_addr addr;
	bool has_domain;
	int number = 0;

	if (*end != '}')
		return bad_placeholder(err, argument, "an opening brace without its closing one");
	if (!parse_placeholder(at + 1, end, &addr, &has_domain))
		return bad_placeholder(err, argument, "what stands in braces is no PCI address");
	if (devices)
		number = find_number(addr, has_domain, devices, count);
	if (number == -ENOTUNIQ)
		return bad_placeholder(err, argument, "the short address fits several devices");
	if (number < 0)
		return bad_placeholder(err, argument, "the address in braces is none of the devices handed over");
	fprintf(out, "%d", number);
	return (int)(end + 1 - at);
}

static int expand_into(const char *argument, FILE *out, const struct handoff_device *devices,
		       size_t count, struct error *err)
{
	const char *at = argument;
	int n;

	while (*at) {
		if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
			fputc(*at, out);
			at += 2;
		} else if (*at == '{') {
			n = expand_one(argument, at, out, devices, count, err);
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

/* As handoff_expand(), and without @devices a check of the form. */
static int expand(const char *argument, const struct handoff_device *devices, size_t count,
		  char **result, struct error *err)
{
	size_t size;
	FILE *out = open_memstream(result, &size);
	int rc;

	if (!out)
		return error_set(err, STATUS_FAILED, errno, argument, "cannot expand");
	rc = expand_into(argument, out, devices, count, err);
	if (fclose(out) && rc == 0)
		rc = error_set(err, STATUS_FAILED, errno, argument, "cannot expand");
	if (rc < 0) {
		free(*result);
		*result = NULL;
	}
	return rc;
}

int handoff_expand(const char *argument, const struct handoff_device *devices, size_t count,
		   char **result, struct error *err)
{
	static const struct handoff_device none;

	return expand(argument, devices ? devices : &none, count, result, err);
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

int handoff_check_command(char *const *command, struct error *err)
{
	int rc = 0;

	if (!can_execute(command[0]))
		return error_set(err, STATUS_FAILED, 0, command[0],
				 "there is no such command, or it cannot be executed");
	for (; rc == 0 && *command; command++) {
		cleanup_free char *result = NULL;

		rc = expand(*command, NULL, 0, &result, err);
	}
	return rc;
}

int handoff_check_devices(char *const *command, const struct handoff_device *devices,
			  size_t count, struct error *err)
{
	int rc = 0;

	for (; rc == 0 && *command; command++) {
		cleanup_free char *result = NULL;

		rc = handoff_expand(*command, devices, count, &result, err);
	}
	return rc;
}

/*
 * First out of the way of the numbers they are to have, then onto these.  What
 * dup2() closes there is ours and not needed after the exec.
 */
static int place_fds(const struct handoff_device *devices, size_t count)
{
	const int above = HANDOFF_FIRST_FD + (int)count;
	cleanup_free int *moved = calloc(count + 1, sizeof(*moved));
	size_t i;

	if (!moved)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		moved[i] = fcntl(devices[i].fd, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return -errno;
	}
	for (i = 0; i < count; i++)
		if (dup2(moved[i], HANDOFF_FIRST_FD + (int)i) < 0)
			return -errno;
	return 0;
}

static int set_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	return setenv(name, text, 1) < 0 ? -errno : 0;
}

/* sd_listen_fds(3): how many, for whom, and their names separated by colons. */
static int set_environment(const struct handoff_device *devices, size_t count)
{
	cleanup_free char *names = NULL;
	size_t i, size;
	FILE *out = open_memstream(&names, &size);
	int rc;

	if (!out)
		return -errno;
	for (i = 0; i < count; i++) {
		struct pci_addr address = devices[i].address;

		if (devices[i].memfd)
			fprintf(out, "%smemfd-%u", i ? ":" : "", devices[i].memfd);
		else
			fprintf(out, "%spci-%04x-%02x-%02x.%x", i ? ":" : "", address.domain,
				address.bus, address.device, address.function);
	}
	if (fclose(out) || setenv("LISTEN_FDNAMES", names, 1) < 0)
		return -errno;
	rc = set_number("LISTEN_FDS", (long)count);
	return rc < 0 ? rc : set_number("LISTEN_PID", (long)getpid());
}

static void free_arguments(char ***arguments)
{
	char **argument;

	for (argument = *arguments; argument && *argument; argument++)
		free(*argument);
	free(*arguments);
}

int handoff_exec(char *const *command, const struct handoff_device *devices, size_t count,
		 struct error *err)
{
	__attribute__((cleanup(free_arguments))) char **arguments = NULL;
	size_t n = 0;
	int rc = 0;

	while (command[n])
		n++;
	arguments = calloc(n + 1, sizeof(*arguments));
	if (!arguments)
		return error_set(err, STATUS_FAILED, ENOMEM, command[0], "cannot run");
	for (n = 0; rc == 0 && command[n]; n++)
		rc = handoff_expand(command[n], devices, count, &arguments[n], err);
	if (rc < 0)
		return rc;
	rc = place_fds(devices, count);
	if (rc == 0)
		rc = set_environment(devices, count);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, command[0], "cannot hand the devices over");
	execvp(arguments[0], arguments);
	return error_set(err, STATUS_FAILED, errno, command[0], "cannot run");
}
