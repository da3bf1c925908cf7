/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drivers other than vfio-pci that a kernel has for a device. */
#pragma once

#include <stddef.h>

/*
 * The modules of the kernel @release below @rootfd that would take a device with
 * @modalias ("pci:v00008086d..."), built in or not, each once, ", " between two,
 * into @names; "" none.  Those that ask for driver_override, as vfio-pci does,
 * are not among them.  Returns 0 or a negative errno: -ENOENT when the modules
 * of that kernel are not here.
 */
int native_drivers(int rootfd, const char *release, const char *modalias,
		   char *names, size_t size);
