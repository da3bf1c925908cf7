// SPDX-License-Identifier: GPL-2.0-or-later
/* The memfds that go into a session: of a process, of others, and such as we make. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim.h"
#include "cleanup.h"
#include "error.h"
#include "handoff.h"
#include "process.h"
#include "session.h"
#include "token.h"

/*
 * Is @fd, whose status goes to @st, no deleted file that was called so, but where the kernel's own
 * memfds are, or on huge pages?  1, 0, or a negative errno: who cannot tell must not leave it out.
 */
static int is_memfd(int fd, struct stat *st, const char *object, struct error *err)
{
	cleanup_close int ours = memfd_create("vfio-luctl", MFD_CLOEXEC);
	struct stat like;

	if (ours < 0 || fstat(ours, &like) < 0)
		return error_set(err, STATUS_FAILED, errno, object, "cannot create a memfd to compare it with");
	if (fstat(fd, st) < 0)
		return error_set(err, STATUS_FAILED, errno, object, "cannot look at it");
	return st->st_dev == like.st_dev || session_memfd_is_huge(fd);
}

static bool is_taken(const struct claim *claim, const struct stat *st)
{
	struct stat other;
	size_t i;

	for (i = 0; i < claim->memfd_count; i++)
		if (fstat(claim->memfds[i].fd, &other) == 0 && other.st_dev == st->st_dev &&
		    other.st_ino == st->st_ino)
			return true;
	return false;
}

/* Take over @fd in any case. */
static int add_memfd(struct claim *claim, const char *name, int fd, const struct stat *st,
		     struct error *err)
{
	struct claim_memfd memfd = { .fd = fd, .entry = { .vendor = -1, .device = -1 } };
	struct claim_memfd *grown = reallocarray(claim->memfds, claim->memfd_count + 1, sizeof(*grown));

	if (!grown) {
		close(fd);
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "cannot take the memfds");
	}
	claim->memfds = grown;
	snprintf(memfd.entry.name, sizeof(memfd.entry.name), "%s", name);
	memfd.entry.size = (uint64_t)st->st_size;
	memfd.entry.token = token_from_memfd((uint32_t)claim->memfd_count + 1);
	grown[claim->memfd_count++] = memfd;
	return 0;
}

static int take_one(const struct process *process, const struct process_memfd *file,
		    struct claim *claim, struct error *err)
{
	cleanup_close int fd = process_take_memfd(process, file, err);
	char object[64];
	struct stat st;
	int rc;

	if (fd < 0)
		return fd;
	snprintf(object, sizeof(object), "process %d, descriptor %d", (int)process->pid, file->number);
	rc = is_memfd(fd, &st, object, err);
	if (rc <= 0 || is_taken(claim, &st))
		return rc < 0 ? rc : 0;
	return add_memfd(claim, file->name, steal_fd(&fd), &st, err);
}

int claim_take_memfds(const struct process *process, const struct process_files *files,
		      struct claim *claim, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < files->memfd_count; i++)
		rc = take_one(process, &files->memfds[i], claim, err);
	if (rc == 0 && !claim->memfd_count) {
		char object[64];

		snprintf(object, sizeof(object), "process %d (%s)", (int)process->pid, process->comm);
		rc = error_set(err, STATUS_NOT_FOUND, ENOENT, object,
			       "it has no memfd open: its memory is not in one");
		error_hint(err, "QEMU: -object memory-backend-memfd,share=on,...");
	}
	return rc;
}

/* "WHAT=NAME" in two; without NAME, @name is "" and all of it is WHAT. */
struct spec {
	char *what;
	const char *name;
};

static void spec_free(struct spec *spec)
{
	free(spec->what);
}

static int split_spec(const char *text, struct spec *spec, struct error *err)
{
	char *equals;

	spec->name = "";
	spec->what = strdup(text);
	if (!spec->what)
		return error_set(err, STATUS_FAILED, ENOMEM, text, "cannot take it");
	equals = strrchr(spec->what, '=');
	if (equals) {
		*equals = '\0';
		spec->name = equals + 1;
	}
	return *spec->what ? 0 : error_set(err, STATUS_USAGE, 0, text, "no file is named");
}

/* A name that nothing else in the session has. */
static int check_name(const struct claim *claim, const char *name, const char *text,
		      struct error *err)
{
	size_t i;
	int rc;

