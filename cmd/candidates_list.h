/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files that find candidates. */
#pragma once

#include "candidates.h"

/* Add @word with @help if it is how the word goes on. Returns whether it is. */
bool candidates_add(struct candidates *found, const char *word, const char *help);
