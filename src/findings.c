// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of all findings, and lists of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

#define E SEVERITY_ERROR
#define W SEVERITY_WARNING
#define I SEVERITY_INFO

#define REBOOT "boot a kernel with it; nothing else helps"

const struct finding_kind findings_table[FINDING_COUNT] = {
	[LIVEUPDATE_OFF] = { "liveupdate-off", E, "live update is not available: {}",
		"boot with kho=on liveupdate=on" },
	[KHO_OFF] = { "kho-off", E, "kexec handover is off: {}", "boot with kho=on" },
	[LIVEUPDATE_UNUSABLE] = { "liveupdate-unusable", E, "it cannot be opened: {}",
		"see dmesg; when it is EIO, only a reboot helps" },
	[LIVEUPDATE_BUSY] = { "liveupdate-busy", W, "it is open in {}, and only one can have it",
		"wait for that process, or end it" },
	[VFIO_UNLOADED] = { "vfio-unloaded", E,
		"vfio-pci is not loaded: whoever opens /dev/liveupdate now can make it unusable",
		"modprobe vfio-pci" },
	[VFIO_HANDLER] = { "vfio-handler", E,
		"this kernel cannot preserve VFIO devices (CONFIG_VFIO_PCI_LIVEUPDATE)", REBOOT },
	[MEMFD_HANDLER] = { "memfd-handler", E,
		"this kernel cannot preserve memfds, and with them no manifest (CONFIG_LIVEUPDATE_MEMFD)",
		REBOOT },
	[KERNEL_UNKNOWN] = { "kernel-unknown", W,
		"its configuration cannot be read, so what it can preserve is not known",
		"install its configuration file in /boot, or use CONFIG_IKCONFIG_PROC" },

	[KEXEC_UNSUPPORTED] = { "kexec-unsupported", E,
		"it cannot load a kernel from a file (CONFIG_KEXEC_FILE)", REBOOT },
	[KEXEC_DISABLED] = { "kexec-disabled", E, "loading a kernel is disabled until the next boot",
		"find out who sets kernel.kexec_load_disabled" },
	[KEXEC_NONE] = { "kexec-none", I, "no kernel is loaded yet",
		"vfio-luctl kexec --kernel IMAGE --initrd FILE --reuse-cmdline" },
	[KEXEC_WAY] = { "kexec-way", E,
		"a kernel is loaded, and not by vfio-luctl: by the old system call it would lose everything",
		"load it again: vfio-luctl kexec --load-only --kernel IMAGE --initrd FILE --reuse-cmdline" },
	[SCRATCH_SMALL] = { "scratch-small", E, "the next kernel does not fit into the scratch memory: {}",
		"boot with a larger kho_scratch=" },
	[SCRATCH_TIGHT] = { "scratch-tight", W,
		"little scratch memory is left for the start of the next kernel: {}",
		"boot with a larger kho_scratch=" },

	[SESSION_NONE] = { "session-none", I, "nothing is preserved", "" },
	[SESSION_INCOMING] = { "session-incoming", E,
		"it came from the previous kernel and is not finished: it would not go along",
		"vfio-luctl status {object}" },
	[SESSION_STALE] = { "session-stale", W, "its keeper has died", "vfio-luctl cancel {object}" },
	[INIT_KILLS] = { "init-kills", E,
		"{} ends the process that holds the session before the jump, which cancels it",
		"jump directly: vfio-luctl kexec --direct" },
	[INIT_DROPS] = { "init-drops", E,
		"systemd has it in the descriptor store of {}, and empties that before the jump",
		"FileDescriptorStorePreserve=yes in that unit, or jump directly: vfio-luctl kexec --direct" },
	[INIT_STOPS] = { "init-stops", I, "systemd stops all services and then jumps ({})", "" },
	[INIT_DIRECT] = { "init-direct", I, "the jump is immediate: no service is stopped",
		"stop yourself what has to be stopped" },

	[TARGET_UNKNOWN] = { "target-unknown", W,
		"which kernel is loaded, and with which command line, cannot be told",
		"load it again: vfio-luctl kexec --load-only --kernel IMAGE --initrd FILE --reuse-cmdline" },
	[TARGET_CONFIG] = { "target-config", E, "it lacks {}", "use a kernel that has it" },
	[TARGET_CONFIG_UNKNOWN] = { "target-config-unknown", W,
		"its configuration cannot be found: whether it can take over devices is not known",
		"install its configuration file in /boot, or use CONFIG_IKCONFIG" },
	[TARGET_KHO] = { "target-kho", E, "its command line does not turn kexec handover on",
		"--append kho=on" },
	[TARGET_LIVEUPDATE] = { "target-liveupdate", E, "its command line does not turn live update on",
		"--append liveupdate=on" },
	[TARGET_ROOT] = { "target-root", E,
		"its command line has no root=, unlike that of the running kernel: it may not find its system",
		"--reuse-cmdline" },
	[TARGET_IOMMU_OFF] = { "target-iommu-off", E, "its command line turns the IOMMU off",
		"give it the IOMMU settings of the running kernel" },
	[TARGET_IOMMU] = { "target-iommu", W,
		"its command line differs from the running one in what decides about IOMMU groups: {}",
		"give it the IOMMU settings of the running kernel" },
	[TARGET_ASSIGN_BUSSES] = { "target-assign-busses", W,
		"pci=assign-busses: devices that are not preserved may get other addresses",
		"leave it out" },
	[TARGET_VFIO_IDS] = { "target-vfio-ids", W,
		"vfio-pci.ids is not what the running kernel has ({}): devices may go to other drivers",
		"--append vfio-pci.ids={}" },
	[TARGET_NOIOMMU] = { "target-noiommu", W,
		"{} has no IOMMU, and the command line does not allow that",
		"--append vfio.enable_unsafe_noiommu_mode=1, or the same in modprobe.d" },

	[DEVICE_GONE] = { "device-gone", E, "it is in a session, but not on the bus any more",
		"cancel its session" },
	[DEVICE_UNREADABLE] = { "device-unreadable", W,
		"whether it can go along is not known: its {} in sysfs cannot be read", "" },
	[DEVICE_NOT_PCI] = { "device-not-pci", E, "only PCI devices can be preserved", "" },
	[DEVICE_DRIVER] = { "device-driver", E, "its driver is {}, and only vfio-pci can preserve a device",
		"bind it to vfio-pci (driver_override)" },
	[DEVICE_NO_CDEV] = { "device-no-cdev", E,
		"it has no character device (CONFIG_VFIO_DEVICE_CDEV)", REBOOT },
	[DEVICE_VF] = { "device-vf", E, "virtual functions cannot be preserved", "" },
	[DEVICE_HAS_VFS] = { "device-has-vfs", E, "it has {} virtual functions enabled",
		"echo 0 > /sys/bus/pci/devices/{object}/sriov_numvfs" },
	[DEVICE_INTEL_DISPLAY] = { "device-intel-display", E, "Intel graphics cannot be preserved", "" },
	[DEVICE_GROUP_DRIVER] = { "device-group-driver", E,
		"drivers of the host have devices of its IOMMU group: {}",
		"bind those to vfio-pci, or to no driver" },
	[DEVICE_GROUP_SHARED] = { "device-group-shared", W,
		"in its IOMMU group are devices that do not go along: {}",
		"see to it that no other driver takes them in the next kernel" },
	[DEVICE_NOIOMMU] = { "device-noiommu", W, "it has no IOMMU: its DMA is not confined", "" },
	[DEVICE_INTERRUPTS] = { "device-interrupts", E, "its interrupts are enabled ({}): the kernel will not jump",
		"have its user disable them, before it ends" },
	[DEVICE_POWER] = { "device-power", E, "it is in power state {}, not D0: the kernel will not jump",
		"have its user wake it up" },
	[DEVICE_IN_USE] = { "device-in-use", E, "it is in use by {} and not preserved: a jump takes it away",
		"vfio-luctl preserve SESSION --pid PID {object}, or end that process" },
	[DEVICE_USE_HIDDEN] = { "device-use-hidden", E,
		"it is not preserved, and whether a process has it in use could not be seen",
		"run it as root, with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH" },
	[DEVICE_INCOMING] = { "device-incoming", E,
		"it came from the previous kernel, and its live update is not finished",
		"vfio-luctl status; then retrieve and finish its session" },
	[DEVICE_PRESERVED] = { "device-preserved", I, "it is preserved in the session {}", "" },
	[DEVICE_NO_RESET] = { "device-no-reset", W,
		"the kernel knows no way to reset it alone: its DMA is stopped, but it keeps its state",
		"have its user leave it idle; the next one must initialize it" },
	[DEVICE_NATIVE_DRIVER] = { "device-native-driver", W, "{} could take it in the next kernel",
		"keep that away: driver_override in the initrd, or vfio-pci.ids" },

	[HIDDEN] = { "hidden", W, "could not be looked at", "run it as root, with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH" },
};

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "error", "warning", "info" };

	return names[severity];
}

