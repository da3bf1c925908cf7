// SPDX-License-Identifier: GPL-2.0-or-later
/* The manifest of a session: its life in memory and as a memfd. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "manifest.h"
#include "moment.h"
#include "sysfs.h"
#include "token.h"

void manifest_init(struct manifest *manifest, const char *session, const char *tool)
{
	struct utsname uts;

	memset(manifest, 0, sizeof(*manifest));
	snprintf(manifest->session, sizeof(manifest->session), "%s", session);
	snprintf(manifest->tool, sizeof(manifest->tool), "%s", tool);
	if (uname(&uts) == 0)
		snprintf(manifest->kernel, sizeof(manifest->kernel), "%s", uts.release);
	if (sysfs_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
		       manifest->boot_id, sizeof(manifest->boot_id)) < 0)
		manifest->boot_id[0] = '\0';
	moment_format(moment_now(), manifest->created);
}

int manifest_add(struct manifest *manifest, const struct manifest_entry *entry)
{
	struct manifest_entry *grown;
	size_t at = manifest->count;

	while (at > 0 && manifest->entries[at - 1].token > entry->token)
		at--;
	if (at > 0 && manifest->entries[at - 1].token == entry->token)
		return -EEXIST;
	grown = reallocarray(manifest->entries, manifest->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memmove(grown + at + 1, grown + at, (manifest->count - at) * sizeof(*grown));
	grown[at] = *entry;
	manifest->entries = grown;
	manifest->count++;
	return 0;
}

const char *manifest_label(const struct manifest_entry *entry, char buf[static MANIFEST_LABEL_SIZE])
{
	uint32_t number = token_memfd(entry->token);
	char address[PCI_ADDR_STRLEN];

	if (!number)
		snprintf(buf, MANIFEST_LABEL_SIZE, "%s", pci_addr_format(entry->address, address));
	else if (entry->name[0])
		snprintf(buf, MANIFEST_LABEL_SIZE, "memfd %u (%s)", number, entry->name);
	else
		snprintf(buf, MANIFEST_LABEL_SIZE, "memfd %u", number);
	return buf;
}

const struct manifest_entry *manifest_find(const struct manifest *manifest,
					   uint64_t token)
{
	size_t i;

	for (i = 0; i < manifest->count; i++)
		if (manifest->entries[i].token == token)
			return &manifest->entries[i];
	return NULL;
}

void manifest_free(struct manifest *manifest)
{
	free(manifest->entries);
	manifest->entries = NULL;
	manifest->count = 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

int manifest_to_memfd(const struct manifest *manifest, struct error *err)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	cleanup_close int fd = -1;
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	rc = manifest_format(manifest, &text, &length, err);
	if (rc < 0)
		return rc;
	if (manifest->count > MANIFEST_MAX_ENTRIES || length > MANIFEST_MAX_SIZE)
		return error_set(err, STATUS_REFUSED, EFBIG, manifest->session,
				 "too much for one session: %zu devices and memfds", manifest->count);
	fd = memfd_create("vfio-luctl-manifest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_set(err, STATUS_FAILED, errno, manifest->session,
				 "cannot create the manifest");
	rc = write_all(fd, text, length);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, manifest->session,
				 "cannot write the manifest");
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		return error_set(err, STATUS_FAILED, errno, manifest->session,
				 "cannot seal the manifest");
	return steal_fd(&fd);
}

/* The whole file: pread, because a memfd keeps its position over a kexec. */
static int read_all(int fd, char *text, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pread(fd, text + done, length - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

int manifest_from_fd(int fd, const char *session, struct manifest *manifest,
		     struct error *err)
{
	cleanup_free char *text = NULL;
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return error_set(err, STATUS_FAILED, errno, session, "cannot read the manifest");
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > MANIFEST_MAX_SIZE)
		return error_set(err, STATUS_FAILED, EBADMSG, session,
				 "what lies under token 0 is not a manifest");
	text = malloc((size_t)st.st_size);
	if (!text)
		return error_set(err, STATUS_FAILED, ENOMEM, session, "cannot read the manifest");
	rc = read_all(fd, text, (size_t)st.st_size);
	if (rc < 0)
		return error_set(err, STATUS_FAILED, -rc, session, "cannot read the manifest");
	return manifest_parse(text, (size_t)st.st_size, session, manifest, err);
}
