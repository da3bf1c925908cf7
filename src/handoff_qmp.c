// SPDX-License-Identifier: GPL-2.0-or-later
/* QMP, as much of it as getfd needs: a line of JSON each way. */
#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "cleanup_json.h"
#include "error.h"
#include "fdpass.h"
#include "handoff.h"
#include "handoff_send.h"
#include "strict_json.h"

#define LINE_MAX_SIZE (256 * 1024)
#define DEPTH_MAX 32

/* What has been received and not been read yet. */
struct qmp {
	int sock;
	const char *path;
	char *text;
	size_t used;
};

static int say_no_qmp(const struct qmp *qmp, struct error *err)
{
	int rc = error_set(err, STATUS_FAILED, EBADMSG, qmp->path, "what listens there does not speak QMP");

	error_hint(err, "QEMU: -qmp unix:%s,server=on,wait=off", qmp->path);
	return rc;
}

static int say_no_talk(const struct qmp *qmp, int code, struct error *err)
{
	int rc;

	if (code == EPIPE || code == ECONNRESET) /* whichever was faster */
		return error_set(err, STATUS_FAILED, ECONNRESET, qmp->path, "the peer closed the connection");
	if (code != EAGAIN)
		return error_set(err, STATUS_FAILED, code, qmp->path, "cannot talk to the peer");
	rc = error_set(err, STATUS_FAILED, code, qmp->path, "the peer does not answer");
	error_hint(err, "a QMP socket serves one client at a time");
	return rc;
}

/* Receive more into the buffer. */
static int fill(struct qmp *qmp, struct error *err)
{
	ssize_t n;

	if (qmp->used == LINE_MAX_SIZE)
		return say_no_qmp(qmp, err);
	n = TEMP_FAILURE_RETRY(recv(qmp->sock, qmp->text + qmp->used, LINE_MAX_SIZE - qmp->used, 0));
	if (n <= 0)
		return say_no_talk(qmp, n < 0 ? errno : ECONNRESET, err);
	qmp->used += (size_t)n;
	return 0;
}

static struct json_object *parse(const char *text, size_t length)
{
	struct json_object *object = NULL;

	if (strict_json(text, length, DEPTH_MAX, &object))
		return NULL;
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

static int read_line(struct qmp *qmp, struct json_object **object, struct error *err)
{
	char *end;
	size_t length;

	while (!(end = memchr(qmp->text, '\n', qmp->used))) {
		int rc = fill(qmp, err);

		if (rc < 0)
			return rc;
	}
	length = (size_t)(end + 1 - qmp->text);
	*object = parse(qmp->text, length - 1);
	qmp->used -= length;
	memmove(qmp->text, end + 1, qmp->used);
	return *object ? 0 : say_no_qmp(qmp, err);
}

/* What QEMU says of a command that failed. */
static int say_refused(const struct qmp *qmp, struct json_object *error, const char *what,
		       struct error *err)
{
	struct json_object *text;
	const char *said = "no reason given";

	if (json_object_object_get_ex(error, "desc", &text) && json_object_is_type(text, json_type_string))
		said = json_object_get_string(text);
	return error_set(err, STATUS_FAILED, 0, qmp->path, "QEMU refuses %s: %.200s", what, said);
}

/* The answer to @what; events that come meanwhile are nobody's here. */
static int read_answer(struct qmp *qmp, const char *what, struct error *err)
{
	for (;;) {
		cleanup_json struct json_object *answer = NULL;
		struct json_object *value;
		int rc = read_line(qmp, &answer, err);

		if (rc < 0)
			return rc;
		if (json_object_object_get_ex(answer, "return", &value))
			return 0;
		if (json_object_object_get_ex(answer, "error", &value))
			return say_refused(qmp, value, what, err);
		if (!json_object_object_get_ex(answer, "event", &value))
			return say_no_qmp(qmp, err);
	}
}

/* @line, and @fd beside it when that is none of -1. */
static int run(struct qmp *qmp, const char *line, const char *what, int fd, struct error *err)
{
	int rc = fdpass_send(qmp->sock, line, strlen(line), &fd, fd >= 0);

	return rc < 0 ? say_no_talk(qmp, -rc, err) : read_answer(qmp, what, err);
}

static int begin(struct qmp *qmp, struct error *err)
{
	cleanup_json struct json_object *greeting = NULL;
	struct json_object *value;
	int rc = read_line(qmp, &greeting, err);

	if (rc < 0)
		return rc;
	if (!json_object_object_get_ex(greeting, "QMP", &value))
		return say_no_qmp(qmp, err);
	return run(qmp, "{\"execute\":\"qmp_capabilities\"}\n", "qmp_capabilities", -1, err);
}

static int send_one(struct qmp *qmp, const struct handoff *handoff, size_t index, struct error *err)
{
	char name[HANDOFF_NAME_SIZE], what[HANDOFF_NAME_SIZE + 16];
	cleanup_json struct json_object *quoted = NULL;
	cleanup_free char *line = NULL;

	quoted = json_object_new_string(handoff_name(handoff, index, name));
	if (!quoted || asprintf(&line, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":%s}}\n",
				json_object_to_json_string(quoted)) < 0) {
		line = NULL;
		return error_set(err, STATUS_FAILED, ENOMEM, qmp->path, "cannot send");
	}
	snprintf(what, sizeof(what), "getfd %s", name);
	return run(qmp, line, what, handoff->fds[index].fd, err);
}

int handoff_send_qmp(int sock, const char *path, const struct handoff *handoff, struct error *err)
{
	cleanup_free char *text = malloc(LINE_MAX_SIZE);
	struct qmp qmp = { .sock = sock, .path = path, .text = text };
	size_t i;
	int rc;

	if (!text)
		return error_set(err, STATUS_FAILED, ENOMEM, path, "cannot send");
	rc = begin(&qmp, err);
	for (i = 0; rc == 0 && i < handoff->count; i++)
		rc = send_one(&qmp, handoff, i, err);
	return rc;
}
