// SPDX-License-Identifier: GPL-2.0-or-later
/* retrieve: get devices back from the previous kernel and hand them over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"
#include "cleanup.h"
#include "error.h"
#include "handoff.h"
#include "handoff_send.h"
#include "keeper_client.h"
#include "keeper_wait.h"
#include "sysfs.h"
#include "commands.h"
#include "handoff_args.h"
#include "obtain.h"
#include "ready.h"
#include "rows.h"
#include "session_args.h"

/* Who asks again gets what there is: a device in use stays bound. */
static const char *state_after(const struct session_args *args, const struct keeper_entry *entry)
{
	if (args->dry_run)
		return "planned";
	if (entry->state == ENTRY_BOUND || entry->state == ENTRY_IN_USE)
		return entry_state_name(entry->state);
	return entry_state_name(ENTRY_RETRIEVED);
}

/* Only the keeper knows, and where there is none yet, nobody. */
static void add_moments(const struct ready *ready, struct row_list *list)
{
	struct keeper_info info;
	struct error ignored;

	if (!(report_needs(&ready->args->report) & NEED_MOMENTS) ||
	    keeper_info(ready->rootfd, ready->args->session, &info, &ignored) < 0)
		return;
	rows_add_moments(list, &info);
	keeper_info_free(&info);
}

static int add_rows(struct row_list *list, const struct ready *ready, const struct request *request,
		    struct error *err)
{
	const struct session_args *args = ready->args;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < request->count; i++) {
		const struct keeper_entry *entry = &request->entries[i];
		const struct rebind_entry *bound = rebind_find(&ready->rebind, entry->of.address);

		rc = rows_add(list, args->session, &entry->of, state_after(args, entry),
			      !args->dry_run && entry->state == ENTRY_ARRIVED, err);
		if (rc == 0)
			list->rows[i].earlier_override = bound ? bound->override : NULL;
	}
	return rc;
}

static int finish_when_bound(const struct ready *ready, const struct finish_wait *wait,
			     struct error *err)
{
	int rc = keeper_finish_wait(ready->rootfd, ready->args->session, false, wait, err);

	if (rc == 0)
		rebind_forget(ready->args->session);
	return rc;
}

/* In a process beside the command; what is handed over is not its own to keep open. */
static int finish_apart(const struct ready *ready, struct request *request, struct error *err)
{
	struct finish_wait wait;
	int rc = keeper_wait_apart(ready->args->session, &wait, err);

	if (rc <= 0)
		return rc;
	request_free(request);
	rc = finish_when_bound(ready, &wait, err);
	close(wait.user);
	return rc < 0 ? rc : 1;
}

static int run_command(struct ready *ready, struct request *request, struct error *err)
{
	const struct handoff_args *handoff = ready->args->handoff;
	int rc = 0;

	ready_end(ready);
	if (handoff->finish)
		rc = finish_apart(ready, request, err);
	if (rc)
		return rc < 0 ? rc : 0;
	return handoff_exec(handoff->command, &request->handoff, err);
}

/* Who gets the descriptors by --send. */
struct receiver {
	int sock;
	int process; /* a pidfd, for --finish */
};

static int receiver_connect(struct receiver *receiver, const struct handoff_args *handoff,
			    struct error *err)
{
	receiver->sock = handoff_connect(handoff->send, err);
	if (receiver->sock < 0)
		return receiver->sock;
	return handoff->finish ? handoff_peer(receiver->sock, handoff->send, &receiver->process, err) : 0;
}

static void receiver_close(struct receiver *receiver)
{
	cleanup_close_fn(&receiver->sock);
	cleanup_close_fn(&receiver->process);
}

/* Wait for the peer to bind what it was sent, as long as it lives. */
static int finish_after_send(const struct ready *ready, const struct receiver *receiver,
			     struct row_list *list, struct request *request, struct error *err)
{
	const struct finish_wait wait = { .seconds = AWAIT_FOREVER, .user = receiver->process };
	size_t i;
	int rc;

	request_free(request);
	rc = finish_when_bound(ready, &wait, err);
	for (i = 0; rc == 0 && i < list->count; i++)
		list->rows[i].state = "finished";
	return rc;
}

static int send_request(const struct ready *ready, const struct receiver *receiver,
			struct request *request, struct row_list *list, struct error *err)
{
	const struct handoff_args *handoff = ready->args->handoff;
	int rc;

	if (handoff->qmp)
		rc = handoff_send_qmp(receiver->sock, handoff->send, &request->handoff, err);
	else
		rc = handoff_send(receiver->sock, handoff->send, &request->handoff, err);
	if (rc == 0 && handoff->finish)
		rc = finish_after_send(ready, receiver, list, request, err);
	return rc;
}

static int deliver(struct ready *ready, const struct receiver *receiver, struct request *request,
		   struct error *err)
{
	const struct session_args *args = ready->args;
	cleanup_rows struct row_list list = { 0 };
	int rc;

	if (args->handoff->command && !args->dry_run)
		return run_command(ready, request, err);
	rc = add_rows(&list, ready, request, err);
	add_moments(ready, &list);
	if (rc == 0 && receiver->sock >= 0)
		rc = send_request(ready, receiver, request, &list, err);
	return rc < 0 ? rc : rows_print(&list, &args->report, err);
}

static int retrieve(const struct session_args *args, struct error *err)
{
	__attribute__((cleanup(receiver_close))) struct receiver receiver = { .sock = -1, .process = -1 };
	cleanup_close int rootfd = sysroot_open(NULL, err);
	__attribute__((cleanup(request_free))) struct request request = { 0 };
	__attribute__((cleanup(ready_end))) struct ready ready = { .rebind = REBIND_INIT };
	int rc = rootfd < 0 ? rootfd : 0;

	if (rc == 0 && args->handoff->send && !args->dry_run)
		rc = receiver_connect(&receiver, args->handoff, err);
	if (rc == 0)
		rc = ready_begin(&ready, rootfd, args, err);
	if (rc == 0)
		rc = ready_host(&ready, err);
	if (rc == 0)
		rc = obtain_devices(&ready, args->handoff, &request, err);
	return rc ? rc : deliver(&ready, &receiver, &request, err);
}

static int run_retrieve(struct globals *globals, int argc, char **argv, struct error *err)
{
	struct handoff_args handoff = { 0 };
	struct session_args args = {
		.takes = TAKES_DEVICES | TAKES_BIND | TAKES_HANDOFF, .handoff = &handoff,
		.report = { .array = "devices", .columns = retrieve_columns, .notes = moments_clock },
	};
	static const char *const with_override[] = {
		"device", "session", "token", "state", "earlier_override", NULL,
	};
	int rc;

	handoff_args_split(&handoff, &argc, argv);
	rc = session_args_parse(&cmd_retrieve, globals, argc, argv, &args, err);
	if (args.bind && !args.selected)
		args.report.selected = with_override;
	if (rc == 0)
		rc = handoff_args_check(&handoff, err);
	if (rc == 0)
		rc = retrieve(&args, err);
	free(args.selected);
	return rc;
}

const struct command cmd_retrieve = {
	.name = "retrieve",
	.args = "SESSION [DEVICE...] [-- COMMAND [ARGUMENT...]]",
	.summary = "Get devices back from the previous kernel",
	.sessions = SESSIONS_INCOMING,
	.run = run_retrieve,
};
