// SPDX-License-Identifier: GPL-2.0-or-later
/* Each finding: the facts with which it is found, and that it is not without them. */
#include <errno.h>
#include <stdlib.h>

#include "findings.h"
#include "host.h"
#include "inspect.h"
#include "survey.h"
#include "target.h"
#include "tap.h"

#define GOOD "root=/dev/sda1 kho=on liveupdate=on intel_iommu=on"
#define MIB (UINT64_C(1) << 20)

/* All the facts there are. */
static struct {
	struct host host;
	struct survey survey;
	struct survey_session sessions[2];
	struct target target;
	bool has_target;
	bool loading; /* the target is to be loaded, else it is what we loaded */
	struct vfio_device device;
	bool is_vf;
	struct facts facts;
	struct inspected inspected;
	enum way way;
} now;

/* A host on which everything is as it should be, right before the jump. */
static void reset(void)
{
	memset(&now, 0, sizeof(now));
	now.host = (struct host){
		.has_liveupdate = true, .vfio_loaded = true, .config_known = true,
		.kho_built = ANSWER_YES, .kho_default = ANSWER_NO, .liveupdate_built = ANSWER_YES,
		.memfd_handler = ANSWER_YES, .vfio_handler = ANSWER_YES, .kexec_file = ANSWER_YES,
		.old_call = ANSWER_YES, .loaded = ANSWER_YES, .scratch_known = true,
		.scratch_largest = 256 * MIB, .scratch_total = 288 * MIB, .cmdline = GOOD,
	};
	now.sessions[0] = (struct survey_session){
		.name = "vm", .direction = DIRECTION_OUTGOING, .holder = 7, .source = SOURCE_KEEPER,
	};
	now.survey = (struct survey){ .sessions = now.sessions, .count = 1, .loaded = ANSWER_YES };
	now.target = (struct target){
		.image = "/boot/vmlinuz", .release = "7.3.4", .config_known = true,
		.image_size = 20 * MIB, .initrd_size = 30 * MIB, .cmdline = GOOD,
		.kho_default = ANSWER_NO,
	};
	now.has_target = true;
	now.device = (struct vfio_device){
		.is_pci = true, .name = "0000:01:00.0", .bus = "pci", .driver = "vfio-pci",
		.cdev = "vfio0", .vendor = 0x8086, .device = 0x10c9, .class_code = 0x020000,
	};
	now.facts = (struct facts){ .device = &now.device, .resets = (char *)"flr\n", .pids = (char *)"",
				    .commands = (char *)"" };
	now.inspected = (struct inspected){
		.facts = &now.facts, .power = "D0", .outgoing = true, .session = "vm",
	};
}

static void not_preserved(void)
{
	now.inspected.outgoing = false;
	now.inspected.session[0] = '\0';
}

/* A VMM uses the device, and somebody asks whether it could be preserved. */
static void asked_for(void)
{
	not_preserved();
	now.inspected.asked_for = true;
}

static void no_target(void)
{
	now.has_target = false;
}

static void off(void)
{
	now.host.has_liveupdate = false;
}

#define CASE(function, ...) static void function(void) { __VA_ARGS__; }

CASE(nothing, )
CASE(off_for_no_reason, off())
CASE(off_by_option, off(); strcpy(now.host.cmdline, "kho=on liveupdate=off"))
CASE(off_without_option, off(); strcpy(now.host.cmdline, "kho=1 quiet"))
CASE(off_by_build, off(); now.host.liveupdate_built = ANSWER_NO)
CASE(kho_by_option, off(); strcpy(now.host.cmdline, "kho=off liveupdate=on"))
CASE(kho_without_option, off(); strcpy(now.host.cmdline, "liveupdate=on"))
CASE(kho_by_default, off(); strcpy(now.host.cmdline, "liveupdate=on"); now.host.kho_default = ANSWER_YES)
CASE(kho_by_build, off(); now.host.kho_built = ANSWER_NO)
CASE(open_eio, now.host.open_error = EIO)
CASE(open_eacces, now.host.open_error = EACCES)
CASE(open_not_tried, now.host.open_error = -1)
CASE(open_ebusy, now.host.open_error = EBUSY)
CASE(opener, now.host.opener = ((struct proc_holder){ 9, "luod" }); now.host.open_error = EBUSY)
CASE(unloaded, now.host.vfio_loaded = false)
CASE(no_vfio_handler, now.host.vfio_handler = ANSWER_NO)
CASE(no_memfd_handler, now.host.memfd_handler = ANSWER_NO)
CASE(no_config, now.host.config_known = false; now.host.vfio_handler = now.host.memfd_handler =
		now.host.kexec_file = ANSWER_UNKNOWN)
