/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image of a kernel: what a bzImage says about itself in its header
 * (Documentation/arch/x86/boot.rst), and the configuration inside it.  Of other
 * formats only the size is known.
 */
#pragma once

#include <stdint.h>

#include "kconfig.h"

struct kimage {
	char release[128];      /* as uname -r will say; "" when not known */
	uint64_t size;          /* bytes of contiguous memory it needs to start */
	uint64_t payload_start; /* the compressed kernel in the file; 0: not known */
};

/* Read the header of the image on @fd.  Returns 0 or a negative errno. */
int kimage_read(int fd, struct kimage *image);

/* The configuration inside it; whether there is one.  Moves the position in @fd. */
bool kimage_config(int fd, const struct kimage *image, struct kconfig *config);
