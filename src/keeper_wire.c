// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets between keeper and client: framing, descriptors, errors. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "fdpass.h"
#include "keeper_wire.h"
#include "strict_json.h"

#define MAX_DEPTH 8
#define ERRNO_MAX 4095 /* MAX_ERRNO in include/linux/err.h */

int keeper_send(int sock, struct json_object *message, const int *fds, size_t count)
{
	const char *text;
	size_t size;

	text = message ? json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN) : NULL;
	if (!text)
		return -ENOMEM;
	size = strlen(text);
	return size > KEEPER_PACKET_MAX ? -EMSGSIZE : fdpass_send(sock, text, size, fds, count);
}

static int parse(const char *text, size_t length, struct json_object **message)
{
	struct json_object *root = NULL;
	int rc = strict_json(text, length, MAX_DEPTH, &root);

	if (rc)
		return rc;
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return -EBADMSG;
	}
	*message = root;
	return 0;
}

int keeper_receive(int sock, struct json_object **message, int *fds, size_t room)
{
	cleanup_free char *buf = malloc(KEEPER_PACKET_MAX);
	ssize_t n;
	size_t i;
	int rc;

	if (!buf)
		return -ENOMEM;
	n = fdpass_receive(sock, buf, KEEPER_PACKET_MAX, fds, room);
	if (n < 0)
		return (int)n;
	rc = parse(buf, (size_t)n, message);
	for (i = 0; rc < 0 && i < room; i++) {
		cleanup_close_fn(&fds[i]);
		fds[i] = -1;
	}
	return rc;
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value || json_object_object_add(object, key, value))
		json_object_put(value);
}

struct json_object *keeper_ok_message(void)
{
	struct json_object *message = json_object_new_object();

	if (message)
		add(message, "ok", json_object_new_boolean(1));
	return message;
}

/* Text of ours, but names inside it need not be UTF-8, which JSON has to be. */
static struct json_object *ascii_text(const char *text)
{
	char copy[512];
	size_t i;

	for (i = 0; i < sizeof(copy) - 1 && text[i]; i++)
		copy[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	copy[i] = '\0';
	return json_object_new_string(copy);
}

struct json_object *keeper_error_message(const struct error *err)
{
	struct json_object *message = json_object_new_object();
	struct json_object *error = json_object_new_object();

	if (!message || !error) {
		json_object_put(message);
		json_object_put(error);
		return NULL;
	}
	add(error, "status", json_object_new_int(err->status));
	add(error, "errno", json_object_new_int(err->code));
	add(error, "object", ascii_text(err->object));
	add(error, "message", ascii_text(err->message));
	add(error, "hint", ascii_text(err->hint));
	add(message, "error", error);
	return message;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static int number_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return 0;
	return json_object_get_int(value);
}

int keeper_reply_status(struct json_object *reply, const char *session,
			struct error *err)
{
	struct json_object *value;
	int status, code, rc;

	if (json_object_object_get_ex(reply, "ok", &value))
		return 0;
	if (!json_object_object_get_ex(reply, "error", &value))
		return error_set(err, STATUS_FAILED, EBADMSG, session,
				 "the keeper sent what is no answer");
	status = number_of(value, "status");
	if (status <= STATUS_OK || status > STATUS_NOT_FOUND)
		status = STATUS_FAILED;
	code = number_of(value, "errno");
	/* What is negative would make it a success. */
	rc = error_set(err, (enum exit_status)status, code > 0 && code <= ERRNO_MAX ? code : 0,
		       text_of(value, "object"), "%s", text_of(value, "message"));
	if (*text_of(value, "hint"))
		error_hint(err, "%s", text_of(value, "hint"));
	return rc;
}
