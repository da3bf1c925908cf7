/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of list: their records are struct facts, what they need the bits of facts.h. */
#pragma once

#include "report.h"

extern const struct column list_columns[];
