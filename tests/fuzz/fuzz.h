/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share.  A target is one file with fuzz_one(): linked with
 * main.c it is a test that runs its corpus, linked with libFuzzer it searches.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name is libFuzzer's. */
#define fuzz_one LLVMFuzzerTestOneInput

/* Always 0; a failure ends the process. */
int fuzz_one(const uint8_t *data, size_t size);

/* What has to be true whatever comes in. */
#define must(condition)                                                            \
	do {                                                                       \
		if (!(condition)) {                                                \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                   \
		}                                                                  \
	} while (0)

/* A copy that ends where its memory does, for the caller to free. */
static inline char *fuzz_bytes(const uint8_t *data, size_t size)
{
	char *copy = calloc(1, size ? size : 1);

	must(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

/* The same as a string: up to its first NUL. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *copy = strndup((const char *)data, size);

	must(copy);
	return copy;
}
