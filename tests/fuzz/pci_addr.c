// SPDX-License-Identifier: GPL-2.0-or-later
/* PCI addresses and tokens. */
#include "cleanup.h"
#include "fuzz.h"
#include "pci_addr.h"
#include "token.h"

static void check_address(const char *text)
{
	struct pci_addr addr, again;
	char canonical[PCI_ADDR_STRLEN];
	bool has_domain;

	if (pci_addr_parse(text, &addr, &has_domain))
		return;
	must(addr.device < 32 && addr.function < 8 && (has_domain || !addr.domain));
	must(!pci_addr_parse(pci_addr_format(addr, canonical), &again, &has_domain));
	must(has_domain && !pci_addr_compare(addr, again));
	must(token_to_pci(token_from_pci(addr), &again) && !pci_addr_compare(addr, again));
}

static void check_token(const char *text)
{
	char canonical[TOKEN_STRLEN];
	struct pci_addr addr;
	uint64_t token;

	if (token_parse(text, &token))
		return;
	must(!strcmp(token_format(token, canonical), text));
	if (token_to_pci(token, &addr))
		must(!token_memfd(token) && token_from_pci(addr) == token);
	if (token_memfd(token))
		must(token_from_memfd(token_memfd(token)) == token);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);

	check_address(text);
	check_token(text);
	return 0;
}
