// SPDX-License-Identifier: GPL-2.0-or-later
/* Behind the end: arrayIndexOutOfBounds */
int main(void)
{
	char text[4];

	text[4] = 0;
	return text[0];
}
