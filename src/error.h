/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one error record of the program.
 *
 * A function in src/ that fails returns a negative errno and has filled the
 * record exactly once, where the failure happened; callers may only put
 * context in front of the message with error_wrap().  Only cmd/main.c prints
 * it.  Success leaves the record untouched.
 */
#pragma once

/* The exit codes of vfio-luctl; once shipped they keep their meaning. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_UNSUPPORTED = 3, /* not supported by this kernel */
	STATUS_REFUSED = 4,     /* refused by a check of ours, nothing done */
	STATUS_BUSY = 5,
	STATUS_NOT_FOUND = 6,   /* no such device or session */
	STATUS_TIMEOUT = 7,     /* what was waited for did not come in time */
	STATUS_OUTSTANDING = 8, /* status --exit-code: no failure, but something is left to do */
};

struct error {
	enum exit_status status;
	int code;          /* positive errno, or 0 where none applies */
	char object[192];  /* address, path, ioctl, session, token */
	char message[512]; /* what happened, no errno text, no newline */
	char hint[512];    /* the remedy, when one is known; else empty */
};

/*
 * Fill @err.  @code is a positive errno or 0; @object may be NULL.
 * Returns -@code, or -EINVAL when @code is 0, so that a caller can write
 * "return error_set(...)".
 */
int error_set(struct error *err, enum exit_status status, int code,
	      const char *object, const char *fmt, ...)
	__attribute__((format(printf, 5, 6), nonnull(1, 5)));

#if defined(__clang_analyzer__) || defined(ANALYZER)
/* What looks at one file at a time does not see that the result is always negative. */
#define error_set(...)                                   \
	({                                               \
		int error_rc = (error_set)(__VA_ARGS__); \
		if (error_rc >= 0)                       \
			__builtin_unreachable();         \
		error_rc;                                \
	})
#endif

/* Add the remedy to an error that is set. */
void error_hint(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1, 2)));

/* Put context in front of the message: "CONTEXT: MESSAGE". */
void error_wrap(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1, 2)));
