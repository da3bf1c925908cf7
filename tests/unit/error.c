// SPDX-License-Identifier: GPL-2.0-or-later
/* The error record: set, hint, wrap, and text that is too long for it. */
#include <errno.h>

#include "error.h"
#include "tap.h"

int main(void)
{
	struct error err = { 0 };
	char huge[2000];

	is_int(error_set(&err, STATUS_BUSY, EBUSY, "0000:01:00.0", "open %s", "cdev"), -EBUSY,
	       "set returns the negative errno");
	ok(err.status == STATUS_BUSY && err.code == EBUSY, "set keeps status and errno");
	is_text(err.object, "0000:01:00.0", "set keeps the object");
	is_text(err.message, "open cdev", "set formats the message");
	is_text(err.hint, "", "a new error has no hint");

	error_hint(&err, "close %d of them", 3);
	is_text(err.hint, "close 3 of them", "hint formats");
	error_wrap(&err, "device %d", 7);
	error_wrap(&err, "session");
	is_text(err.message, "session: device 7: open cdev", "wraps pile up in front");
	is_text(err.hint, "close 3 of them", "wrap leaves the hint alone");
	is_text(err.object, "0000:01:00.0", "wrap leaves the object alone");

	is_int(error_set(&err, STATUS_USAGE, 0, NULL, "no"), -EINVAL, "no errno: -EINVAL is returned");
	is_int(err.code, 0, "no errno: the code stays 0");
	is_text(err.object, "", "no object: empty");
	is_text(err.hint, "", "the hint of an earlier error is gone");

	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	error_set(&err, STATUS_FAILED, EIO, huge, "%s", huge);
	error_hint(&err, "%s", huge);
	is_int((long long)strlen(err.object), sizeof(err.object) - 1, "a long object is cut");
	is_int((long long)strlen(err.message), sizeof(err.message) - 1, "a long message is cut");
	is_int((long long)strlen(err.hint), sizeof(err.hint) - 1, "a long hint is cut");
	error_wrap(&err, "context");
	ok(!strncmp(err.message, "context: xxx", 12) && strlen(err.message) == sizeof(err.message) - 1,
	   "wrapping a full message keeps the context");
	error_wrap(&err, "%s", huge);
	is_int((long long)strlen(err.message), sizeof(err.message) - 1, "a long context is cut");
	return tap_done();
}
