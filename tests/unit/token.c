// SPDX-License-Identifier: GPL-2.0-or-later
/* Tokens: computed from addresses and numbers, and back. */
#include "tap.h"
#include "token.h"

static void check(const char *address, uint64_t want)
{
	char text[TOKEN_STRLEN], back[PCI_ADDR_STRLEN];
	struct pci_addr addr, again = { 0 };
	uint64_t parsed = 1;
	bool has_domain;

	ok(pci_addr_parse(address, &addr, &has_domain) == 0, "%s is an address", address);
	ok(token_from_pci(addr) == want, "%s has its token", address);
	ok(token_to_pci(want, &again), "the token of %s is one of a device", address);
	is_text(pci_addr_format(again, back), address, "the token of %s leads back", address);
	ok(token_parse(token_format(want, text), &parsed) == 0 && parsed == want,
	   "%s is read as it is printed", text);
}

int main(void)
{
	static const char *const bad[] = {
		"", "0", "0x", "0x000100000000010", "0x00010000000001000", "0001000000000100",
		"0X0001000000000100", "0x000100000000010g", "0x000100000000010A",
		" 0x0001000000000100", "0x0001000000000100 ", "-x0001000000000100",
	};
	struct pci_addr addr;
	uint64_t token = 7;
	size_t i;

	check("0000:01:00.0", UINT64_C(0x0001000000000100));
	check("0000:00:00.0", UINT64_C(0x0001000000000000));
	check("0000:ff:1f.7", UINT64_C(0x000100000000ffff));
	check("ffff:80:10.3", UINT64_C(0x00010000ffff8083));
	check("10000:e1:00.0", UINT64_C(0x000100010000e100));
	check("ffffffff:ff:1f.7", UINT64_C(0x0001ffffffffffff));
	ok(token_from_memfd(1) == UINT64_C(0x0002000000000001), "the first memfd has its token");
	ok(token_from_memfd(UINT32_MAX) == UINT64_C(0x00020000ffffffff), "the last memfd has its token");
	ok(token_memfd(UINT64_C(0x0002000000000007)) == 7, "the number of a memfd is in its token");
	ok(!token_memfd(UINT64_C(0x0002000000000000)), "no memfd has the number 0");
	ok(!token_memfd(UINT64_C(0x0002000100000001)), "nor one of more than 32 bits");
	ok(!token_memfd(UINT64_C(0x0001000000000100)), "a device is no memfd");
	ok(!token_memfd(UINT64_C(0x0003000000000001)), "another kind is no memfd");
	ok(!token_memfd(TOKEN_MANIFEST), "the manifest is not one of the memfds");
	ok(!token_to_pci(token_from_memfd(0x100), &addr), "a memfd is no device");
	ok(!token_to_pci(TOKEN_MANIFEST, &addr), "the manifest is no device");
	ok(!token_to_pci(UINT64_C(0x0002000000000100), &addr), "another kind is no device");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(token_parse(bad[i], &token) < 0 && token == 7, "'%s' is no token", bad[i]);
	return tap_done();
}
