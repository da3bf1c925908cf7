// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON that somebody else wrote: what is taken for it, and what is in it then. */
#include <errno.h>
#include <json-c/json.h>

#include "cleanup_json.h"
#include "strict_json.h"
#include "tap.h"

#define DEPTH 3

static const struct {
	const char *text, *want; /* NULL: refused */
} texts[] = {
	{ "{}", "{}" },
	{ " {\"a\":[1]}\r", "{\"a\":[1]}" },
	{ "{\"name\":\"\\u00e9\"}", "{\"name\":\"\303\251\"}" },
	{ "{\"name\":\"\303\251\"}", "{\"name\":\"\303\251\"}" },
	{ "{\"\342\202\254\":\"\360\237\230\200\"}", "{\"\342\202\254\":\"\360\237\230\200\"}" },
	{ "[\"\\\\\303\251\"]", "[\"\\\\\303\251\"]" },
	{ "", NULL },
	{ "{", NULL },
	{ "{}{}", NULL },
	{ "{} x", NULL },
	{ "{} \303\251", NULL },
	{ "[1,]", NULL },
	{ "['a']", NULL },
	{ "[01]", NULL },
	{ "/* c */ []", NULL },
	{ "[nan]", NULL },
	{ "[\303\251]", NULL },
	{ "[\"\\\303\251\"]", NULL },
	{ "[\"\303\"]", NULL },
	{ "[\"\303\303\"]", NULL },
	{ "[\"\355\240\200\" \251]", NULL },
	{ "[[[[1]]]]", NULL },
};

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		cleanup_json struct json_object *root = NULL;
		int rc = strict_json(texts[i].text, strlen(texts[i].text), DEPTH, &root);

		is_int(rc, texts[i].want ? 0 : -EBADMSG, "'%s' is %s", texts[i].text, texts[i].want ? "JSON" : "none");
		is_text(root ? json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : "-",
			texts[i].want ? texts[i].want : "-", "and so is what it holds");
	}
	return tap_done();
}
