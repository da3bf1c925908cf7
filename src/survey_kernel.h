/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a survey that the kernel itself tells; both return 0 or -ENOMEM. */
#pragma once

#include "survey.h"

/*
 * Add what the kernel lists (debugfs.h) to the sessions that are known already,
 * and those that nobody else told of.  Sets the bits of survey->hidden.
 */
int survey_add_list(int rootfd, const char *only, struct survey *survey);

/*
 * Add devices that are in a live update by their own attribute (patch 0012) and
 * in none of the sessions known; sets survey->devices_tell.  @only: no device is
 * added, as nobody knows whose it is.
 */
int survey_add_devices(int rootfd, const char *only, struct survey *survey);
