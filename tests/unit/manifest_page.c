// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-luctl-manifest(5) describes every key of a manifest that is written, and no other. */
#include <json-c/json.h>
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "manifest.h"
#include "tap.h"
#include "token.h"

#define PAGE "man/vfio-luctl-manifest.5"
#define MAX_KEYS 64

static const char *described[MAX_KEYS];
static bool written[MAX_KEYS];
static int count;

/* The words of every line ".It Li KEY , KEY". */
static void read_page(void)
{
	cleanup_free char *line = NULL;
	FILE *page = fopen(PAGE, "r");
	size_t size = 0;
	char *word;

	if (!page) {
		ok(false, "%s can be read", PAGE);
		return;
	}
	while (getline(&line, &size, page) > 0) {
		if (strncmp(line, ".It Li ", 7))
			continue;
		for (word = strtok(line + 7, " ,\n"); word && count < MAX_KEYS; word = strtok(NULL, " ,\n"))
			described[count++] = strdup(word);
	}
	fclose(page);
}

static void check_keys(struct json_object *object)
{
	int i;

	json_object_object_foreach(object, key, value) {
		(void)value;
		for (i = 0; i < count && strcmp(described[i], key); i++)
			;
		ok(i < count, "%s is described", key);
		if (i < count)
			written[i] = true;
	}
}

static struct json_object *write_manifest(void)
{
	struct manifest_entry device = { .token = token_from_pci((struct pci_addr){ .bus = 1 }),
					 .address = { .bus = 1 }, .vendor = 1, .device = 1 };
	struct manifest_entry memfd = { .token = token_from_memfd(1), .vendor = -1, .device = -1 };
	cleanup_free char *text = NULL;
	struct manifest manifest;
	size_t length;
	struct error err;

	manifest_init(&manifest, "vm", "unit test");
	is_int(manifest_add(&manifest, &device), 0, "a device is added");
	is_int(manifest_add(&manifest, &memfd), 0, "a memfd is added");
	is_int(manifest_format(&manifest, &text, &length, &err), 0, "the manifest is written");
	manifest_free(&manifest);
	return text ? json_tokener_parse(strchr(text, '\n') + 1) : NULL;
}

int main(void)
{
	struct json_object *root, *entries;
	int i;

	read_page();
	root = write_manifest();
	check_keys(root);
	ok(json_object_object_get_ex(root, "entries", &entries), "there are entries");
	for (i = 0; i < (int)json_object_array_length(entries); i++)
		check_keys(json_object_array_get_idx(entries, (size_t)i));
	for (i = 0; i < count; i++) {
		ok(written[i], "%s is written", described[i]);
		free((void *)described[i]);
	}
	json_object_put(root);
	return tap_done();
}
