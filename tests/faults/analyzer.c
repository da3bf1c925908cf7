// SPDX-License-Identifier: GPL-2.0-or-later
/* Freed twice: analyzer-double-free */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char *copy = strdup(argv[0]);

	free(copy);
	if (argc > 1)
		free(copy);
	return 0;
}
