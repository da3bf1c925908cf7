// SPDX-License-Identifier: GPL-2.0-or-later
/* What of a session is to be retrieved: all, or what the words mean. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "claim.h"
#include "cleanup.h"
#include "device.h"
#include "error.h"
#include "plan.h"
#include "survey.h"
#include "token.h"
#include "request.h"
#include "session_args.h"

void request_free(struct request *request)
{
	size_t i;

	for (i = 0; i < request->handoff.count; i++)
		cleanup_close_fn(&request->handoff.fds[i].fd);
	free(request->handoff.fds);
	free(request->entries);
	*request = (struct request){ 0 };
}

int request_add_iommufd(struct request *request, struct error *err)
{
	struct handoff_fd *last = &request->handoff.fds[request->handoff.count];
	int fd = claim_open_iommufd(err);

	if (fd < 0)
		return fd;
	*last = (struct handoff_fd){ .kind = HANDOFF_IS_IOMMUFD, .name = "", .fd = fd };
	request->handoff.count++;
	return 0;
}

static int request_init(struct request *request, const struct session_args *args, size_t room,
			struct error *err)
{
	request->handoff = (struct handoff){ .session = args->session, .first = HANDOFF_FIRST_FD };
	request->entries = calloc(room + 1, sizeof(*request->entries));
	request->handoff.fds = calloc(room + 1, sizeof(*request->handoff.fds));
	if (!request->entries || !request->handoff.fds)
		return error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the devices");
	return 0;
}

static struct handoff_fd item_of(const struct manifest_entry *entry)
{
	uint32_t memfd = token_memfd(entry->token);

	return (struct handoff_fd){
		.kind = memfd ? HANDOFF_IS_MEMFD : HANDOFF_IS_DEVICE, .address = entry->address,
		.memfd = memfd, .name = entry->name, .size = entry->size, .fd = -1,
	};
}

/* Add @entry at its place, once however often it was named. */
static void request_add(struct request *request, const struct keeper_entry *entry)
{
	size_t i, at = request->count;

	for (i = 0; i < request->count; i++)
		if (request->entries[i].of.token == entry->of.token)
			return;
	for (; at > 0 && request->entries[at - 1].of.token > entry->of.token; at--)
		request->entries[at] = request->entries[at - 1];
	request->entries[at] = *entry;
	request->count++;
	request->device_count += !token_memfd(entry->of.token);
	for (i = 0; i < request->count; i++)
		request->handoff.fds[i] = item_of(&request->entries[i].of);
	request->handoff.count = request->count;
}

/*
 * The address that @word means.  Addresses are taken as they are: the device
 * may not be bound to vfio-pci yet, which is told later and better.
 */
static int resolve_word(int rootfd, char *word, struct pci_addr *addr, bool *has_domain,
			struct error *err)
{
	struct device_list all = { 0 }, chosen = { 0 };
	int rc;

	if (pci_addr_parse(word, addr, has_domain) == 0)
		return 0;
	rc = device_scan(rootfd, &all, err);
	if (rc == 0)
		rc = plan_resolve(rootfd, &all, &word, 1, &chosen, err);
	if (rc == 0 && !chosen.devices[0].is_pci)
		rc = error_set(err, STATUS_REFUSED, 0, word, "it is no PCI device");
	if (rc == 0)
		*addr = chosen.devices[0].address;
	*has_domain = true;
	device_list_free(&chosen);
	device_list_free(&all);
	return rc;
}

static int say_not_held(const struct keeper_info *info, const char *word, struct error *err)
{
	char list[400] = "", name[PCI_ADDR_STRLEN + TOKEN_STRLEN];
	size_t i, used = 0;
	int rc;

	rc = error_set(err, STATUS_NOT_FOUND, ENOENT, word, "the session %s does not hold it",
		       info->session);
	for (i = 0; i < info->count && used < sizeof(list); i++) {
		const struct manifest_entry *held = &info->entries[i].of;

		used += (size_t)snprintf(list + used, sizeof(list) - used, " %s",
					 token_memfd(held->token) ? token_format(held->token, name) :
								    pci_addr_format(held->address, name));
	}
	error_hint(err, "it holds:%s", used ? list : " no device");
	return rc;
}

/* The memfd of @info under @token; without a manifest, one made from the token. */
static int find_memfd(const struct keeper_info *info, const char *word, uint64_t token,
		      struct keeper_entry *entry, struct error *err)
{
	size_t i;

	*entry = (struct keeper_entry){
		.of = { .token = token, .vendor = -1, .device = -1 }, .state = ENTRY_ARRIVED, .fd = -1,
	};
	for (i = 0; i < info->count; i++) {
		if (info->entries[i].of.token != token)
			continue;
		*entry = info->entries[i];
		return 0;
	}
	return info->manifest_error[0] ? 0 : say_not_held(info, word, err);
}

