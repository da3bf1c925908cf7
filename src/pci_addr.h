/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PCI address: domain, bus, device and function, by value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* 32 bits of domain: Intel VMD starts at 0x10000 (drivers/pci/controller/vmd.c). */
struct pci_addr {
	uint32_t domain;
	uint8_t bus;
	uint8_t device;   /* 0..0x1f */
	uint8_t function; /* 0..7 */
};

/* Room for the longest text form, its NUL included. */
#define PCI_ADDR_STRLEN sizeof("ffffffff:ff:1f.7")

/*
 * Parse "dddd:bb:dd.f" (a domain of 4 to 8 hex digits) or "bb:dd.f".
 * *@has_domain tells which it was; without one, the domain is 0.
 * The whole of @text must match.  Returns 0, or -EINVAL leaving @addr alone.
 */
int pci_addr_parse(const char *text, struct pci_addr *addr, bool *has_domain)
	__attribute__((nonnull, warn_unused_result));

/* Print "dddd:bb:dd.f", as the kernel names the device in sysfs. Returns @buf. */
const char *pci_addr_format(struct pci_addr addr, char buf[static PCI_ADDR_STRLEN]);

/* <0, 0, >0: the order of output. */
int pci_addr_compare(struct pci_addr a, struct pci_addr b);
