/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the words of the user to devices: every error in the request is found here. */
#pragma once

#include <stddef.h>

#include "device.h"

struct error;

/*
 * Resolve @words (dddd:bb:dd.f, bb:dd.f, vfioN, a cdev path or a sysfs path)
 * against @all.  @chosen gets a copy of each device named, in the order of the
 * addresses and each once however often it was named; the caller frees it with
 * device_list_free().  No words: all of @all.
 * A word that matches nothing is STATUS_NOT_FOUND (-ENODEV), with a hint when
 * the PCI device exists but has another driver (@rootfd is asked for that);
 * one that matches several is STATUS_USAGE (-EINVAL) and lists the candidates;
 * one that is no form of a device at all is STATUS_USAGE.
 * Returns 0 or a negative errno with @err filled.
 */
int plan_resolve(int rootfd, const struct device_list *all,
		 char *const *words, size_t count,
		 struct device_list *chosen, struct error *err);

/*
 * The PCI address that @word means, of a device that need not be there, nor be
 * VFIO's: an address is taken as it is.  Without a domain it is the device of
 * that address on the bus, or one in domain 0 when there is none.  Other words
 * as plan_resolve() has them; STATUS_REFUSED (-EINVAL) for what is no PCI device.
 */
int plan_address(int rootfd, const char *word, struct pci_addr *addr, struct error *err);

/* plan_address() of each of @words, sorted and each once; *@addrs is the caller's to free. */
int plan_addresses(int rootfd, char *const *words, size_t count, struct pci_addr **addrs,
		   size_t *addr_count, struct error *err);
