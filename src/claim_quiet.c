// SPDX-License-Identifier: GPL-2.0-or-later
/* The interrupts of devices that a process uses: are they enabled, and off with them. */
#include <errno.h>

#include "claim.h"
#include "device.h"
#include "error.h"
#include "facts.h"
#include "findings.h"
#include "process.h"
#include "vfio.h"

/* The finding of the first of @devices that has some, into @err. */
static int find_interrupts(int rootfd, const struct device_list *devices,
			   const struct finding_kind **kind, struct error *err)
{
	cleanup_findings struct finding_list list = { 0 };
	struct facts *facts = NULL;
	size_t i;
	int rc = facts_gather(rootfd, NULL, FACT_IRQS, devices, &facts, err);

	for (i = 0; rc == 0 && i < devices->count; i++)
		findings_of_interrupts(&facts[i], &list);
	facts_free(facts, devices->count);
	if (rc == 0 && list.failed)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the findings");
	if (rc < 0 || !list.count)
		return rc;
	*kind = list.findings[0].kind;
	return error_set(err, STATUS_REFUSED, 0, list.findings[0].object, "%s: %s", (*kind)->id,
			 list.findings[0].text);
}

int claim_check_interrupts(int rootfd, const struct device_list *devices,
			   const struct process *process, struct error *err)
{
	const struct finding_kind *kind = NULL;
	int rc = find_interrupts(rootfd, devices, &kind, err);

	if (kind)
		error_hint(err, "%s; or stop it, kill -STOP %d, and have us do it: --disable-interrupts; to preserve it now, and see to that before the jump: --force %s",
			   kind->remedy, (int)process->pid, kind->id);
	return rc;
}

int claim_disable_interrupts(int rootfd, const struct device_list *devices,
			     const struct process *process, struct claim *claim,
			     struct error *err)
{
	const struct finding_kind *kind;
	size_t i;
	int rc = process_check_stopped(process, err);

	for (i = 0; rc == 0 && i < devices->count; i++) {
		claim->quieted = true;
		rc = vfio_disable_interrupts(claim->fds[i]);
		if (rc < 0)
			return error_set(err, STATUS_FAILED, -rc, devices->devices[i].name,
					 "cannot disable its interrupts");
	}
	return rc < 0 ? rc : find_interrupts(rootfd, devices, &kind, err);
}
