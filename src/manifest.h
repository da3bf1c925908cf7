/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session holds, written into the session itself: a small sealed memfd
 * under token 0, read first in the new kernel.
 *
 * The file is one header line and a JSON object of exactly <length> bytes:
 *
 *   vfio-luctl-manifest 1 <length> <crc32>\n
 *   {"version":1,"session":...,"tool":...,"kernel":...,"boot_id":...,
 *    "created":...,"entries":[{"token":"0x...","kind":"vfio-pci",
 *    "address":...,"vendor":"8086","device":"10c9","driver":"vfio-pci"}]}
 *
 * <length> is decimal, <crc32> the CRC-32 of IEEE 802.3 (as zlib and gzip
 * have it) over the JSON, in eight lower-case hex digits.  Keys that are not
 * known are ignored.  Another version in the header line is refused.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "pci_addr.h"
#include "session.h"

struct error;

#define MANIFEST_MAX_SIZE (1024 * 1024)
#define MANIFEST_MAX_ENTRIES 4096

struct manifest_entry {
	uint64_t token; /* always token_from_pci(address) */
	struct pci_addr address;
	int vendor;     /* -1 when not known */
	int device;
	char driver[64];
};

struct manifest {
	char session[SESSION_NAME_SIZE];
	char tool[32];
	char kernel[66];  /* uname release of the kernel that wrote it */
	char boot_id[40];
	char created[32]; /* ISO 8601, UTC */
	struct manifest_entry *entries; /* in the order of the addresses */
	size_t count;
};

/*
 * Start a manifest of @session as written now, on this kernel, by @tool; no
 * entries yet.  The caller frees it with manifest_free().
 */
void manifest_init(struct manifest *manifest, const char *session, const char *tool);

/* Append an entry; -EEXIST when the address is there already, -ENOMEM. */
int manifest_add(struct manifest *manifest, const struct manifest_entry *entry);

const struct manifest_entry *manifest_find(const struct manifest *manifest,
					   uint64_t token);

/* The text form into @text, which the caller frees. 0 or -ENOMEM, error filled. */
int manifest_format(const struct manifest *manifest, char **text, size_t *length,
		    struct error *err);

/*
 * The reverse.  @text is input from outside: everything in it is checked, and
 * it must be the manifest of @session.  @manifest is left alone on failure:
 * -EBADMSG when damaged or not a manifest, -ENOTSUP for another version,
 * -ENOMEM; STATUS_FAILED, the error names @session.
 */
int manifest_parse(const char *text, size_t length, const char *session,
		   struct manifest *manifest, struct error *err);

/* As a sealed memfd, to be preserved.  Returns it or a negative errno, error filled. */
int manifest_to_memfd(const struct manifest *manifest, struct error *err);

/* manifest_parse() of the file @fd. */
int manifest_from_fd(int fd, const char *session, struct manifest *manifest,
		     struct error *err);

void manifest_free(struct manifest *manifest);