	if (!handoff_is_name(name)) {
		rc = error_set(err, STATUS_USAGE, 0, text, "'%s' is no name for a memfd", name);
		error_hint(err, "a name has 1 to 63 letters, digits, '.', '_', '-', and is none of iommufd, memfd-..., pci-...");
		return rc;
	}
	for (i = 0; i < claim->memfd_count; i++)
		if (!strcmp(claim->memfds[i].entry.name, name))
			return error_set(err, STATUS_USAGE, 0, text, "another memfd is called '%s' already", name);
	return 0;
}

/* The descriptor @number of the process @pid, which may be anybody. */
static int take_number(int rootfd, pid_t pid, int number, struct error *err)
{
	struct process process = PROCESS_INIT;
	int rc = process_open(rootfd, pid, &process, err);

	if (rc == 0)
		rc = process_take_number(&process, number, err);
	process_close(&process);
	return rc;
}

/* "PID:FD"; a file that is called so has a path with a slash in it. */
static bool parse_number(const char *text, pid_t *pid, int *number)
{
	int end = 0;

	return strspn(text, "0123456789:") == strlen(text) &&
	       sscanf(text, "%9d:%9d%n", pid, number, &end) == 2 && !text[end] && *pid > 0;
}

/* Looked at before it is opened, which of a device could be more than looking. */
static int open_file(const char *path, int flags, struct stat *st, struct error *err)
{
	cleanup_close int fd = -1;

	if (stat(path, st) < 0)
		return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED, errno, path,
				 "cannot open it");
	if (!S_ISREG(st->st_mode))
		return error_set(err, STATUS_REFUSED, 0, path, "it is no regular file");
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, st) < 0)
		return error_set(err, STATUS_FAILED, errno, path, "cannot open it");
	return steal_fd(&fd);
}

int claim_add_memfd(struct claim *claim, int rootfd, const char *text, struct error *err)
{
	__attribute__((cleanup(spec_free))) struct spec spec = { 0 };
	cleanup_close int fd = -1;
	struct stat st;
	int number, rc;
	pid_t pid;

	rc = split_spec(text, &spec, err);
	if (rc == 0)
		rc = check_name(claim, spec.name, text, err);
	if (rc < 0)
		return rc;
	if (parse_number(spec.what, &pid, &number))
		fd = take_number(rootfd, pid, number, err);
	else
		fd = open_file(spec.what, O_RDWR, &st, err);
	if (fd < 0)
		return fd;
	rc = is_memfd(fd, &st, spec.what, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		rc = error_set(err, STATUS_REFUSED, 0, spec.what, "it is no memfd, and nothing else can be preserved");
		error_hint(err, "--attach preserves a copy of a small file");
		return rc;
	}
	if (is_taken(claim, &st))
		return error_set(err, STATUS_USAGE, 0, text, "the same memfd is given twice");
	return add_memfd(claim, spec.name, steal_fd(&fd), &st, err);
}

/* A copy of @size bytes that nobody can change. */
static int copy_file(int from, const char *name, size_t size, struct error *err)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	cleanup_close int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	if (fd < 0)
		return error_set(err, STATUS_FAILED, errno, name, "cannot create a memfd");
	while (done < size) {
		ssize_t n = sendfile(fd, from, NULL, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, STATUS_FAILED, n < 0 ? errno : EIO, name, "cannot copy the file");
		done += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		return error_set(err, STATUS_FAILED, errno, name, "cannot seal the copy");
	return steal_fd(&fd);
}

int claim_attach(struct claim *claim, const char *text, struct error *err)
{
	__attribute__((cleanup(spec_free))) struct spec spec = { 0 };
	cleanup_close int from = -1, fd = -1;
	struct stat st;
	int rc;

	rc = split_spec(text, &spec, err);
	if (rc == 0 && !*spec.name && !strchr(text, '='))
		spec.name = basename(spec.what);
	if (rc == 0)
		rc = check_name(claim, spec.name, text, err);
	if (rc < 0)
		return rc;
	from = open_file(spec.what, O_RDONLY, &st, err);
	if (from < 0)
		return from;
	if (st.st_size == 0 || st.st_size > CLAIM_ATTACH_MAX)
		return error_set(err, STATUS_REFUSED, 0, spec.what, "it has %lld bytes, and must have 1 to %d",
				 (long long)st.st_size, CLAIM_ATTACH_MAX);
	fd = copy_file(from, spec.name, (size_t)st.st_size, err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	return add_memfd(claim, spec.name, steal_fd(&fd), &st, err);
}
