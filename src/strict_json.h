/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that somebody else wrote. */
#pragma once

#include <stddef.h>

struct json_object;

/*
 * The value that is in @text, which has to be strict JSON in valid UTF-8, of no
 * more than @depth levels, with nothing behind it.  @root is the caller's.
 * -EBADMSG when it is not that, or -ENOMEM.
 */
int strict_json(const char *text, size_t length, int depth, struct json_object **root);
