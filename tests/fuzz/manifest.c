// SPDX-License-Identifier: GPL-2.0-or-later
/* A manifest that came over a kexec: the whole of it, and JSON below a right header line. */
#include <inttypes.h>

#include "cleanup.h"
#include "error.h"
#include "fuzz.h"
#include "manifest.h"
#include "manifest_text.h"
#include "token.h"

#define SESSION "vm"

static void check_entry(const struct manifest_entry *entry)
{
	char label[MANIFEST_LABEL_SIZE];
	struct pci_addr addr;

	must(token_memfd(entry->token) || token_to_pci(entry->token, &addr));
	must(entry->vendor >= -1 && entry->vendor <= 0xffff);
	must(entry->device >= -1 && entry->device <= 0xffff);
	must(*manifest_label(entry, label));
}

/* What was read is written in the same words as what is read of that. */
static void check_again(const struct manifest *manifest)
{
	struct error err = { .status = STATUS_OK };
	cleanup_free char *text = NULL, *again = NULL;
	struct manifest copy = { .count = 0 };
	size_t length, same;

	must(!manifest_format(manifest, &text, &length, &err));
	if (length > MANIFEST_MAX_SIZE)
		return;
	must(!manifest_parse(text, length, SESSION, &copy, &err));
	must(!manifest_format(&copy, &again, &same, &err));
	must(same == length && !memcmp(text, again, length));
	manifest_free(&copy);
}

static void check(const char *text, size_t length)
{
	struct error err = { .status = STATUS_OK };
	struct manifest manifest = { .count = 0 };
	size_t i;

	if (manifest_parse(text, length, SESSION, &manifest, &err)) {
		must(err.status == STATUS_FAILED && err.code && err.message[0] && !manifest.entries);
		return;
	}
	must(!strcmp(manifest.session, SESSION) && manifest.count <= MANIFEST_MAX_ENTRIES);
	for (i = 0; i < manifest.count; i++) {
		check_entry(&manifest.entries[i]);
		must(!i || manifest.entries[i - 1].token < manifest.entries[i].token);
	}
	check_again(&manifest);
	manifest_free(&manifest);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *raw = fuzz_bytes(data, size), *whole = NULL;
	char header[64];
	size_t length;

	check(raw, size);
	length = (size_t)snprintf(header, sizeof(header), "vfio-luctl-manifest 1 %zu %08" PRIx32 "\n", size,
				  manifest_crc32(raw, size));
	whole = malloc(length + size);
	must(whole);
	memcpy(whole, header, length);
	memcpy(whole + length, raw, size);
	check(whole, length + size);
	return 0;
}