CASE(no_file_call, now.host.kexec_file = ANSWER_NO)
CASE(none_loaded, no_target(); now.host.loaded = ANSWER_NO)
CASE(disabled, none_loaded(); now.host.loading_disabled = true)
CASE(disabled_but_loaded, now.host.loading_disabled = true)
CASE(disabled_and_wanted, now.host.loading_disabled = true; now.loading = true)
CASE(loaded_by_others, no_target())
CASE(loaded_old_call_unknown, no_target(); now.host.old_call = ANSWER_UNKNOWN)
CASE(loaded_no_old_call, no_target(); now.host.old_call = ANSWER_NO)
CASE(loaded_unknown, no_target(); now.host.loaded = ANSWER_UNKNOWN)
CASE(loading_over_others, now.loading = true)
CASE(scratch_sum, now.target.initrd_size = 250 * MIB; now.target.image_size = 39 * MIB)
CASE(scratch_piece, now.target.image_size = 257 * MIB; now.target.initrd_size = 0)
CASE(scratch_fits, now.target.initrd_size = 236 * MIB)
CASE(scratch_left, now.target.initrd_size = 237 * MIB)
CASE(scratch_unknown, now.target.initrd_size = 1000 * MIB; now.host.scratch_known = false)

CASE(no_sessions, now.survey.count = 0; not_preserved())
CASE(incoming_session, now.sessions[1] = ((struct survey_session){ .name = "old",
		.direction = DIRECTION_INCOMING }); now.survey.count = 2)
CASE(stale_session, now.sessions[1] = ((struct survey_session){ .name = "dead", .state = "stale" });
     now.survey.count = 2)
CASE(systemd, now.host.init = INIT_SYSTEMD; now.host.systemd_version = 257)
CASE(systemd_direct, systemd(); now.way = WAY_DIRECT)
CASE(systemd_unknown, systemd(); now.host.systemd_version = 0)
CASE(systemd_store, systemd(); now.host.systemd_version = 261; now.sessions[0].in_init = true)
CASE(systemd_store_dropped, systemd_store(); strcpy(now.sessions[0].unit, "other.service");
     strcpy(now.sessions[0].unit_preserve, "restart"); now.sessions[0].carried = ANSWER_NO)
CASE(systemd_store_direct, systemd_store_dropped(); now.way = WAY_DIRECT)
CASE(systemd_no_store, systemd(); now.host.systemd_version = 262)
CASE(systemd_old_store, systemd(); now.host.systemd_version = 260; now.sessions[0].in_init = true)
CASE(systemd_two_holders, systemd(); now.sessions[1] = now.sessions[0]; now.sessions[1].holder = 8;
     now.survey.count = 2)

