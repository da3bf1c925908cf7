// SPDX-License-Identifier: GPL-2.0-or-later
/* The text form of a manifest. What is parsed here came through another kernel. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "manifest.h"
#include "manifest_text.h"
#include "strict_json.h"
#include "token.h"

#define MAGIC "vfio-luctl-manifest "
#define VERSION_NUMBER 1
#define KIND_DEVICE "vfio-pci"
#define KIND_MEMFD "memfd"
#define HEADER_MAX 64
#define MAX_DEPTH 8

static void put_json(struct json_object **object)
{
	json_object_put(*object);
}
#define cleanup_json __attribute__((cleanup(put_json)))

uint32_t manifest_crc32(const void *data, size_t length)
{
	const uint8_t *byte = data;
	uint32_t crc = 0xffffffff;
	int bit;

	while (length--) {
		crc ^= *byte++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Add @value under @key; takes @value over whatever happens. */
static int put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int put_text(struct json_object *object, const char *key, const char *text)
{
	return put(object, key, json_object_new_string(text));
}

static int put_id(struct json_object *object, const char *key, int id)
{
	char text[16];

	snprintf(text, sizeof(text), "%04x", (unsigned int)id);
	return id < 0 ? 0 : put_text(object, key, text);
}

static int put_device(struct json_object *object, const struct manifest_entry *entry)
{
	char address[PCI_ADDR_STRLEN];

	return put_text(object, "kind", KIND_DEVICE) ||
	       put_text(object, "address", pci_addr_format(entry->address, address)) ||
	       put_id(object, "vendor", entry->vendor) ||
	       put_id(object, "device", entry->device) ||
	       put_text(object, "driver", entry->driver);
}

static int put_memfd(struct json_object *object, const struct manifest_entry *entry)
{
	return put_text(object, "kind", KIND_MEMFD) ||
	       put_text(object, "name", entry->name) ||
	       put(object, "size", json_object_new_int64((int64_t)entry->size));
}

static struct json_object *entry_to_json(const struct manifest_entry *entry)
{
	cleanup_json struct json_object *object = json_object_new_object();
	char token[TOKEN_STRLEN];

	if (!object || put_text(object, "token", token_format(entry->token, token)) ||
	    (token_memfd(entry->token) ? put_memfd(object, entry) : put_device(object, entry)))
		return NULL;
	return steal_ptr(object);
}

static struct json_object *entries_to_json(const struct manifest *manifest)
{
	cleanup_json struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; array && i < manifest->count; i++) {
		struct json_object *entry = entry_to_json(&manifest->entries[i]);

		if (!entry || json_object_array_add(array, entry)) {
			json_object_put(entry);
			return NULL;
		}
	}
	return steal_ptr(array);
}

static struct json_object *manifest_to_json(const struct manifest *manifest)
{
	cleanup_json struct json_object *root = json_object_new_object();

	if (!root ||
	    put(root, "version", json_object_new_int(VERSION_NUMBER)) ||
	    put_text(root, "session", manifest->session) ||
	    put_text(root, "tool", manifest->tool) ||
	    put_text(root, "kernel", manifest->kernel) ||
	    put_text(root, "boot_id", manifest->boot_id) ||
	    put_text(root, "created", manifest->created) ||
	    put(root, "entries", entries_to_json(manifest)))
		return NULL;
	return steal_ptr(root);
}

int manifest_format(const struct manifest *manifest, char **text, size_t *length,
		    struct error *err)
{
	cleanup_json struct json_object *root = manifest_to_json(manifest);
	const char *body = NULL;
	size_t size;
	int n;

	if (root)
		body = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!body)
		return error_set(err, STATUS_FAILED, ENOMEM, manifest->session,
				 "cannot write the manifest");
	size = strlen(body);
	n = asprintf(text, MAGIC "%d %zu %08" PRIx32 "\n%s", VERSION_NUMBER, size,
		     manifest_crc32(body, size), body);
	if (n < 0) {
		*text = NULL;
		return error_set(err, STATUS_FAILED, ENOMEM, manifest->session,
				 "cannot write the manifest");
	}
	*length = (size_t)n;
	return 0;
}

