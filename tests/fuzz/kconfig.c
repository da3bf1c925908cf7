// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration of a kernel. */
#include "cleanup.h"
#include "fuzz.h"
#include "target.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	struct kconfig config = { .text = text };
	enum answer has = kconfig_has(&config, "CONFIG_LIVEUPDATE");
	char few[24], all[512];

	must(has != ANSWER_UNKNOWN);
	if (strstr(text, "\nCONFIG_LIVEUPDATE=y"))
		must(has == ANSWER_YES);
	if (!strstr(text, "CONFIG_LIVEUPDATE="))
		must(has == ANSWER_NO);
	target_missing_options(&config, few, sizeof(few));
	target_missing_options(&config, all, sizeof(all));
	must(strlen(few) < sizeof(few) && strlen(all) < sizeof(all));
	must((has == ANSWER_NO) == !!strstr(all, "CONFIG_LIVEUPDATE,"));
	return 0;
}