CASE(bad_config, strcpy(now.target.missing, "CONFIG_LIVEUPDATE"))
CASE(no_target_config, now.target.config_known = false)
CASE(target_no_kho, strcpy(now.target.cmdline, "root=/dev/sda1 liveupdate=on intel_iommu=on"))
CASE(target_kho_default, target_no_kho(); now.target.kho_default = ANSWER_YES)
CASE(target_kho_off, strcpy(now.target.cmdline, GOOD " kho=off"); now.target.kho_default = ANSWER_YES)
CASE(target_no_liveupdate, strcpy(now.target.cmdline, "root=/dev/sda1 kho=on intel_iommu=on"))
CASE(target_liveupdate_off, strcpy(now.target.cmdline, GOOD " liveupdate=off"))
CASE(target_no_root, strcpy(now.target.cmdline, "kho=on liveupdate=on intel_iommu=on"))
CASE(no_root_now_either, target_no_root(); strcpy(now.host.cmdline, now.target.cmdline))
CASE(iommu_off, strcpy(now.target.cmdline, GOOD " iommu=off"))
CASE(iommu_off_now_too, strcpy(now.target.cmdline, GOOD " iommu=off"); strcpy(now.host.cmdline, GOOD " iommu=off"))
CASE(iommu_differs, strcpy(now.target.cmdline, GOOD " iommu=pt"))
CASE(assign, strcpy(now.target.cmdline, GOOD " pci=assign-busses"))
CASE(assign_now_too, assign(); strcpy(now.host.cmdline, now.target.cmdline))
CASE(ids_lost, strcpy(now.host.cmdline, GOOD " vfio-pci.ids=8086:10c9"))
CASE(ids_kept, ids_lost(); strcpy(now.target.cmdline, now.host.cmdline))
CASE(noiommu, strcpy(now.device.cdev, "noiommu-vfio0"))
CASE(noiommu_allowed, noiommu(); strcpy(now.target.cmdline, GOOD " vfio.enable_unsafe_noiommu_mode=1");
     strcpy(now.host.cmdline, now.target.cmdline))
CASE(noiommu_no_target, noiommu(); no_target(); now.host.loaded = ANSWER_UNKNOWN)

CASE(gone, now.inspected.gone = true)
CASE(not_pci, asked_for(); now.device.is_pci = false)
CASE(not_pci_idle, not_preserved(); now.device.is_pci = false)
CASE(wrong_driver, asked_for(); strcpy(now.device.driver, "igb"); now.device.cdev[0] = '\0';
     now.facts.irqs = 5; now.facts.irq_type = "msix")
CASE(no_driver, asked_for(); now.device.driver[0] = '\0'; now.device.cdev[0] = '\0')
CASE(no_cdev, asked_for(); now.device.cdev[0] = '\0')
CASE(unread, asked_for(); now.device.unread_code = EACCES; strcpy(now.device.unread, "uevent");
     now.device.driver[0] = '\0')
CASE(unread_resets, now.facts.resets = NULL; now.facts.unread_code = EACCES;
     strcpy(now.facts.unread, "reset_method"))
CASE(unread_group, now.inspected.group_code = EACCES)
CASE(vf, asked_for(); now.is_vf = true)
CASE(has_vfs, now.facts.vfs = 2)
CASE(intel_display, asked_for(); now.device.class_code = 0x030000)
CASE(intel_3d, asked_for(); now.device.class_code = 0x030200)
CASE(other_display, asked_for(); now.device.class_code = 0x030000; now.device.vendor = 0x10de)
CASE(group_driver, strcpy(now.inspected.native_mates, "0000:01:00.1 (igb)"))
CASE(group_shared, strcpy(now.inspected.mates, "0000:01:00.1"))
CASE(interrupts, now.facts.irqs = 1; now.facts.irq_type = "msi")
CASE(interrupts_idle, not_preserved(); interrupts())
CASE(power, strcpy(now.inspected.power, "D3hot"))
CASE(power_unknown, strcpy(now.inspected.power, "unknown"))
CASE(power_idle, asked_for(); power())
CASE(in_use, not_preserved(); now.facts.pids = (char *)"11\n"; now.facts.commands = (char *)"qemu\n")
CASE(in_use_by_many, in_use(); now.facts.pids = (char *)"11\n12\n14\n"; now.facts.commands = (char *)"qemu\nx\ny\n")
CASE(users_hidden, in_use(); now.facts.pids = now.facts.commands = NULL)
CASE(users_hidden_asked, asked_for(); now.facts.pids = now.facts.commands = NULL)
CASE(in_use_preserved, now.facts.pids = (char *)"11\n"; now.facts.commands = (char *)"qemu\n")
CASE(incoming, not_preserved(); now.inspected.incoming = true; interrupts())
CASE(idle, not_preserved())
CASE(could_be, asked_for())
CASE(no_reset, now.facts.resets = NULL)
CASE(all_resets_off, now.facts.resets = (char *)"")
CASE(of_no_type, now.facts.irqs = 2)
CASE(native, strcpy(now.inspected.natives, "igb, igb_test"))
CASE(native_ids, native(); strcpy(now.target.cmdline, GOOD " vfio-pci.ids=1:2,8086:10C9:1:2"))
CASE(native_other_ids, native(); strcpy(now.target.cmdline, GOOD " vfio-pci.ids=8086:10c9a"))
CASE(native_blacklisted, native(); strcpy(now.target.cmdline, GOOD " module_blacklist=igb,igb_test"))
CASE(native_half, native(); strcpy(now.target.cmdline, GOOD " module_blacklist=igb"))
CASE(native_no_target, native(); no_target(); now.host.loaded = ANSWER_UNKNOWN)
CASE(hidden_keepers, now.survey.hidden = HIDDEN_KEEPERS)
CASE(hidden_processes, now.survey.hidden = HIDDEN_PROCESSES)
CASE(hidden_list, now.survey.hidden = HIDDEN_LIST)
CASE(hidden_no_list, now.survey.hidden = HIDDEN_NO_LIST)

