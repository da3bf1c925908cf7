// SPDX-License-Identifier: GPL-2.0-or-later
/* PCI addresses: parse, print, compare. */
#include <errno.h>
#include <stdio.h>

#include "pci_addr.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Read up to @max hex digits at *@text and step over them; returns how many there were. */
static int hex_number(const char **text, int max, uint32_t *value)
{
	int count = 0;

	*value = 0;
	while (count < max && hex_digit(**text) >= 0) {
		*value = *value << 4 | (uint32_t)hex_digit(**text);
		(*text)++;
		count++;
	}
	return count;
}

static bool skip(const char **text, char expected)
{
	if (**text != expected)
		return false;
	(*text)++;
	return true;
}

int pci_addr_parse(const char *text, struct pci_addr *addr, bool *has_domain)
{
	uint32_t domain = 0, bus, device, function;
	int digits = hex_number(&text, 8, &bus);
	bool full = digits >= 4;

	if (full) {
		domain = bus;
		if (!skip(&text, ':'))
			return -EINVAL;
		digits = hex_number(&text, 2, &bus);
	}
	if (digits != 2 || !skip(&text, ':'))
		return -EINVAL;
	if (hex_number(&text, 2, &device) != 2 || device > 0x1f || !skip(&text, '.'))
		return -EINVAL;
	if (hex_number(&text, 1, &function) != 1 || function > 7 || *text)
		return -EINVAL;
	*addr = (struct pci_addr){ domain, (uint8_t)bus, (uint8_t)device, (uint8_t)function };
	*has_domain = full;
	return 0;
}

const char *pci_addr_format(struct pci_addr addr, char buf[static PCI_ADDR_STRLEN])
{
	snprintf(buf, PCI_ADDR_STRLEN, "%04x:%02x:%02x.%x", addr.domain, addr.bus,
		 addr.device & 0x1fu, addr.function & 7u);
	return buf;
}

static uint64_t order(struct pci_addr addr)
{
	return (uint64_t)addr.domain << 24 | (uint64_t)addr.bus << 16 |
	       (uint64_t)addr.device << 8 | addr.function;
}

int pci_addr_compare(struct pci_addr a, struct pci_addr b)
{
	return (order(a) > order(b)) - (order(a) < order(b));
}
