/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of vendors, devices and classes, out of pci.ids through libpci: neither
 * udev's hwdb nor the network is asked, no device is touched.
 */
#pragma once

#include <stddef.h>

struct error;
struct pci_access;

/*
 * Read pci.ids: that below @sysroot when there is one, else that of the running
 * host (also for @sysroot NULL).  No pci.ids at all is no error; then nothing
 * has a name.  Returns what the others want and names_close() releases, or
 * NULL with @err filled.
 */
struct pci_access *names_open(const char *sysroot, struct error *err);
void names_close(struct pci_access *names);

/*
 * The name into @buf: "VENDOR DEVICE", or "VENDOR Device 10c9" when only the
 * vendor is known; the class without its programming interface.  Returns @buf, or
 * NULL when there is no name.
 */
const char *names_device(struct pci_access *names, int vendor, int device, char *buf, size_t size);
const char *names_subsystem(struct pci_access *names, int vendor, int device, int subsystem_vendor,
			    int subsystem_device, char *buf, size_t size);
const char *names_class(struct pci_access *names, int class_code, char *buf, size_t size);