/*
 * What is found with these facts: all of it.  What a host that is ready has
 * anyway, INIT_DIRECT and DEVICE_PRESERVED, is written as "+".
 */
static const struct {
	const char *name;
	void (*change)(void);
	const char *want;
	const char *has; /* words in the text of one of them */
} cases[] = {
	{ "all is well", nothing, "+", "session vm" },
	{ "no /dev/liveupdate", off_for_no_reason, "liveupdate-off +", "dmesg" },
	{ "liveupdate=off", off_by_option, "liveupdate-off target-iommu +", "command line" },
	{ "no liveupdate=", off_without_option, "liveupdate-off target-iommu +", "command line" },
	{ "no CONFIG_LIVEUPDATE", off_by_build, "liveupdate-off +", "CONFIG_LIVEUPDATE" },
	{ "kho=off", kho_by_option, "kho-off target-iommu +", "kho=off" },
	{ "no kho=", kho_without_option, "kho-off target-iommu +", "kho=on is not" },
	{ "no kho=, on by default", kho_by_default, "liveupdate-off target-iommu +", "dmesg" },
	{ "no CONFIG_KEXEC_HANDOVER", kho_by_build, "kho-off +", "CONFIG_KEXEC_HANDOVER" },
	{ "EIO", open_eio, "liveupdate-unusable +", "Input/output error" },
	{ "EACCES", open_eacces, "hidden +", NULL },
	{ "not opened", open_not_tried, "+", NULL },
	{ "EBUSY", open_ebusy, "liveupdate-busy +", "another process" },
	{ "an opener", opener, "liveupdate-busy +", "luod (pid 9)" },
	{ "vfio-pci not loaded", unloaded, "vfio-unloaded +", NULL },
	{ "no VFIO handler", no_vfio_handler, "vfio-handler +", NULL },
	{ "no memfd handler", no_memfd_handler, "memfd-handler +", NULL },
	{ "no configuration", no_config, "kernel-unknown +", NULL },
	{ "no kexec_file_load", no_file_call, "kexec-unsupported +", NULL },
	{ "no kernel loaded", none_loaded, "kexec-none +", NULL },
	{ "and none can be", disabled, "kexec-none kexec-disabled +", NULL },
	{ "one is, another cannot be", disabled_but_loaded, "+", NULL },
	{ "one is, another is to be", disabled_and_wanted, "kexec-disabled +", NULL },
	{ "loaded by others", loaded_by_others, "kexec-way target-unknown +", NULL },
	{ "loaded by others, kernel unknown", loaded_old_call_unknown, "kexec-way target-unknown +", NULL },
	{ "loaded by others, from a file", loaded_no_old_call, "target-unknown +", NULL },
	{ "unknown whether loaded", loaded_unknown, "+", NULL },
	{ "another one in its place", loading_over_others, "+", NULL },
	{ "scratch too small", scratch_sum, "scratch-small +", "39 + 250 of 288 MiB" },
	{ "scratch in small pieces", scratch_piece, "scratch-small +", "256 in one piece" },
	{ "scratch just large enough", scratch_fits, "+", NULL },
	{ "scratch tight", scratch_left, "scratch-tight +", NULL },
	{ "scratch unknown", scratch_unknown, "+", NULL },

	{ "nothing preserved", no_sessions, "init-direct session-none", NULL },
	{ "an unfinished session", incoming_session, "session-incoming +", NULL },
	{ "a dead keeper", stale_session, "session-stale +", NULL },
	{ "systemd", systemd, "init-stops init-kills device-preserved", "systemd 257" },
	{ "systemd, directly", systemd_direct, "+", NULL },
	{ "systemd of unknown version", systemd_unknown, "init-stops init-kills device-preserved", "version not known" },
	{ "systemd with the session in its store", systemd_store, "init-stops device-preserved", "version 261" },
	{ "a store that is emptied", systemd_store_dropped, "init-drops init-stops device-preserved", "other.service (FileDescriptorStorePreserve=restart)" },
	{ "a store that is emptied, and nobody to do it", systemd_store_direct, "init-direct device-preserved", "" },
	{ "systemd without it", systemd_no_store, "init-stops init-kills device-preserved", NULL },
	{ "systemd that loses its store", systemd_old_store, "init-stops init-kills device-preserved", NULL },
	{ "systemd, a session with two holders", systemd_two_holders, "init-stops init-kills device-preserved", NULL },

	{ "target without an option", bad_config, "target-config +", "lacks CONFIG_LIVEUPDATE" },
	{ "target without configuration", no_target_config, "target-config-unknown +", NULL },
	{ "target without kho=", target_no_kho, "target-kho +", NULL },
	{ "target without kho=, on by default", target_kho_default, "+", NULL },
	{ "target with kho=off", target_kho_off, "target-kho +", NULL },
	{ "target without liveupdate=", target_no_liveupdate, "target-liveupdate +", NULL },
	{ "target with liveupdate=off", target_liveupdate_off, "target-liveupdate +", NULL },
	{ "target without root=", target_no_root, "target-root +", NULL },
	{ "both without root=", no_root_now_either, "+", NULL },
	{ "target with iommu=off", iommu_off, "target-iommu-off +", NULL },
	{ "both with iommu=off", iommu_off_now_too, "+", NULL },
	{ "target with iommu=pt", iommu_differs, "target-iommu +", ": iommu" },
	{ "target with assign-busses", assign, "target-assign-busses +", NULL },
	{ "both with assign-busses", assign_now_too, "+", NULL },
	{ "target without vfio-pci.ids", ids_lost, "target-vfio-ids +", "8086:10c9" },
	{ "both with vfio-pci.ids", ids_kept, "+", NULL },
	{ "no IOMMU", noiommu, "target-noiommu device-noiommu +", NULL },
	{ "no IOMMU, and allowed", noiommu_allowed, "device-noiommu +", NULL },
	{ "no IOMMU, target unknown", noiommu_no_target, "device-noiommu +", NULL },

	{ "device gone", gone, "device-gone init-direct", NULL },
	{ "cannot be read", unread, "device-unreadable init-direct", "its uevent (Permission denied) in sysfs" },
	{ "resets cannot be read", unread_resets, "device-unreadable +", "reset_method (Permission denied)" },
	{ "group cannot be read", unread_group, "device-unreadable +", "iommu_group (Permission denied)" },
	{ "not PCI", not_pci, "device-not-pci init-direct", NULL },
	{ "not PCI, not meant", not_pci_idle, "init-direct", NULL },
	{ "another driver", wrong_driver, "device-driver init-direct", "igb" },
	{ "no driver", no_driver, "device-driver init-direct", "(none)" },
	{ "no cdev", no_cdev, "device-no-cdev init-direct", NULL },
	{ "virtual function", vf, "device-vf init-direct", NULL },
	{ "has virtual functions", has_vfs, "device-has-vfs +", "2 virtual" },
	{ "Intel VGA", intel_display, "device-intel-display init-direct", NULL },
	{ "Intel 3D", intel_3d, "device-intel-display init-direct", NULL },
	{ "VGA of another", other_display, "init-direct", NULL },
	{ "group with a native driver", group_driver, "device-group-driver +", "0000:01:00.1 (igb)" },
	{ "group that is shared", group_shared, "device-group-shared +", "0000:01:00.1" },
	{ "interrupts", interrupts, "device-interrupts +", "1 msi" },
	{ "interrupts whose type is not told", of_no_type, "device-interrupts +", "2 of unknown" },
	{ "interrupts of one that is not meant", interrupts_idle, "init-direct", NULL },
	{ "asleep", power, "device-power +", "D3hot" },
	{ "power unknown", power_unknown, "+", NULL },
	{ "asleep, as nobody uses it", power_idle, "init-direct", NULL },
	{ "in use and not preserved", in_use, "device-in-use init-direct", "qemu (pid 11)" },
	{ "in use by several", in_use_by_many, "device-in-use init-direct", "qemu (pid 11) and 2 more" },
	{ "in use by whom cannot be seen", users_hidden, "device-use-hidden init-direct", NULL },
	{ "the same, to be preserved", users_hidden_asked, "init-direct", NULL },
	{ "in use and preserved", in_use_preserved, "+", NULL },
	{ "incoming", incoming, "device-incoming init-direct", NULL },
	{ "idle", idle, "init-direct", NULL },
	{ "ready to be preserved", could_be, "init-direct", NULL },
	{ "no reset", no_reset, "device-no-reset +", NULL },
	{ "every reset turned off", all_resets_off, "device-no-reset +", NULL },
	{ "native driver", native, "device-native-driver +", "igb, igb_test could" },
	{ "native driver, vfio-pci.ids", native_ids, "+", NULL },
	{ "native driver, other ids", native_other_ids, "device-native-driver +", NULL },
	{ "native drivers forbidden", native_blacklisted, "+", NULL },
	{ "native drivers half forbidden", native_half, "device-native-driver +", NULL },
	{ "native driver, target unknown", native_no_target, "device-native-driver +", NULL },
	{ "hidden keepers", hidden_keepers, "hidden +", NULL },
	{ "hidden processes", hidden_processes, "hidden +", NULL },
	{ "hidden list", hidden_list, "hidden +", NULL },
	{ "no list", hidden_no_list, "+", NULL },
};