static int damaged(struct error *err, const char *session, const char *what)
{
	return error_set(err, STATUS_FAILED, EBADMSG, session,
			 "the manifest is damaged: %s", what);
}

/*
 * Check header line, length and checksum.  Returns where the JSON begins and
 * puts its length into @length; NULL with the error filled.
 */
static const char *check_header(const char *text, size_t *length,
				const char *session, struct error *err)
{
	const char *newline = memchr(text, '\n', *length < HEADER_MAX ? *length : HEADER_MAX);
	char header[HEADER_MAX + 1] = "", expected[HEADER_MAX + 1];
	unsigned int version;
	size_t size;

	if (newline)
		memcpy(header, text, (size_t)(newline - text));
	if (!newline || strncmp(header, MAGIC, strlen(MAGIC)) ||
	    sscanf(header + strlen(MAGIC), "%9u ", &version) != 1) {
		damaged(err, session, "no header line");
		return NULL;
	}
	if (version != VERSION_NUMBER) {
		error_set(err, STATUS_FAILED, ENOTSUP, session,
			  "the manifest has version %u, this program knows version %d",
			  version, VERSION_NUMBER);
		return NULL;
	}
	size = *length - (size_t)(newline + 1 - text);
	snprintf(expected, sizeof(expected), MAGIC "%d %zu %08" PRIx32, VERSION_NUMBER,
		 size, manifest_crc32(newline + 1, size));
	if (strcmp(header, expected)) {
		damaged(err, session, "wrong length or checksum");
		return NULL;
	}
	*length = size;
	return newline + 1;
}

/* The printable string @key of @object into @buf; false when it is anything else. */
static bool get_text(struct json_object *object, const char *key, char *buf, size_t size)
{
	struct json_object *value;
	const char *text;
	size_t length, i;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	length = (size_t)json_object_get_string_len(value);
	if (length >= size || strlen(text) != length)
		return false;
	for (i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	memcpy(buf, text, length + 1);
	return true;
}

/* Four lower-case hex digits; a key that is not there is -1. */
static bool get_id(struct json_object *object, const char *key, int *id)
{
	char text[5];

	*id = -1;
	if (!json_object_object_get_ex(object, key, NULL))
		return true;
	if (!get_text(object, key, text, sizeof(text)) ||
	    strspn(text, "0123456789abcdef") != 4)
		return false;
	*id = (int)strtol(text, NULL, 16);
	return true;
}

static bool get_address(struct json_object *object, struct pci_addr *addr)
{
	char text[PCI_ADDR_STRLEN], canonical[PCI_ADDR_STRLEN];
	bool has_domain;

	return get_text(object, "address", text, sizeof(text)) &&
	       pci_addr_parse(text, addr, &has_domain) == 0 &&
	       strcmp(text, pci_addr_format(*addr, canonical)) == 0;
}

static bool get_token(struct json_object *object, uint64_t *token)
{
	char text[TOKEN_STRLEN];

	return get_text(object, "token", text, sizeof(text)) && token_parse(text, token) == 0;
}

static bool get_size(struct json_object *object, uint64_t *size)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, "size", &value) ||
	    !json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return false;
	*size = (uint64_t)json_object_get_int64(value);
	return true;
}

static const char *parse_memfd(struct json_object *object, struct manifest_entry *entry)
{
	entry->vendor = entry->device = -1;
	if (!get_token(object, &entry->token) || !token_memfd(entry->token))
		return "a memfd has a token that is not one of memfds";
	if (!get_text(object, "name", entry->name, sizeof(entry->name)))
		return "a memfd has no valid name";
	return get_size(object, &entry->size) ? NULL : "a memfd has no valid size";
}

