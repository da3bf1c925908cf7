// SPDX-License-Identifier: GPL-2.0-or-later
/* size_t is no unsigned long where that has 32 bits: Werror=format= */
#include <stdio.h>

int main(void)
{
	return printf("%lu\n", sizeof(int)) < 0;
}