static void find_all(struct finding_list *list)
{
	const struct target *target = now.has_target ? &now.target : NULL;

	findings_of_kernel(&now.host, list);
	if (now.loading)
		findings_of_loading(&now.host, list);
	else
		findings_of_loaded(&now.host, target, list);
	findings_of_sessions(&now.host, &now.survey, now.way, list);
	if (target)
		findings_of_target(&now.host, target, list);
	now.facts.obstacles = facts_obstacles(&now.device, now.is_vf, now.facts.vfs);
	findings_of_device(&now.inspected, target, list);
	findings_of_hidden(&now.host, &now.survey, list);
}

static bool mentions(const char *words, const char *word)
{
	size_t length = strlen(word);
	const char *at = words;

	while ((at = strstr(at, word))) {
		if ((at == words || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
		at += length;
	}
	return false;
}

static bool is_wanted(const char *want, const char *id)
{
	return mentions(want, id) || (mentions(want, "+") && (!strcmp(id, "init-direct") ||
							      !strcmp(id, "device-preserved")));
}

static bool has_words(const struct finding_list *list, const char *words)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strstr(list->findings[i].text, words))
			return true;
	return false;
}

/* Each one that is wanted exactly once, and no other. */
static void check_case(size_t index, bool *fired)
{
	struct finding_list list = { 0 };
	size_t i, k, count;

	reset();
	cases[index].change();
	find_all(&list);
	for (i = 0; i < FINDING_COUNT; i++) {
		const char *id = findings_table[i].id;

		for (k = count = 0; k < list.count; k++)
			count += list.findings[k].kind == &findings_table[i];
		if (count != is_wanted(cases[index].want, id))
			ok(false, "%s: %s %zu times", cases[index].name, id, count);
		fired[i] |= count > 0;
	}
	ok(!cases[index].has || has_words(&list, cases[index].has), "%s: %s", cases[index].name,
	   cases[index].has ? cases[index].has : cases[index].want);
	findings_free(&list);
}

