/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens: the 64-bit names under which files lie in a session.
 *
 * Token 0 is the manifest, 0x0003000000000000 the journal (journal.h).  The token of a PCI device is a function of its
 * address alone, so that a script, or a person with a damaged manifest, can
 * compute it:
 *
 *   bits 63..48  0x0001, the kind "PCI device"
 *   bits 47..16  domain
 *   bits 15..0   bus << 8 | device << 3 | function
 *
 * 0000:01:00.0 has 0x0001000000000100.
 *
 * The memfds of a session are numbered from 1 on, in the order in which they were
 * given, then of the descriptors of the process they were taken from, so that
 * whoever knows nothing of them can try one after the other:
 *
 *   bits 63..48  0x0002, the kind "memfd"
 *   bits 47..32  0
 *   bits 31..0   the number
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pci_addr.h"

#define TOKEN_MANIFEST UINT64_C(0)
#define TOKEN_JOURNAL UINT64_C(0x0003000000000000)

/* Whether @token is one of these two: what a session holds for us, and nobody misses. */
bool token_is_ours(uint64_t token);

/* Nothing of ours is ever preserved under it. */
#define TOKEN_NOBODYS UINT64_MAX

/* "0x" and 16 hex digits, always; with the NUL. */
#define TOKEN_STRLEN sizeof("0x0123456789abcdef")

uint64_t token_from_pci(struct pci_addr addr);

/* Whether @token is one of a PCI device; if so, which. */
bool token_to_pci(uint64_t token, struct pci_addr *addr);

/* @number is not 0. */
uint64_t token_from_memfd(uint32_t number);

/* The number of the memfd that @token is of; 0 when it is of none. */
uint32_t token_memfd(uint64_t token);

/* Print @token into @buf. Returns @buf. */
const char *token_format(uint64_t token, char buf[static TOKEN_STRLEN]);

/* The exact inverse of token_format(); 0, or -EINVAL leaving @token alone. */
int token_parse(const char *text, uint64_t *token)
	__attribute__((nonnull, warn_unused_result));
