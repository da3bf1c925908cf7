// SPDX-License-Identifier: GPL-2.0-or-later
/* The columns of the verbs that change sessions. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "token.h"
#include "vfio.h"
#include "rows.h"

static void get_session(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct row *)record)->session);
}

static void get_device(const void *record, struct column_value *value)
{
	const struct row *row = record;
	char address[PCI_ADDR_STRLEN];

	if (!token_memfd(row->entry.token))
		column_set_text(value, pci_addr_format(row->entry.address, address));
}

static void get_token(const void *record, struct column_value *value)
{
	char token[TOKEN_STRLEN];

	column_set_text(value, token_format(((const struct row *)record)->entry.token, token));
}

static void get_id(const void *record, struct column_value *value)
{
	const struct manifest_entry *device = &((const struct row *)record)->entry;

	column_set_ids(value, device->vendor, device->device);
}

static bool is_memfd(const struct row *row)
{
	return token_memfd(row->entry.token);
}

static void get_name(const void *record, struct column_value *value)
{
	if (is_memfd(record))
		column_set_text(value, ((const struct row *)record)->entry.name);
}

static void get_size(const void *record, struct column_value *value)
{
	value->absent = !is_memfd(record);
	value->number = (int64_t)((const struct row *)record)->entry.size;
}

static void get_state(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct row *)record)->state);
}

static void get_changed(const void *record, struct column_value *value)
{
	value->absent = false;
	value->number = ((const struct row *)record)->changed;
}

static void get_earlier_override(const void *record, struct column_value *value)
{
	column_set_text(value, ((const struct row *)record)->earlier_override);
}

#define DEVICE_COLUMNS                                                                                     \
	{ "device", "DEVICE", COLUMN_STRING, true, get_device, "PCI address" },                            \
	{ "session", "SESSION", COLUMN_STRING, true, get_session, "session it is in" },                    \
	{ "token", "TOKEN", COLUMN_STRING, true, get_token, "its token in the session, hexadecimal" },     \
	{ "id", "ID", COLUMN_STRING, false, get_id, "vendor and device id, hexadecimal" },                 \
	{ "name", "NAME", COLUMN_STRING, false, get_name, "of a memfd" },                                  \
	{ "size", "SIZE", COLUMN_NUMBER, false, get_size, "of a memfd, in bytes" },                        \
	{ "state", "STATE", COLUMN_STRING, true, get_state, "planned, preserved, free, arrived, retrieved, bound, in-use, failed, finished, gone, dropped" }, \
	{ "changed", "CHANGED", COLUMN_BOOL, false, get_changed, "false when it was so before" }

_Static_assert(offsetof(struct row, moments) == 0, "for MOMENT_COLUMNS");

const struct column device_columns[] = {
	DEVICE_COLUMNS,
	{ 0 },
};

const struct column finish_columns[] = {
	DEVICE_COLUMNS,
	MOMENT_COLUMNS,
	MOMENT_FINISHED,
	{ 0 },
};

const struct column retrieve_columns[] = {
	DEVICE_COLUMNS,
	MOMENT_COLUMNS,
	{ "earlier_override", "EARLIER-OVERRIDE", COLUMN_STRING, false, get_earlier_override, "its driver_override before --bind bound it; (null): none" },
	{ 0 },
};

int rows_add(struct row_list *list, const char *session, const struct manifest_entry *entry,
	     const char *state, bool changed, struct error *err)
{
	struct row *grown = reallocarray(list->rows, list->count + 1, sizeof(*grown));

	if (!grown)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the table");
	list->rows = grown;
	grown += list->count++;
	*grown = (struct row){ .entry = *entry, .state = state, .changed = changed };
	snprintf(grown->session, sizeof(grown->session), "%s", session);
	return 0;
}

int rows_add_info(struct row_list *list, const struct keeper_info *info,
		  const char *state, bool changed, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < info->count; i++) {
		const struct keeper_entry *entry = &info->entries[i];
		bool told = !state || entry->state == ENTRY_GONE;

		rc = rows_add(list, info->session, &entry->of,
			      told ? entry_state_name(entry->state) : state, changed, err);
	}
	return rc;
}

void rows_add_moments(struct row_list *list, const struct keeper_info *info)
{
	size_t i, k;

	for (i = 0; i < list->count; i++)
		for (k = 0; k < info->count; k++)
			if (list->rows[i].entry.token == info->entries[k].of.token)
				list->rows[i].moments = moments_of(info, &info->entries[k]);
}

int row_prove_free(int rootfd, struct row *row, struct error *err)
{
	char address[PCI_ADDR_STRLEN];
	struct vfio_device device;
	cleanup_close int fd = -1;
	int rc;

	if (token_memfd(row->entry.token))
		return 0;
	rc = device_at(rootfd, row->entry.address, &device, err);
	/* To open it is proof enough, when it is known how. */
	if (rc == 0 && !device.cdev[0])
		rc = device_check_read(&device, err);
	if (rc < 0) {
		error_wrap(err, "the session is gone");
		return rc;
	}
	if (device.liveupdate[0] && strcmp(device.liveupdate, "none")) {
		rc = error_set(err, STATUS_BUSY, 0, pci_addr_format(row->entry.address, address),
			       "its keeper has let go of the session, but the device is in a live update (%s)", device.liveupdate);
		error_hint(err, "vfio-luctl status");
		return rc;
	}
	if (!device.cdev[0]) {
		row->state = "unbound"; /* from VFIO since: nothing to open */
		return 0;
	}
	fd = vfio_open_cdev(device.cdev);
	if (fd >= 0)
		return 0;
	return error_set(err, fd == -EBUSY ? STATUS_BUSY : STATUS_FAILED, -fd,
			 pci_addr_format(row->entry.address, address),
			 "the session is gone, but the device cannot be opened");
}

int rows_print(const struct row_list *list, const struct report *report, struct error *err)
{
	static const char *const with_memfds[] = {
		"device", "name", "size", "session", "token", "state", NULL,
	};
	struct report chosen = *report;
	size_t i;

	for (i = 0; !report->selected && i < list->count; i++)
		if (is_memfd(&list->rows[i]))
			chosen.selected = with_memfds;
	return report_print(stdout, &chosen, list->rows, list->count, sizeof(*list->rows), err);
}

void rows_free(struct row_list *list)
{
	free(list->rows);
	list->rows = NULL;
	list->count = 0;
}
