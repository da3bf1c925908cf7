// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON that somebody else wrote. */
#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cleanup.h"
#include "cleanup_json.h"
#include "strict_json.h"

static int parse(const char *text, size_t length, int depth, int flags, struct json_object **root)
{
	struct json_tokener *tokener = json_tokener_new_ex(depth);
	cleanup_json struct json_object *found = NULL;
	bool good;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, flags);
	found = json_tokener_parse_ex(tokener, text, (int)length);
	good = json_tokener_get_error(tokener) == json_tokener_success &&
	       json_tokener_get_parse_end(tokener) == length;
	json_tokener_free(tokener);
	if (!good)
		return -EBADMSG;
	*root = found;
	found = NULL;
	return 0;
}

/*
 * The strict tokener of json-c 0.18 takes a byte above 0x7f in a string for a
 * control character, where char is signed.  So the form is looked at with a
 * letter in place of each: outside of a string, and behind a backslash, that is
 * as wrong as what it stands for.
 */
int strict_json(const char *text, size_t length, int depth, struct json_object **root)
{
	cleanup_free char *form = malloc(length + 1);
	struct json_object *letters = NULL;
	size_t i;
	int rc;

	if (!form)
		return -ENOMEM;
	for (i = 0; i < length; i++)
		form[i] = text[i] & 0x80 ? 'x' : text[i];
	rc = parse(form, length, depth, JSON_TOKENER_STRICT, &letters);
	json_object_put(letters);
	return rc ? rc : parse(text, length, depth, JSON_TOKENER_VALIDATE_UTF8, root);
}
