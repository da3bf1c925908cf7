// SPDX-License-Identifier: GPL-2.0-or-later
/* PCI addresses: what is one, what is none, how they print and sort. */
#include "pci_addr.h"
#include "tap.h"

static const struct {
	const char *text, *printed;
	bool has_domain;
} accepted[] = {
	{ "0000:00:00.0", "0000:00:00.0", true },
	{ "0000:3b:00.1", "0000:3b:00.1", true },
	{ "0000:FF:1F.7", "0000:ff:1f.7", true },
	{ "ABCD:ef:00.0", "abcd:ef:00.0", true },
	{ "10000:e0:06.0", "10000:e0:06.0", true },
	{ "00010000:e0:06.0", "10000:e0:06.0", true },
	{ "00000001:00:00.0", "0001:00:00.0", true },
	{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7", true },
	{ "3b:00.0", "0000:3b:00.0", false },
	{ "ff:1f.7", "0000:ff:1f.7", false },
};

static const char *const refused[] = {
	"", ":", ".", "0000", "0000:", "0000:00", "0000:00:", "0000:00:00", "0000:00:00.",
	"00:00", "00:00.", "0000:00:00.8", "0000:00:20.0", "0000:00:ff.0", "00:20.0",
	"00:00.9", "0000:100:00.0", "100000000:00:00.0", "000000000:00:00.0", "000:00:00.0",
	"00:00:00.0", "0:00:00.0", "0000:0:00.0", "0000:00:0.0", "3b:0.0", "b:00.0",
	"0000:00:00.00", "0000:00:00.0 ", " 0000:00:00.0", "0000:00:00.0\n", "0000:00:00.0/",
	"0x00:00:00.0", "0000:0x:00.0", "-000:00:00.0", "+000:00:00.0", "000g:00:00.0",
	"0000:0g:00.0", "0000:00:0g.0", "0000:00:00.g", "0000.00:00.0", "0000:00.00.0",
	"0000:00:00:0", "0000::00:00.0", "0000:00::00.0", "vfio0", "\xff\xfe", "0000:00:00,0",
};

static void check_accepted(const char *text, const char *printed, bool has_domain)
{
	struct pci_addr addr = { 0 };
	char buf[PCI_ADDR_STRLEN];
	bool full = !has_domain;
	int ret = pci_addr_parse(text, &addr, &full);

	ok(!ret && full == has_domain && !strcmp(pci_addr_format(addr, buf), printed),
	   "'%s' is %s", text, printed);
}

static void check_refused(const char *text)
{
	struct pci_addr addr = { 0xdeadbeef, 1, 2, 3 };
	bool full;

	ok(pci_addr_parse(text, &addr, &full) < 0 && addr.domain == 0xdeadbeef && addr.bus == 1,
	   "'%s' is refused and changes nothing", text);
}

static void check_order(void)
{
	static const struct pci_addr sorted[] = {
		{ 0, 0, 0, 0 }, { 0, 0, 0, 7 }, { 0, 0, 1, 0 }, { 0, 0, 0x1f, 7 }, { 0, 1, 0, 0 },
		{ 0, 0xff, 0, 0 }, { 1, 0, 0, 0 }, { 0x10000, 0, 0, 0 }, { 0xffffffff, 0, 0, 0 },
	};
	size_t i, j, count = sizeof(sorted) / sizeof(*sorted);
	bool good = true;
	int order;

	for (i = 0; i < count; i++)
		for (j = 0; j < count; j++) {
			order = pci_addr_compare(sorted[i], sorted[j]);
			good = good && (i < j ? order < 0 : i > j ? order > 0 : !order);
		}
	ok(good, "domain, bus, device, function decide the order, in this order");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(accepted) / sizeof(*accepted); i++)
		check_accepted(accepted[i].text, accepted[i].printed, accepted[i].has_domain);
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		check_refused(refused[i]);
	check_order();
	return tap_done();
}