const struct finding_kind *finding_kind_find(const char *id, size_t length)
{
	size_t i;

	for (i = 0; i < FINDING_COUNT; i++)
		if (strlen(findings_table[i].id) == length && !memcmp(findings_table[i].id, id, length))
			return &findings_table[i];
	return NULL;
}

/* @template with its marks replaced; what does not fit is cut off. */
static void expand(const char *template, const char *object, const char *detail, char *text, size_t size)
{
	size_t used = 0, length;
	const char *insert;

	text[0] = '\0';
	while (*template && used < size) {
		length = strcspn(template, "{");
		used += (size_t)snprintf(text + used, size - used, "%.*s", (int)length, template);
		template += length;
		if (!*template || used >= size)
			break;
		insert = template[1] == '}' ? detail : object;
		used += (size_t)snprintf(text + used, size - used, "%s", insert);
		template += strcspn(template, "}") + 1;
	}
}

void findings_add(struct finding_list *list, enum finding_id id, const char *object,
		  const char *detail)
{
	struct finding *grown = reallocarray(list->findings, list->count + 1, sizeof(*grown));

	if (!grown) {
		list->failed = true;
		return;
	}
	list->findings = grown;
	grown += list->count++;
	*grown = (struct finding){ .kind = &findings_table[id] };
	snprintf(grown->object, sizeof(grown->object), "%s", object);
	expand(grown->kind->text, object, detail ? detail : "", grown->text, sizeof(grown->text));
	expand(grown->kind->remedy, object, detail ? detail : "", grown->remedy, sizeof(grown->remedy));
}

void findings_free(struct finding_list *list)
{
	free(list->findings);
	*list = (struct finding_list){ 0 };
}

void findings_sort(struct finding_list *list)
{
	size_t i, k;

	/* Insertion: stable, and the lists are short. */
	for (i = 1; i < list->count; i++) {
		struct finding moved = list->findings[i];

		for (k = i; k && list->findings[k - 1].kind->severity > moved.kind->severity; k--)
			list->findings[k] = list->findings[k - 1];
		list->findings[k] = moved;
	}
}

size_t findings_errors(const struct finding_list *list)
{
	size_t i, count = 0;

	for (i = 0; i < list->count; i++)
		count += list->findings[i].kind->severity == SEVERITY_ERROR &&
			 !list->findings[i].overridden;
	return count;
}

void findings_override(struct finding_list *list, const char *ids)
{
	const struct finding_kind *kind;
	size_t length, i;

	for (;; ids += length + 1) {
		length = strcspn(ids, ",");
		kind = finding_kind_find(ids, length);
		for (i = 0; kind && i < list->count; i++)
			if (list->findings[i].kind == kind && kind->severity == SEVERITY_ERROR)
				list->findings[i].overridden = true;
		if (!ids[length])
			return;
	}
}
