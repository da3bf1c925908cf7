// SPDX-License-Identifier: GPL-2.0-or-later
/* Which records of the kernel's log tell why it did not jump. */
#include "kmsg.h"
#include "tap.h"

static const struct {
	const char *record, *want; /* NULL: none of ours */
} records[] = {
	{ "3,700,12345,-;vfio-pci 0000:01:00.0: live update impossible: interrupts are enabled\n"
	  " SUBSYSTEM=pci\n DEVICE=+pci:0000:01:00.0\n",
	  "vfio-pci 0000:01:00.0: live update impossible: interrupts are enabled" },
	{ "4,701,12346,-;luo_file: Freeze failed for token[0x1] handler[vfio-pci-v1] err[-EINVAL]\n",
	  "luo_file: Freeze failed for token[0x1] handler[vfio-pci-v1] err[-EINVAL]" },
	{ "4,701,12346,-;Freeze failed for token[0x1]\n", "Freeze failed for token[0x1]" },
	{ "6,702,12347,-;kexec_core: Starting new kernel\n", "kexec_core: Starting new kernel" },
	{ "6,703,12348,-;KHO: something\n", "KHO: something" },
	{ "6,704,12349,-;e1000e 0000:00:19.0: NIC Link is Down\n", NULL },
	/* What devices say of themselves follows the message, and is not part of it. */
	{ "6,705,12350,-;igb 0000:02:00.0: reset\n DRIVER=vfio-pci\n", NULL },
	{ "garbage", NULL },
	{ "", NULL },
};

int main(void)
{
	char record[512];
	const char *got;
	size_t i;

	for (i = 0; i < sizeof(records) / sizeof(*records); i++) {
		snprintf(record, sizeof(record), "%s", records[i].record);
		got = kmsg_message(record);
		is_text(got ? got : "(none)", records[i].want ? records[i].want : "(none)", "%s",
			records[i].record);
	}
	return tap_done();
}
