// SPDX-License-Identifier: GPL-2.0-or-later
/* What a keeper tells about its session, to JSON and back. */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper_wire.h"
#include "moment.h"
#include "token.h"

static const char *const state_names[] = {
	[ENTRY_PRESERVED] = "preserved", [ENTRY_ARRIVED] = "arrived",
	[ENTRY_RETRIEVED] = "retrieved", [ENTRY_BOUND] = "bound",
	[ENTRY_IN_USE] = "in-use", [ENTRY_FAILED] = "failed", [ENTRY_GONE] = "gone",
};

const char *entry_state_name(enum entry_state state)
{
	return state_names[state];
}

bool entry_is_done(enum entry_state state)
{
	return state == ENTRY_BOUND || state == ENTRY_IN_USE || state == ENTRY_FAILED ||
	       state == ENTRY_GONE;
}

const char *keeper_direction_name(enum keeper_direction direction)
{
	return direction == KEEPER_OUTGOING ? "outgoing" : "incoming";
}

void keeper_info_free(struct keeper_info *info)
{
	free(info->entries);
	info->entries = NULL;
	info->count = 0;
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value || json_object_object_add(object, key, value))
		json_object_put(value);
}

/* What is not known is not told, and not there for an older keeper. */
static void add_moment(struct json_object *object, const char *key, int64_t moment)
{
	if (moment != MOMENT_UNKNOWN)
		add(object, key, json_object_new_int64(moment));
}

static struct json_object *entry_message(const struct keeper_entry *entry)
{
	struct json_object *object = json_object_new_object();
	char token[TOKEN_STRLEN];

	if (!object)
		return NULL;
	add(object, "token", json_object_new_string(token_format(entry->of.token, token)));
	add(object, "vendor", json_object_new_int(entry->of.vendor));
	add(object, "device", json_object_new_int(entry->of.device));
	add(object, "driver", json_object_new_string(entry->of.driver));
	add(object, "state", json_object_new_string(entry_state_name(entry->state)));
	add_moment(object, "retrieved", entry->retrieved);
	add_moment(object, "bound", entry->bound);
	if (token_memfd(entry->of.token)) {
		add(object, "name", json_object_new_string(entry->of.name));
		add(object, "size", json_object_new_int64((int64_t)entry->of.size));
	}
	return object;
}

static struct json_object *entries_message(const struct keeper_info *info, size_t from)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = from; array && i < info->count && i - from < KEEPER_INFO_PAGE; i++) {
		struct json_object *entry = entry_message(&info->entries[i]);