static const char *parse_device(struct json_object *object, struct manifest_entry *entry)
{
	if (!get_address(object, &entry->address))
		return "an entry has no valid address";
	if (!get_token(object, &entry->token) || entry->token != token_from_pci(entry->address))
		return "an entry has a token that is not that of its address";
	if (!get_id(object, "vendor", &entry->vendor) ||
	    !get_id(object, "device", &entry->device))
		return "an entry has invalid ids";
	if (!get_text(object, "driver", entry->driver, sizeof(entry->driver)))
		return "an entry has no valid driver";
	return NULL;
}

static const char *parse_entry(struct json_object *object, struct manifest_entry *entry)
{
	char kind[16];

	memset(entry, 0, sizeof(*entry));
	if (!json_object_is_type(object, json_type_object))
		return "an entry is not an object";
	if (!get_text(object, "kind", kind, sizeof(kind)))
		return "an entry is of unknown kind";
	if (!strcmp(kind, KIND_DEVICE))
		return parse_device(object, entry);
	return strcmp(kind, KIND_MEMFD) ? "an entry is of unknown kind" : parse_memfd(object, entry);
}

/* Instead of what is wrong with it: that passes, and is no fault of the manifest. */
static const char no_memory[] = "";

static const char *parse_entries(struct json_object *root, struct manifest *manifest)
{
	struct json_object *array;
	size_t count, i;

	if (!json_object_object_get_ex(root, "entries", &array) ||
	    !json_object_is_type(array, json_type_array))
		return "no list of entries";
	count = json_object_array_length(array);
	if (count > MANIFEST_MAX_ENTRIES)
		return "too many entries";
	for (i = 0; i < count; i++) {
		struct manifest_entry entry;
		const char *what = parse_entry(json_object_array_get_idx(array, i), &entry);
		int rc = what ? 0 : manifest_add(manifest, &entry);

		if (what || rc)
			return what ? what : rc == -EEXIST ? "an entry occurs twice" : no_memory;
	}
	return NULL;
}

static const char *parse_root(struct json_object *root, const char *session,
			      struct manifest *manifest)
{
	struct json_object *version;

	if (!json_object_is_type(root, json_type_object))
		return "not a JSON object";
	if (!json_object_object_get_ex(root, "version", &version) ||
	    !json_object_is_type(version, json_type_int) ||
	    json_object_get_int64(version) != VERSION_NUMBER)
		return "version differs from the header line";
	if (!get_text(root, "session", manifest->session, sizeof(manifest->session)) ||
	    strcmp(manifest->session, session))
		return "it is of another session";
	if (!get_text(root, "tool", manifest->tool, sizeof(manifest->tool)) ||
	    !get_text(root, "kernel", manifest->kernel, sizeof(manifest->kernel)) ||
	    !get_text(root, "boot_id", manifest->boot_id, sizeof(manifest->boot_id)) ||
	    !get_text(root, "created", manifest->created, sizeof(manifest->created)))
		return "its origin is missing or invalid";
	return parse_entries(root, manifest);
}

int manifest_parse(const char *text, size_t length, const char *session,
		   struct manifest *manifest, struct error *err)
{
	cleanup_json struct json_object *root = NULL;
	struct manifest parsed = { .count = 0 };
	const char *body, *what;
	int rc;

	if (length == 0 || length > MANIFEST_MAX_SIZE)
		return damaged(err, session, "impossible size");
	body = check_header(text, &length, session, err);
	if (!body)
		return -err->code;
	rc = strict_json(body, length, MAX_DEPTH, &root);
	what = rc == -ENOMEM ? no_memory : rc || !root ? "not valid JSON" : parse_root(root, session, &parsed);
	if (what) {
		manifest_free(&parsed);
		return what != no_memory ? damaged(err, session, what) :
			error_set(err, STATUS_FAILED, ENOMEM, session, "cannot read the manifest");
	}
	*manifest = parsed;
	return 0;
}
