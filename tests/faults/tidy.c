// SPDX-License-Identifier: GPL-2.0-or-later
/* Nobody has set it: clang-analyzer-core.uninitialized.UndefReturn */
int main(int argc, char **argv)
{
	int status;

	if (argc > 1)
		status = argv[1][0];
	return status;
}
