// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines of kernels: what runs, and below it what is added for the next. */
#include "cleanup.h"
#include "fuzz.h"
#include "kcmdline.h"

static const char *const names[] = { "iommu", "intel_iommu", "pci", "kho", "vfio.enable_unsafe_noiommu_mode", "" };

static void check_values(const char *line)
{
	char few[8], many[KCMDLINE_SIZE];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		bool is = kcmdline_get(line, names[i], few, sizeof(few));

		must(strlen(few) < sizeof(few) && (is || !*few));
		must(kcmdline_all(line, names[i], few, sizeof(few)) == is && strlen(few) < sizeof(few));
		must(kcmdline_all(line, names[i], many, sizeof(many)) == is && strlen(many) < sizeof(many));
		must(kcmdline_switch(line, names[i]) <= is);
		kcmdline_has_word(line, names[i], "off");
	}
	kcmdline_iommu_off(line);
}

/* The same line for the next kernel decides the same. */
static void check_built(const char *running, const char *append)
{
	char line[KCMDLINE_SIZE], few[32], differences[512];

	if (kcmdline_build(running, NULL, line, sizeof(line)) == 0) {
		must(strlen(line) < sizeof(line));
		must(!*kcmdline_iommu_differences(running, line, differences, sizeof(differences)));
		must(!kcmdline_get(line, "BOOT_IMAGE", few, sizeof(few)));
	}
	if (kcmdline_build(running, append, few, sizeof(few)) == 0)
		must(strlen(few) < sizeof(few));
	kcmdline_build(NULL, append, line, sizeof(line));
	kcmdline_iommu_differences(running, append, few, sizeof(few));
	must(strlen(few) < sizeof(few));
}

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	char *append = strchr(text, '\n');

	if (append)
		*append++ = '\0';
	check_values(text);
	check_built(text, append ? append : "");
	return 0;
}
