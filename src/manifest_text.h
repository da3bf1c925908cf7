/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outer form of a manifest: header line and checksum. Used by manifest.c and its tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of IEEE 802.3 (reflected, polynomial 0xedb88320). */
uint32_t manifest_crc32(const void *data, size_t length);
