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
 *    "address":...,"vendor":"8086","device":"10c9","driver":"vfio-pci"},
 *    {"token":"0x...","kind":"memfd","name":"pc.ram","size":1073741824}]}
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

#define MEMFD_NAME_SIZE 250 /* MFD_NAME_MAX_LEN in mm/memfd.c, and the NUL */

/* A device, or a memfd; the token tells which, see token_memfd(). */
struct manifest_entry {
	uint64_t token; /* of a device, always token_from_pci(address) */

	struct pci_addr address;
	int vendor;     /* -1 when not known */
	int device;
	char driver[64];

	char name[MEMFD_NAME_SIZE]; /* of a memfd, as its maker called it; "" when that is lost */
	uint64_t size;  /* in bytes */
};

#define MANIFEST_LABEL_SIZE (MEMFD_NAME_SIZE + 32)

/* What to call @entry: an address, "memfd 1 (pc.ram)", "memfd 1".  Returns @buf. */
const char *manifest_label(const struct manifest_entry *entry, char buf[static MANIFEST_LABEL_SIZE]);

struct manifest {
	char session[SESSION_NAME_SIZE];
	char tool[32];
	char kernel[66];  /* uname release of the kernel that wrote it */
	char boot_id[40];
	char created[32]; /* as moment_format() has it; older tools wrote no milliseconds */
	struct manifest_entry *entries; /* by token: devices by address, then memfds */
	size_t count;
};

/*
 * Start a manifest of @session as written now, on this kernel, by @tool; no
 * entries yet.  The caller frees it with manifest_free().
 */
void manifest_init(struct manifest *manifest, const char *session, const char *tool);

/* Add an entry; -EEXIST when its token is there already, -ENOMEM. */
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

/*
 * As a sealed memfd, to be preserved.  Returns it or a negative errno, error
 * filled: STATUS_REFUSED (-EFBIG) when it is more than manifest_parse() takes.
 */
int manifest_to_memfd(const struct manifest *manifest, struct error *err);

/* manifest_parse() of the file @fd. */
int manifest_from_fd(int fd, const char *session, struct manifest *manifest,
		     struct error *err);

void manifest_free(struct manifest *manifest);
