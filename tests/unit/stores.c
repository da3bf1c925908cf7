// SPDX-License-Identifier: GPL-2.0-or-later
/* What systemctl show tells of units and their stores. */
#include "stores.h"
#include "tap.h"

static void check_units(void)
{
	char text[] = "Id=ssh.service\nNFileDescriptorStore=0\nFileDescriptorStorePreserve=restart\n\n"
		      "FileDescriptorStorePreserve=yes\nNFileDescriptorStore=2\nId=vfio-luctl@vm.service\n";
	struct stores_unit unit;
	char *rest = text;

	ok(stores_next_unit(&rest, &unit), "there is a unit");
	is_text(unit.id, "ssh.service", "it is the first");
	is_int(unit.stored, 0, "it has nothing in its store");
	is_text(unit.preserve, "restart", "which is of the kind that no kexec carries");
	ok(stores_next_unit(&rest, &unit), "there is another");
	is_text(unit.id, "vfio-luctl@vm.service", "whose properties come in another order");
	is_int(unit.stored, 2, "it has something in its store");
	is_text(unit.preserve, "yes", "which goes along");
	ok(!stores_next_unit(&rest, &unit) && !unit.id[0], "there is no more");
}

/* An older systemd knows fewer properties; a text may be cut off. */
static void check_part(void)
{
	char text[] = "NFileDescriptorStore=1\nx\n=\nFileDescriptorStore";
	struct stores_unit unit;
	char *rest = text;

	ok(stores_next_unit(&rest, &unit), "there is a unit");
	is_int(unit.stored, 1, "it has something in its store");
	ok(!unit.id[0] && !unit.preserve[0], "what is not told is not known");
	ok(!stores_next_unit(&rest, &unit), "there is no more");
}

int main(void)
{
	check_units();
	check_part();
	return tap_done();
}
