// SPDX-License-Identifier: GPL-2.0-or-later
/* Gathering everything once, then deciding. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "preflight.h"
#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "host.h"
#include "inspect.h"
#include "plan.h"
#include "stores.h"
#include "survey.h"
#include "target.h"

static int add_device(struct device_list *list, const struct vfio_device *device, struct error *err)
{
	struct vfio_device *grown;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->devices[i].name, device->name) && !strcmp(list->devices[i].bus, device->bus))
			return 0;
	grown = reallocarray(list->devices, list->count + 1, sizeof(*grown));
	if (!grown)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the device list");
	grown[list->count++] = *device;
	list->devices = grown;
	return 0;
}

static int add_all(struct device_list *list, const struct device_list *from, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < from->count; i++)
		rc = add_device(list, &from->devices[i], err);
	return rc;
}

/* What is at @address, or that nothing is. */
static int add_at(int rootfd, struct device_list *list, struct pci_addr address, struct error *err)
{
	struct vfio_device device;
	struct error told;
	int rc = device_at(rootfd, address, &device, &told);

	if (rc < 0 && rc != -ENODEV) {
		*err = told;
		return rc;
	}
	if (rc < 0) {
		device = (struct vfio_device){ .is_pci = true, .address = address, .bus = "pci" };
		pci_addr_format(address, device.name);
	}
	return add_device(list, &device, err);
}

/* A word that plan_resolve() does not know may be a PCI device of another driver. */
static int add_word(int rootfd, const struct device_list *all, char *word,
		    struct device_list *list, struct error *err)
{
	struct device_list chosen = { 0 };
	struct vfio_device device;
	const char *name = strrchr(word, '/');
	struct pci_addr address;
	struct error told = { 0 }, ignored;
	bool has_domain;
	int rc = plan_resolve(rootfd, all, &word, 1, &chosen, &told);

	if (rc == -ENODEV && !pci_addr_parse(name ? name + 1 : word, &address, &has_domain) &&
	    device_at(rootfd, address, &device, &ignored) == 0)
		return add_device(list, &device, err);
	if (rc < 0)
		*err = told;
	else
		rc = add_all(list, &chosen, err);
	device_list_free(&chosen);
	return rc;
}

static int add_outgoing(int rootfd, const struct survey *survey, struct device_list *list,
			struct error *err)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < survey->count; i++)
		for (k = 0; rc == 0 && k < survey->sessions[i].count; k++)
			if (survey->sessions[i].direction == DIRECTION_OUTGOING &&
			    survey->sessions[i].files[k].is_pci)
				rc = add_at(rootfd, list, survey->sessions[i].files[k].address, err);
	return rc;
}

/* The devices to look at, and of them those that shall go along. */
static int choose_devices(const struct preflight *preflight, const struct survey *survey,
			  struct device_list *list, struct device_list *going, struct error *err)
{
	struct device_list all = { 0 };
	size_t i;
	int rc = device_scan(preflight->rootfd, &all, err);

	if (rc < 0)
		return rc;
	for (i = 0; rc == 0 && i < preflight->count; i++)
		rc = add_word(preflight->rootfd, &all, preflight->words[i], list, err);
	if (rc == 0 && !preflight->count)
		rc = add_all(list, &all, err);
	if (rc == 0 && preflight->scope == PREFLIGHT_DEVICES)
		rc = add_all(going, list, err);
	if (rc == 0)
		rc = add_outgoing(preflight->rootfd, survey, going, err);
	if (rc == 0 && !preflight->count)
		rc = add_outgoing(preflight->rootfd, survey, list, err);
	device_list_free(&all);
	return rc;
}

static int inspect_all(const struct preflight *preflight, const struct survey *survey,
		       const struct device_list *devices, const struct device_list *going,
		       struct finding_list *list, struct error *err)
{
	struct inspector inspector = {
		.rootfd = preflight->rootfd,
		.survey = survey,
		.going = going,
		.devices = devices,
		.release = preflight->target ? preflight->target->release : "",
	};
	size_t i;
	int rc = inspect_begin(&inspector, err);

	for (i = 0; rc == 0 && i < devices->count; i++) {
		struct inspected inspected;

		inspect_device(&inspector, i, &inspected);
		inspected.asked_for = preflight->scope == PREFLIGHT_DEVICES;
		findings_of_device(&inspected, preflight->target, list);
	}
	inspect_end(&inspector);
	return rc;
}

static int check_devices(const struct preflight *preflight, const struct survey *survey,
			 struct finding_list *list, struct error *err)
{
	struct device_list devices = { 0 }, going = { 0 };
	int rc = choose_devices(preflight, survey, &devices, &going, err);

	if (rc == 0)
		rc = inspect_all(preflight, survey, &devices, &going, list, err);
	device_list_free(&devices);
	device_list_free(&going);
	return rc;
}

static void check_host(const struct preflight *preflight, const struct host *host,
		       const struct survey *survey, struct finding_list *list)
{
	findings_of_kernel(host, list);
	if (preflight->to_be_loaded)
		findings_of_loading(host, list);
	else
		findings_of_loaded(host, preflight->target, list);
	if (preflight->scope != PREFLIGHT_LOAD)
		findings_of_sessions(host, survey, preflight->way, list);
	if (preflight->target)
		findings_of_target(host, preflight->target, list);
	findings_of_hidden(host, survey, list);
}

int preflight_run(const struct preflight *preflight, struct finding_list *list, struct error *err)
{
	struct survey survey;
	struct host host;
	int rc = survey_take(preflight->rootfd, NULL, &survey, err);

	if (rc == 0) {
		if (preflight->live)
			stores_ask(preflight->rootfd, &survey);
		host_gather(preflight->rootfd, preflight->live, &survey, &host);
		check_host(preflight, &host, &survey, list);
		if (preflight->scope != PREFLIGHT_LOAD)
			rc = check_devices(preflight, &survey, list, err);
	}
	survey_free(&survey);
	if (rc == 0 && list->failed)
		rc = error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the findings");
	findings_sort(list);
	return rc;
}
