/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same for JSON. */
#pragma once

#include <json-c/json.h>

static inline void cleanup_json_fn(struct json_object **object)
{
	json_object_put(*object);
}

#define cleanup_json __attribute__((cleanup(cleanup_json_fn)))