		if (!entry || json_object_array_add(array, entry)) {
			json_object_put(entry);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

struct json_object *keeper_info_message(const struct keeper_info *info, size_t from)
{
	struct json_object *message = json_object_new_object();

	if (!message)
		return NULL;
	add(message, "ok", json_object_new_boolean(1));
	add(message, "session", json_object_new_string(info->session));
	add(message, "kernel_name", json_object_new_string(info->kernel_name));
	add(message, "direction",
	    json_object_new_string(keeper_direction_name(info->direction)));
	add(message, "protocol", json_object_new_int(KEEPER_PROTOCOL));
	add(message, "pid", json_object_new_int(info->pid));
	add(message, "waiting", json_object_new_boolean(info->waiting));
	add(message, "manifest_error", json_object_new_string(info->manifest_error));
	add_moment(message, "preserved", info->preserved);
	add_moment(message, "jumped", info->jumped);
	add_moment(message, "booted", info->booted);
	add(message, "total", json_object_new_int64((int64_t)info->count));
	add(message, "entries", entries_message(info, from));
	return message;
}

static bool read_text(struct json_object *object, const char *key, char *buf, size_t size)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return false;
	return snprintf(buf, size, "%s", json_object_get_string(value)) < (int)size;
}

/* A whole number from @min to @max. */
static bool read_int64(struct json_object *object, const char *key, int64_t min, int64_t max, int64_t *number)
{
	struct json_object *value;
	int64_t read;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	read = json_object_get_int64(value);
	if (read < min || read > max)
		return false;
	*number = read;
	return true;
}

static bool read_number(struct json_object *object, const char *key, int min, int *number)
{
	int64_t read;

	if (!read_int64(object, key, min, INT_MAX, &read))
		return false;
	*number = (int)read;
	return true;
}

/* Of a vendor or device; -1: it has none. */
static bool read_id(struct json_object *object, const char *key, int *id)
{
	return read_number(object, key, -1, id) && *id <= 0xffff;
}

/* False when there is one that is none. */
static bool read_moment(struct json_object *object, const char *key, int64_t *moment)
{
	*moment = MOMENT_UNKNOWN;
	return !json_object_object_get_ex(object, key, NULL) ||
	       read_int64(object, key, MOMENT_UNKNOWN + 1, MOMENT_MAX, moment);
}

static bool read_direction(struct json_object *object, enum keeper_direction *direction)
{
	char name[16];

	if (!read_text(object, "direction", name, sizeof(name)))
		return false;
	*direction = strcmp(name, keeper_direction_name(KEEPER_OUTGOING)) ? KEEPER_INCOMING : KEEPER_OUTGOING;
	return !strcmp(name, keeper_direction_name(*direction));
}

static bool read_state(struct json_object *object, enum entry_state *state)
{
	char name[16];
	size_t i;

	if (!read_text(object, "state", name, sizeof(name)))
		return false;
	for (i = 0; i < sizeof(state_names) / sizeof(*state_names); i++) {
		if (!strcmp(name, state_names[i])) {
			*state = (enum entry_state)i;
			return true;
		}
	}
	return false;
}

/* What is not told of a memfd is not known. */
static bool read_memfd(struct json_object *object, struct manifest_entry *of)
{
	int64_t size = 0;

	if (json_object_object_get_ex(object, "size", NULL) && !read_int64(object, "size", 0, INT64_MAX, &size))
		return false;
	of->size = (uint64_t)size;
	return read_text(object, "name", of->name, sizeof(of->name));
}

static bool read_entry(struct json_object *object, struct keeper_entry *entry)
{
	char token[TOKEN_STRLEN];

	memset(entry, 0, sizeof(*entry));
	entry->fd = -1;
	if (!read_text(object, "token", token, sizeof(token)) || token_parse(token, &entry->of.token))
		return false;
	if (token_memfd(entry->of.token) ? !read_memfd(object, &entry->of) :
					   !token_to_pci(entry->of.token, &entry->of.address))
		return false;
	return read_id(object, "vendor", &entry->of.vendor) &&
	       read_id(object, "device", &entry->of.device) &&
	       read_text(object, "driver", entry->of.driver, sizeof(entry->of.driver)) &&
	       read_moment(object, "retrieved", &entry->retrieved) &&
	       read_moment(object, "bound", &entry->bound) && read_state(object, &entry->state);
}

static int read_entries(struct json_object *reply, struct keeper_info *info)
{
	struct json_object *array;
	struct keeper_entry *grown;
	size_t i, n;

	if (!json_object_object_get_ex(reply, "entries", &array) ||
	    !json_object_is_type(array, json_type_array))
		return -EBADMSG;
	n = json_object_array_length(array);
	grown = reallocarray(info->entries, info->count + n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	info->entries = grown;
	for (i = 0; i < n; i++) {
		if (!read_entry(json_object_array_get_idx(array, i), &grown[info->count]))
			return -EBADMSG;
		info->count++;
	}
	return 0;
}

int keeper_info_read(struct json_object *reply, struct keeper_info *info, size_t *total)
{
	struct json_object *value;
	int number;

	if (!read_number(reply, "protocol", 1, &info->protocol))
		info->protocol = 0;
	if (info->protocol != KEEPER_PROTOCOL) {
		read_number(reply, "pid", 1, &info->pid);
		return -EPROTO;
	}
	if (!read_text(reply, "session", info->session, sizeof(info->session)) ||
	    !read_text(reply, "kernel_name", info->kernel_name, sizeof(info->kernel_name)) ||
	    !read_direction(reply, &info->direction) ||
	    !read_number(reply, "pid", 1, &info->pid) ||
	    !read_text(reply, "manifest_error", info->manifest_error,
		       sizeof(info->manifest_error)) ||
	    !read_moment(reply, "preserved", &info->preserved) ||
	    !read_moment(reply, "jumped", &info->jumped) ||
	    !read_moment(reply, "booted", &info->booted) ||
	    !read_number(reply, "total", 0, &number))
		return -EBADMSG;
	info->waiting = json_object_object_get_ex(reply, "waiting", &value) &&
			json_object_get_boolean(value);
	*total = (size_t)number;
	return read_entries(reply, info);
}