static void check_table(const bool *fired)
{
	size_t i;

	for (i = 0; i < FINDING_COUNT; i++) {
		const struct finding_kind *kind = &findings_table[i];

		if (!ok(kind->id && kind->text && kind->remedy, "finding %zu has words", i))
			continue;
		ok(fired[i], "%s was found in one of the cases", kind->id);
		ok(strlen(kind->id) == strspn(kind->id, "abcdefghijklmnopqrstuvwxyz-"), "%s is a word", kind->id);
		ok(finding_kind_find(kind->id, strlen(kind->id)) == kind, "%s is there once", kind->id);
		ok(kind->severity != SEVERITY_INFO || !strstr(kind->text, "lost"), "%s is no error", kind->id);
	}
	ok(!finding_kind_find("device", 6), "the beginning of an id is none");
	ok(!finding_kind_find("device-vfx", 10), "more than an id is none");
	ok(!finding_kind_find("", 0), "nothing is no id");
}

static void check_list(void)
{
	struct finding_list list = { 0 };

	findings_add(&list, SESSION_NONE, "sessions", NULL);
	findings_add(&list, DEVICE_HAS_VFS, "0000:01:00.0", "2");
	findings_add(&list, DEVICE_NO_RESET, "0000:01:00.0", NULL);
	findings_add(&list, DEVICE_VF, "0000:02:00.0", NULL);
	findings_add(&list, DEVICE_HAS_VFS, "0000:03:00.0", "3");
	is_text(list.findings[1].text, "it has 2 virtual functions enabled", "the detail is in the text");
	is_text(list.findings[1].remedy, "echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs",
		"the object is in the remedy");
	findings_sort(&list);
	is_text(list.findings[0].object, "0000:01:00.0", "sorted: the first error");
	is_text(list.findings[1].object, "0000:02:00.0", "sorted: the second error");
	is_text(list.findings[2].object, "0000:03:00.0", "sorted: the third error");
	is_text(list.findings[3].kind->id, "device-no-reset", "sorted: the warning");
	is_text(list.findings[4].kind->id, "session-none", "sorted: the rest");
	is_int((long long)findings_errors(&list), 3, "errors");
	findings_override(&list, "device-vf,scratch-small");
	is_int((long long)findings_errors(&list), 2, "one is overridden");
	findings_override(&list, "device-no-reset");
	ok(!list.findings[3].overridden, "a warning is not overridden");
	findings_override(&list, "device-has-vfs");
	is_int((long long)findings_errors(&list), 0, "all of a kind are overridden");
	findings_free(&list);
}

static void check_long_words(void)
{
	struct finding_list list = { 0 };
	char longest[1000];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	findings_add(&list, SESSION_INCOMING, longest, longest);
	findings_add(&list, TARGET_CONFIG, longest, longest);
	ok(strlen(list.findings[0].remedy) == sizeof(list.findings[0].remedy) - 1, "a long object is cut off");
	ok(strlen(list.findings[1].text) == sizeof(list.findings[1].text) - 1, "a long detail is cut off");
	findings_free(&list);
}

int main(void)
{
	bool fired[FINDING_COUNT] = { false };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_case(i, fired);
	check_table(fired);
	check_list();
	check_long_words();
	return tap_done();
}
