// SPDX-License-Identifier: GPL-2.0-or-later
/* The tokens of devices, computed from their addresses, of memfds, and of our own files. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "token.h"

#define KIND_PCI UINT64_C(0x0001)
#define KIND_MEMFD UINT64_C(0x0002)

uint64_t token_from_pci(struct pci_addr addr)
{
	return KIND_PCI << 48 | (uint64_t)addr.domain << 16 |
	       (uint64_t)addr.bus << 8 | (addr.device & 0x1fu) << 3 |
	       (addr.function & 7u);
}

bool token_to_pci(uint64_t token, struct pci_addr *addr)
{
	if (token >> 48 != KIND_PCI)
		return false;
	addr->domain = (uint32_t)(token >> 16);
	addr->bus = (uint8_t)(token >> 8);
	addr->device = (token >> 3) & 0x1f;
	addr->function = token & 7;
	return true;
}

uint64_t token_from_memfd(uint32_t number)
{
	return KIND_MEMFD << 48 | number;
}

uint32_t token_memfd(uint64_t token)
{
	return token >> 32 == KIND_MEMFD << 16 ? (uint32_t)token : 0;
}

bool token_is_ours(uint64_t token)
{
	return token == TOKEN_MANIFEST || token == TOKEN_JOURNAL;
}

const char *token_format(uint64_t token, char buf[static TOKEN_STRLEN])
{
	snprintf(buf, TOKEN_STRLEN, "0x%016" PRIx64, token);
	return buf;
}

int token_parse(const char *text, uint64_t *token)
{
	if (strlen(text) != TOKEN_STRLEN - 1 || strncmp(text, "0x", 2) ||
	    strspn(text + 2, "0123456789abcdef") != 16)
		return -EINVAL;
	*token = strtoull(text, NULL, 16);
	return 0;
}
