// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines of kernels: what the kernel would make of them. */
#include <errno.h>
#include <stdlib.h>

#include "kcmdline.h"
#include "tap.h"

static const struct {
	const char *cmdline, *name, *want; /* NULL: not there */
} values[] = {
	{ "", "kho", NULL },
	{ "kho", "kho", "" },
	{ "kho=on", "kho", "on" },
	{ "  kho=on\n", "kho", "on" },
	{ "kho=on kho=off", "kho", "off" },
	{ "akho=on kho2=on", "kho", NULL },
	{ "kho=on", "kho_scratch", NULL },
	{ "vfio_pci.ids=1:2", "vfio-pci.ids", "1:2" },
	{ "vfio-pci.ids=1:2", "vfio_pci.ids", "1:2" },
	{ "a=\"b c\" d=e", "a", "b c" },
	{ "a=\"b kho=on\" d=e", "kho", NULL },
	{ "\"a=b c\" d=e", "a", "b c" },
	{ "a=b=c", "a", "b=c" },
	{ "a=b -- kho=on", "kho", NULL },
	{ "a=-- kho=on", "kho", "on" },
	{ "kho=", "kho", "" },
};

static const struct {
	const char *cmdline;
	int want;
} switches[] = {
	{ "", -1 }, { "x", -1 }, { "x=", -1 }, { "x=o", -1 }, { "x=maybe", -1 },
	{ "x=on", 1 }, { "x=ON", 1 }, { "x=1", 1 }, { "x=yes", 1 }, { "x=Y", 1 }, { "x=true", 1 }, { "x=enable", 1 },
	{ "x=off", 0 }, { "x=0", 0 }, { "x=n", 0 }, { "x=False", 0 }, { "x=disable", 0 },
	{ "x=on x=off", 0 }, { "x=off x=on", 1 }, { "x=on x=maybe", 1 },
};

static const struct {
	const char *running, *target, *want;
} iommus[] = {
	{ "intel_iommu=on", "intel_iommu=on quiet", "" },
	{ "intel_iommu=on iommu=pt", "iommu=pt intel_iommu=on", "" },
	{ "intel_iommu=on", "", "intel_iommu" },
	{ "", "iommu=pt", "iommu" },
	{ "intel_iommu=on intel_iommu=sm_on", "intel_iommu=on", "intel_iommu" },
	{ "iommu.passthrough=1 amd_iommu=force_isolation", "iommu.passthrough=0", "amd_iommu, iommu.passthrough" },
	{ "pci=noaer,config_acs=10x@0000:00:01.0", "pci=config_acs=10x@0000:00:01.0", "" },
	{ "pci=disable_acs_redir=0000:00:01.0", "pci=noaer", "pci" },
	{ "pci=noaer", "pci=nocrs", "" },
	{ "pcie_acs_override=downstream", "", "pcie_acs_override" },
};

static const struct {
	const char *running, *append, *want;
} builds[] = {
	{ NULL, NULL, "" },
	{ NULL, "kho=on", "kho=on" },
	{ "BOOT_IMAGE=/vmlinuz root=/dev/sda1  quiet\n", NULL, "root=/dev/sda1 quiet" },
	{ "a=\"b  c\" d", "kho=on liveupdate=on", "a=\"b  c\" d kho=on liveupdate=on" },
	{ "a -- single", "kho=on", "a kho=on -- single" },
	{ "-- single", NULL, "-- single" },
	{ "a", "", "a" },
};

static void check_iommu_off(void)
{
	ok(kcmdline_iommu_off("iommu=off"), "iommu=off");
	ok(kcmdline_iommu_off("a intel_iommu=off"), "intel_iommu=off");
	ok(kcmdline_iommu_off("amd_iommu=fullflush,off"), "off among other words");
	ok(!kcmdline_iommu_off("intel_iommu=on iommu=pt"), "on");
	ok(!kcmdline_iommu_off("quiet"), "not mentioned");
}

static void check_words(void)
{
	ok(kcmdline_has_word("pci=noaer,assign-busses", "pci", "assign-busses"), "word at the end");
	ok(kcmdline_has_word("pci=noaer pci=assign-busses", "pci", "assign-busses"), "word of the second");
	ok(!kcmdline_has_word("pci=assign-bussesx", "pci", "assign-busses"), "longer word");
	ok(!kcmdline_has_word("pci=noaer", "pci", "assign-busses"), "no such word");
}

static void check_limits(void)
{
	char small[8];

	is_int(kcmdline_build("abc", "def", small, sizeof(small)), 0, "just fits");
	is_text(small, "abc def", "just fits: text");
	is_int(kcmdline_build("abc", "defg", small, sizeof(small)), -E2BIG, "append too long");
	is_int(kcmdline_build("abcdefgh", NULL, small, sizeof(small)), -E2BIG, "running too long");
	is_int(kcmdline_build("a -- bcd", "ef", small, sizeof(small)), -E2BIG, "end too long");
	ok(kcmdline_get("a=0123456789", "a", small, sizeof(small)) && !strcmp(small, "0123456"), "a value is cut off");
}

int main(void)
{
	char text[KCMDLINE_SIZE];
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		bool found = kcmdline_get(values[i].cmdline, values[i].name, text, sizeof(text));

		is_text(found ? text : "(none)", values[i].want ? values[i].want : "(none)", "%s in '%s'",
			values[i].name, values[i].cmdline);
	}
	for (i = 0; i < sizeof(switches) / sizeof(*switches); i++)
		is_int(kcmdline_switch(switches[i].cmdline, "x"), switches[i].want, "'%s'", switches[i].cmdline);
	for (i = 0; i < sizeof(iommus) / sizeof(*iommus); i++)
		is_text(kcmdline_iommu_differences(iommus[i].running, iommus[i].target, text, sizeof(text)),
			iommus[i].want, "'%s' to '%s'", iommus[i].running, iommus[i].target);
	for (i = 0; i < sizeof(builds) / sizeof(*builds); i++) {
		is_int(kcmdline_build(builds[i].running, builds[i].append, text, sizeof(text)), 0, "build %zu", i);
		is_text(text, builds[i].want, "build %zu: text", i);
	}
	check_iommu_off();
	check_words();
	check_limits();
	return tap_done();
}
