// SPDX-License-Identifier: GPL-2.0-or-later
/* Always true, of which gcc does not warn so: tautological-constant-out-of-range-compare */
#include <stdint.h>

int main(int argc, char **argv)
{
	uint8_t count = (uint8_t)argc;

	return argv[0] && count < 256;
}