/* The device of @info that @word means; without a manifest, one made from the address. */
static int find_device(int rootfd, const struct keeper_info *info, char *word,
		      struct keeper_entry *entry, struct error *err)
{
	struct pci_addr addr;
	bool has_domain;
	size_t i, found = 0;
	int rc = resolve_word(rootfd, word, &addr, &has_domain, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < info->count; i++) {
		struct pci_addr held = info->entries[i].of.address;
		struct pci_addr wanted = addr;

		if (!has_domain)
			wanted.domain = held.domain;
		if (token_memfd(info->entries[i].of.token) || pci_addr_compare(wanted, held))
			continue;
		*entry = info->entries[i];
		found++;
	}
	if (found > 1)
		return error_set(err, STATUS_USAGE, 0, word,
				 "the session holds several devices of this short address");
	if (found == 0 && !info->manifest_error[0])
		return say_not_held(info, word, err);
	if (found == 0)
		*entry = (struct keeper_entry){
			.of = { .address = addr, .token = token_from_pci(addr), .vendor = -1, .device = -1 },
			.state = ENTRY_ARRIVED, .fd = -1,
		};
	return 0;
}

static int find_entry(int rootfd, const struct keeper_info *info, char *word,
		      struct keeper_entry *entry, struct error *err)
{
	uint64_t token;

	if (token_parse(word, &token) == 0 && token_memfd(token))
		return find_memfd(info, word, token, entry, err);
	return find_device(rootfd, info, word, entry, err);
}

/* A file that the kernel lists: a device is told by its token. */
static int add_listed(struct request *request, const struct session_args *args,
		      const struct survey_file *file, struct error *err)
{
	struct keeper_entry entry = {
		.of = { .token = file->token, .address = file->address, .vendor = -1, .device = -1 },
		.state = ENTRY_ARRIVED, .fd = -1,
	};
	char token[TOKEN_STRLEN];
	int rc;

	if (file->is_pci) {
		request_add(request, &entry);
		return 0;
	}
	if (!file->has_token || token_is_ours(file->token) || args->drop_memfds)
		return 0;
	rc = error_set(err, STATUS_BUSY, 0, args->session,
		       "it holds something else than devices under token %s, which would be lost",
		       token_format(file->token, token));
	error_hint(err, "'vfio-luctl retrieve %s %s -- COMMAND' gives it to COMMAND, --drop-memfds gives it up",
		   args->session, token);
	return rc;
}

/* What the kernel says is in the session. */
static int add_all_listed(struct request *request, int rootfd, const struct session_args *args,
			  struct error *err)
{
	struct survey survey;
	size_t i, k;
	int rc = survey_take(rootfd, args->session, &survey, err);

	for (i = 0; rc == 0 && i < survey.count; i++) {
		const struct survey_session *session = &survey.sessions[i];

		if (session->direction != DIRECTION_INCOMING)
			continue;
		rc = request_init(request, args, session->count, err);
		for (k = 0; rc == 0 && k < session->count; k++)
			rc = add_listed(request, args, &session->files[k], err);
		break;
	}
	survey_free(&survey);
	return rc;
}

/*
 * All devices that can be recovered: not what is gone, or lost for ever.  Nor
 * memfds: in our hands they would look as if somebody used them.
 */
static int choose_all(struct request *request, int rootfd, const struct session_args *args,
		      const struct keeper_info *info, struct error *err)
{
	size_t i;
	int rc;

	if (info->manifest_error[0]) {
		rc = add_all_listed(request, rootfd, args, err);
		if (rc < 0 || request->count)
			return rc;
		rc = error_set(err, STATUS_REFUSED, 0, args->session, "%s, and this kernel does not tell what it holds",
			       info->manifest_error);
		error_hint(err, "'vfio-luctl retrieve %s DEVICE... -- COMMAND' takes devices out of it by their addresses",
			   args->session);
		return rc;
	}
	rc = request_init(request, args, info->count, err);
	for (i = 0; rc == 0 && i < info->count; i++)
		if (info->entries[i].state != ENTRY_GONE && info->entries[i].state != ENTRY_FAILED &&
		    !token_memfd(info->entries[i].of.token))
			request_add(request, &info->entries[i]);
	return rc;
}

int request_choose(struct request *request, int rootfd, const struct session_args *args,
		   const struct keeper_info *info, struct error *err)
{
	struct keeper_entry entry = { .fd = -1 };
	size_t i;
	int rc;

	if (args->recover)
		return choose_all(request, rootfd, args, info, err);
	if (args->count == 0 && info->manifest_error[0] && !args->dry_run) {
		rc = error_set(err, STATUS_FAILED, 0, args->session, "%s", info->manifest_error);
		error_hint(err, "the session is held and safe; name the devices to retrieve them all the same");
		return rc;
	}
	rc = request_init(request, args, args->count ? args->count : info->count, err);
	for (i = 0; rc == 0 && args->count == 0 && i < info->count; i++)
		request_add(request, &info->entries[i]);
	for (i = 0; rc == 0 && i < args->count; i++) {
		rc = find_entry(rootfd, info, args->words[i], &entry, err);
		if (rc == 0)
			request_add(request, &entry);
	}
	return rc;
}
