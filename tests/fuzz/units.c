// SPDX-License-Identifier: GPL-2.0-or-later
/* What systemctl tells of units. */
#include "cleanup.h"
#include "fuzz.h"
#include "stores.h"

/* The value of a property: a text that ends, in one line. */
static void check_text(const char *text, size_t size)
{
	must(memchr(text, '\0', size) && !strchr(text, '\n'));
}

/* No more units than empty lines lie between, and the one at the end. */
static size_t most_units(const char *text)
{
	size_t most = 1;

	for (; *text; text++)
		most += *text == '\n';
	return most;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	size_t most = most_units(text), length = strlen(text);
	struct stores_unit unit;
	char *rest = text;

	while (stores_next_unit(&rest, &unit)) {
		must(most--);
		must(!rest || (rest >= text && rest <= text + length));
		check_text(unit.id, sizeof(unit.id));
		check_text(unit.preserve, sizeof(unit.preserve));
	}
	must(!rest && !stores_next_unit(&rest, &unit) && !*unit.id && !unit.stored);
	return 0;
}
