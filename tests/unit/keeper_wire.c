// SPDX-License-Identifier: GPL-2.0-or-later
/* What keeper and client send each other, over a socket pair. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "fdpass.h"
#include "journal.h"
#include "keeper_serve.h"
#include "keeper_wire.h"
#include "moment.h"
#include "tap.h"
#include "token.h"

static int ends[2];

static void open_pair(void)
{
	const struct timeval limit = { .tv_usec = 100 * 1000 };
	int i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	for (i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static void close_pair(void)
{
	close(ends[0]);
	close(ends[1]);
}

static void check_raw(const void *data, size_t length, int want, const char *what)
{
	struct json_object *message = NULL;
	int fd = -1;

	open_pair();
	if (length)
		ok(send(ends[0], data, length, 0) == (ssize_t)length, "%s is sent", what);
	is_int(keeper_receive(ends[1], &message, &fd, 1), want, "%s is received so", what);
	ok(want == 0 || !message, "%s leaves no message", what);
	is_int(fd, -1, "%s brings no descriptor", what);
	json_object_put(message);
	close_pair();
}

static void check_framing(void)
{
	char *large = malloc(KEEPER_PACKET_MAX + 1);
	struct json_object *message;

	if (!large)
		abort();
	memset(large, ' ', KEEPER_PACKET_MAX + 1);
	check_raw("{}", 2, 0, "an empty object");
	check_raw("{\"a\":1}", 7, 0, "an object");
	check_raw("[]", 2, -EBADMSG, "an array");
	check_raw("{", 1, -EBADMSG, "a part of an object");
	check_raw("{}{}", 4, -EBADMSG, "two objects");
	check_raw("{}\0x", 4, -EBADMSG, "an object and more");
	check_raw("\xff", 1, -EBADMSG, "a byte");
	check_raw("{\"a\":[[[[[[[[[]]]]]]]]]}", 24, -EBADMSG, "a deep object");
	check_raw(large, KEEPER_PACKET_MAX + 1, -EMSGSIZE, "a packet too large");
	check_raw("", 0, -EAGAIN, "nothing");
	open_pair();
	close(ends[0]);
	is_int(keeper_receive(ends[1], &message, NULL, 0), -ENODATA, "the end is told");
	message = json_object_new_object();
	is_int(keeper_send(ends[1], message, NULL, 0), -EPIPE, "nobody there is an error, not a signal");
	json_object_put(message);
	close(ends[1]);
	free(large);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void check_descriptor(void)
{
	struct json_object *sent = keeper_ok_message(), *message = NULL;
	int fd = -1, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	open_pair();
	is_int(keeper_send(ends[0], sent, &null, 1), 0, "a descriptor is sent");
	is_int(keeper_receive(ends[1], &message, &fd, 1), 0, "it is received");
	ok(fd >= 0 && same_file(fd, null), "it is the same file");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "it is close-on-exec");
	json_object_put(message);
	close(fd);
	message = NULL;
	keeper_send(ends[0], sent, &null, 1);
	ok(keeper_receive(ends[1], &message, NULL, 0) < 0, "not wanted, it is refused");
	fdpass_send(ends[0], "{", 1, &null, 1);
	is_int(keeper_receive(ends[1], &message, &fd, 1), -EBADMSG, "one beside garbage");
	is_int(fd, -1, "is not taken");
	json_object_put(sent);
	close(null);
	close_pair();
}

/* Whatever number it has, an error is one. */
static void check_error_numbers(void)
{
	static const char *const numbers[] = { "0", "-16", "-2147483648", "2147483647", "4096", "1e3", "\"16\"" };
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct json_object *message;
		char text[80];

		snprintf(text, sizeof(text), "{\"error\":{\"status\":5,\"errno\":%s,\"message\":\"m\"}}", numbers[i]);
		message = json_tokener_parse(text);
		is_int(keeper_reply_status(message, "vm", &err), -EINVAL, "errno %s is no success", numbers[i]);
		ok(err.status == STATUS_BUSY && !err.code && !strcmp(err.message, "m"), "and the rest is told");
		json_object_put(message);
	}
}

static void check_errors(void)
{
	struct error out = { .status = STATUS_OK }, in = { .status = STATUS_OK };
	struct json_object *message;

	error_set(&out, STATUS_BUSY, EBUSY, "0000:01:00.0", "in use by %s", "\xffname");
	error_hint(&out, "wait");
	message = keeper_error_message(&out);
	is_int(keeper_reply_status(message, "vm", &in), -EBUSY, "an error arrives");
	is_int(in.status, STATUS_BUSY, "its status too");
	is_text(in.object, out.object, "its object too");
	is_text(in.message, "in use by ?name", "its message too, as ASCII");
	is_text(in.hint, "wait", "its hint too");
	json_object_put(message);
	message = keeper_ok_message();
	is_int(keeper_reply_status(message, "vm", &in), 0, "success arrives");
	json_object_put(message);
	message = json_tokener_parse("{\"error\":{\"status\":0,\"errno\":\"x\"}}");
	ok(keeper_reply_status(message, "vm", &in) < 0, "an error without a status is one");
	is_int(in.status, STATUS_FAILED, "an error without a status is a failure");
	json_object_put(message);
	message = json_object_new_object();
	ok(keeper_reply_status(message, "vm", &in) < 0, "an empty answer is an error");
	json_object_put(message);
}

static void fill_entries(struct keeper_info *info, size_t count)
{
	size_t i;

	info->entries = calloc(count + 1, sizeof(*info->entries));
	info->count = count;
	for (i = 0; i < count; i++) {
		struct pci_addr addr = { .domain = (uint32_t)(i >> 8), .bus = (uint8_t)i };

		info->entries[i] = (struct keeper_entry){
			.of = { .token = token_from_pci(addr), .address = addr, .vendor = 0xffff,
				.device = -1 },
			.state = (enum entry_state)(i % 5), .fd = -1,
			.retrieved = i % 3 ? MOMENT_MAX : MOMENT_UNKNOWN, .bound = i % 2 ? MOMENT_MAX : MOMENT_UNKNOWN,
		};
		memset(info->entries[i].of.driver, 'x', sizeof(info->entries[i].of.driver) - 1);
		if (i % 8 == 0)
			continue;
		info->entries[i].of.token = token_from_memfd((uint32_t)i);
		info->entries[i].of.size = i << 20;
		info->entries[i].of.address = (struct pci_addr){ 0 };
		memset(info->entries[i].of.name, '"', sizeof(info->entries[i].of.name) - 1);
	}
}

static void check_info(size_t count)
{
	struct keeper_info out = { .direction = KEEPER_INCOMING, .pid = 7, .preserved = 1, .booted = MOMENT_MAX };
	struct keeper_info in = { .pid = 0 };
	size_t total = 1, same = 0, i, pages = 0;
	int rc = 0;

	memset(out.session, 's', sizeof(out.session) - 1);
	memset(out.manifest_error, 'm', sizeof(out.manifest_error) - 1);
	fill_entries(&out, count);
	do {
		struct json_object *message = keeper_info_message(&out, in.count);

		if (strlen(json_object_to_json_string_ext(message, 0)) > KEEPER_PACKET_MAX)
			rc = -EMSGSIZE;
		if (!rc)
			rc = keeper_info_read(message, &in, &total);
		json_object_put(message);
		pages++;
	} while (rc == 0 && in.count < total && pages <= count);
	is_int(rc, 0, "%zu entries go over in %zu packets", count, pages);
	is_int((int)in.count, (int)count, "all %zu entries are there", count);
	for (i = 0; i < in.count && i < count; i++)
		same += in.entries[i].of.token == out.entries[i].of.token &&
			in.entries[i].state == out.entries[i].state && in.entries[i].fd == -1 &&
			in.entries[i].of.size == out.entries[i].of.size &&
			in.entries[i].retrieved == out.entries[i].retrieved &&
			in.entries[i].bound == out.entries[i].bound &&
			!strcmp(in.entries[i].of.name, out.entries[i].of.name) &&
			!pci_addr_compare(in.entries[i].of.address, out.entries[i].of.address);
	is_int((int)same, (int)count, "all %zu entries are the same", count);
	ok(in.direction == KEEPER_INCOMING && in.pid == 7 && !strcmp(in.session, out.session) &&
	   !strcmp(in.manifest_error, out.manifest_error), "and the rest");
	ok(in.preserved == 1 && in.jumped == MOMENT_UNKNOWN && in.booted == MOMENT_MAX, "moments too");
	keeper_info_free(&in);
	keeper_info_free(&out);
}

#define WITH_MOMENT(value) \
	"{\"protocol\":2,\"session\":\"a\",\"kernel_name\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"jumped\":" \
	value ",\"total\":0,\"entries\":[]}"

static void check_hostile_info(void)
{
	struct json_object *good = json_tokener_parse(WITH_MOMENT("253402300799999"));
	struct keeper_info told = { .pid = 0 };
	static const char *const bad[] = {
		"{\"protocol\":2}",
		WITH_MOMENT("0"), WITH_MOMENT("-1"), WITH_MOMENT("253402300800000"), WITH_MOMENT("1.5"),
		WITH_MOMENT("\"2026-11-21T20:15:30.250Z\""), WITH_MOMENT("true"), WITH_MOMENT("{}"),
		"{\"protocol\":2,\"session\":\"a\",\"kernel_name\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":1,\"entries\":[{\"token\":\"0x0001000000000100\",\"vendor\":1,\"device\":1,\"driver\":\"d\",\"state\":\"bound\",\"bound\":0}]}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":0}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":1,\"entries\":[1]}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":1,\"entries\":[{\"token\":\"0x0001000000000100\",\"vendor\":1,\"device\":1,\"driver\":\"d\",\"state\":\"nonsense\"}]}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":1,\"entries\":[{\"token\":\"0x0002000000000001\",\"vendor\":-1,\"device\":-1,\"driver\":\"\",\"state\":\"arrived\"}]}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":1,\"entries\":[{\"token\":\"0x0003000000000001\",\"vendor\":-1,\"device\":-1,\"driver\":\"\",\"state\":\"arrived\"}]}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":0,\"manifest_error\":\"\",\"total\":0,\"entries\":[]}",
		"{\"protocol\":2,\"session\":\"a\",\"direction\":\"outgoing\",\"pid\":1,\"manifest_error\":\"\",\"total\":-1,\"entries\":[]}",
	};
	size_t i, total;

	is_int(keeper_info_read(good, &told, &total), 0, "a moment is one");
	keeper_info_free(&told);
	json_object_put(good);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct json_object *message = json_tokener_parse(bad[i]);
		struct keeper_info info = { .pid = 0 };

		is_int(keeper_info_read(message, &info, &total), -EBADMSG, "refused: %.100s", bad[i]);
		keeper_info_free(&info);
		json_object_put(message);
	}
}

/* What an older or a newer keeper says is not read at all, but for who it is. */
#define ENTRY(values) "{\"token\":\"0x0001000000000100\",\"driver\":\"d\",\"state\":\"bound\"," values "}"
#define MEMFD(values) "{\"token\":\"0x0002000000000001\",\"vendor\":-1,\"device\":-1,\"driver\":\"\",\"state\":\"arrived\"" values "}"

/* An answer that is right but for its direction, its pid and an entry. */
static int read_entry(const char *direction, const char *pid, const char *entry, struct keeper_info *info)
{
	struct json_object *message;
	char text[1024];
	size_t total;
	int rc;

	snprintf(text, sizeof(text), "{\"protocol\":%d,\"session\":\"a\",\"kernel_name\":\"a\",\"direction\":\"%s\","
		 "\"pid\":%s,\"manifest_error\":\"\",\"total\":1,\"entries\":[%s]}", KEEPER_PROTOCOL, direction, pid, entry);
	message = json_tokener_parse(text);
	*info = (struct keeper_info){ .pid = 0 };
	rc = keeper_info_read(message, info, &total);
	json_object_put(message);
	return rc;
}

static void check_hostile_entries(void)
{
	static const struct {
		const char *direction, *pid, *entry;
	} bad[] = {
		{ "sideways", "1", ENTRY("\"vendor\":1,\"device\":1") },
		{ "incoming", "4294967297", ENTRY("\"vendor\":1,\"device\":1") },
		{ "incoming", "-1", ENTRY("\"vendor\":1,\"device\":1") },
		{ "incoming", "1", ENTRY("\"vendor\":65536,\"device\":1") },
		{ "incoming", "1", ENTRY("\"vendor\":1,\"device\":-2") },
		{ "incoming", "1", ENTRY("\"vendor\":1,\"device\":4294967296") },
		{ "incoming", "1", ENTRY("\"vendor\":1") },
		{ "incoming", "1", MEMFD(",\"name\":\"m\",\"size\":-1") },
		{ "incoming", "1", MEMFD(",\"name\":\"m\",\"size\":\"4096\"") },
		{ "incoming", "1", MEMFD(",\"name\":\"m\",\"size\":1.5") },
		{ "incoming", "1", MEMFD(",\"size\":4096") },
	};
	struct keeper_info info;
	size_t i;

	is_int(read_entry("incoming", "1", ENTRY("\"vendor\":65535,\"device\":-1"), &info), 0, "a device is told");
	ok(info.direction == KEEPER_INCOMING && info.pid == 1 && info.entries[0].of.vendor == 0xffff, "as it is");
	keeper_info_free(&info);
	is_int(read_entry("outgoing", "1", MEMFD(",\"name\":\"m\",\"size\":4096"), &info), 0, "a memfd too");
	ok(info.direction == KEEPER_OUTGOING && info.entries[0].of.size == 4096, "as it is");
	keeper_info_free(&info);
	is_int(read_entry("outgoing", "1", MEMFD(",\"name\":\"m\""), &info), 0, "and one whose size is not known");
	keeper_info_free(&info);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		is_int(read_entry(bad[i].direction, bad[i].pid, bad[i].entry, &info), -EBADMSG, "%s %s %s",
		       bad[i].direction, bad[i].pid, bad[i].entry);
		ok(info.pid >= 0, "no process has a negative number");
		keeper_info_free(&info);
	}
}

static void check_other_version(void)
{
	static const struct {
		const char *message;
		int pid, protocol;
	} others[] = {
		{ "{\"pid\":7,\"session\":\"a\",\"direction\":\"outgoing\"}", 7, 0 },
		/* It knows neither leases nor several tokens in a request. */
		{ "{\"protocol\":1,\"session\":\"a\",\"kernel_name\":\"a\",\"direction\":\"outgoing\",\"pid\":8,\"manifest_error\":\"\",\"total\":0,\"entries\":[]}", 8, 1 },
		{ "{\"protocol\":3,\"pid\":8}", 8, 3 },
		{ "{\"protocol\":0,\"pid\":9,\"total\":\"many\"}", 9, 0 },
		{ "{\"protocol\":-2,\"pid\":9}", 9, 0 },
		{ "{\"protocol\":\"2\"}", 0, 0 },
		{ "{}", 0, 0 },
	};
	size_t i, total;

	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct json_object *message = json_tokener_parse(others[i].message);
		struct keeper_info info = { .pid = 0 };

		is_int(keeper_info_read(message, &info, &total), -EPROTO, "of another version: %s",
		       others[i].message);
		is_int(info.pid, others[i].pid, "and of which process");
		is_int(info.protocol, others[i].protocol, "and what it speaks");
		json_object_put(message);
	}
}

/* One request to a keeper that holds no real session. */
static void check_answer(struct keeper *keeper, const char *request, enum exit_status want)
{
	struct json_object *message = json_tokener_parse(request), *answer;
	struct error err = { .status = STATUS_OK };
	int given[KEEPER_FDS], fds[KEEPER_RETRIEVE_MAX];
	size_t i;

	for (i = 0; i < KEEPER_FDS; i++)
		given[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	answer = keeper_answer(keeper, message, -1, given, fds);
	keeper_reply_status(answer, "vm", &err);
	is_int(err.status, want, "%s to an %s session", request,
	       keeper_direction_name(keeper->info.direction));
	ok(!keeper->ended && fds[0] == -1 && (keeper->session >= 0 || keeper->info.waiting),
	   "the session is still held");
	for (i = 0; i < KEEPER_FDS; i++)
		ok(close(given[i]) == 0, "what came with it is still the caller's");
	json_object_put(answer);
	json_object_put(message);
}

/* A memfd may be finished once another process has it. */
static void check_memfd_use(struct keeper *keeper)
{
	struct keeper_entry *entry = &keeper->info.entries[0];
	pid_t pid;

	keeper->rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	entry->fd = memfd_create("shared", MFD_CLOEXEC);
	check_answer(keeper, "{\"op\":\"finish\"}", STATUS_BUSY);
	is_int(entry->state, ENTRY_RETRIEVED, "in use by nobody");
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	check_answer(keeper, "{\"op\":\"finish\"}", STATUS_FAILED); /* by the kernel */
	is_int(entry->state, ENTRY_IN_USE, "in use");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check_answer(keeper, "{\"op\":\"finish\"}", STATUS_BUSY);
	close(entry->fd);
	entry->fd = -1;
	close(keeper->rootfd);
}

static void check_answers(void)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1 }, .has_manifest = true,
				 .listener = -1, .rootfd = -1, .dir = -1, .journal = -1 };
	static const char *const nonsense[] = {
		"{}", "{\"op\":1}", "{\"op\":\"nonsense\"}", "{\"op\":null}", "{\"op\":{}}",
	};
	size_t i;

	keeper.session = open("/dev/null", O_RDWR | O_CLOEXEC);
	fill_entries(&keeper.info, 1);
	for (i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++)
		check_answer(&keeper, nonsense[i], STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"info\"}", STATUS_OK);
	check_answer(&keeper, "{\"op\":\"info\",\"from\":-5}", STATUS_OK);
	check_answer(&keeper, "{\"op\":\"info\",\"from\":\"5\"}", STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"info\",\"from\":99999999999}", STATUS_OK);
	check_answer(&keeper, "{\"op\":\"finish\"}", STATUS_REFUSED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[\"0x0001000000000000\"]}", STATUS_REFUSED);
	keeper.info.direction = KEEPER_INCOMING;
	keeper.info.entries[0].state = ENTRY_ARRIVED;
	check_answer(&keeper, "{\"op\":\"cancel\"}", STATUS_REFUSED);
	check_answer(&keeper, "{\"op\":\"finish\"}", STATUS_BUSY);
	check_answer(&keeper, "{\"op\":\"retrieve\"}", STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[5]}", STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[]}", STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":\"0x0001000000000100\"}", STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3]}",
		     STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[\"0x0000000000000000\"]}", STATUS_NOT_FOUND);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[\"0x0001000000000100\"]}", STATUS_NOT_FOUND);
	check_answer(&keeper, "{\"op\":\"adopt\"}", STATUS_BUSY);
	check_answer(&keeper, "{\"op\":\"dismiss\"}", STATUS_BUSY);
	keeper.info.entries[0].of.token = token_from_memfd(1);
	check_answer(&keeper, "{\"op\":\"finish\"}", STATUS_BUSY);
	check_answer(&keeper, "{\"op\":\"finish\",\"drop_memfds\":false}", STATUS_BUSY);
	check_answer(&keeper, "{\"op\":\"finish\",\"drop_memfds\":\"false\"}", STATUS_FAILED);
	check_answer(&keeper, "{\"op\":\"finish\",\"drop_memfds\":true}", STATUS_FAILED); /* by the kernel */
	check_memfd_use(&keeper);
	close(keeper.session);
	keeper_info_free(&keeper.info);
}

static void check_request(struct keeper *keeper, int sock, const char *request, int want)
{
	struct json_object *message = json_tokener_parse(request), *answer;
	struct error err = { .status = STATUS_OK };
	int given[KEEPER_FDS] = { -1, -1 }, fds[KEEPER_RETRIEVE_MAX];

	answer = keeper_answer(keeper, message, sock, given, fds);
	is_int(keeper_reply_status(answer, "vm", &err), want, "%s", request);
	json_object_put(answer);
	json_object_put(message);
}

/* One at a time fills it, and nobody undoes that meanwhile. */
static void check_lease(bool summoned)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1, .waiting = true }, .session = -1,
				 .spare = -1, .child = -1, .listener = -1, .rootfd = -1, .dir = -1, .journal = -1 };
	char byte;

	open_pair();
	check_request(&keeper, ends[0], "{\"op\":\"lease\",\"summoned\":1}", -EBADMSG);
	check_request(&keeper, ends[0], summoned ? "{\"op\":\"lease\",\"summoned\":true}" :
						   "{\"op\":\"lease\"}", 0);
	is_int(keeper.lessee, getpid(), "the lease is ours");
	check_request(&keeper, ends[1], "{\"op\":\"lease\"}", -EAGAIN);
	check_request(&keeper, ends[1], "{\"op\":\"adopt\"}", -EINVAL);
	check_request(&keeper, ends[1], "{\"op\":\"cancel\"}", -EAGAIN);
	check_request(&keeper, ends[1], "{\"op\":\"dismiss\"}", -EAGAIN);
	check_request(&keeper, ends[0], "{\"op\":\"adopt\"}", -EBADMSG);
	ok(!keeper.ended && keeper.lessee, "and stays ours");
	keeper_lease_ended(&keeper);
	ok(!keeper.lessee, "at its end it is nobody's");
	ok(keeper.ended == summoned, "who was summoned ends with it");
	is_int(recv(ends[1], &byte, 1, MSG_DONTWAIT) < 0 ? -errno : 0, summoned ? -EAGAIN : 0,
	       "the connection closes, when it does not end with us");
	close_pair();
}

/* What was lent is let go of, whoever has put what into it. */
static void check_lent(void)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1, .waiting = true }, .session = -1,
				 .spare = open("/dev/null", O_RDWR | O_CLOEXEC), .child = -1,
				 .listener = -1, .rootfd = -1, .dir = -1, .journal = -1 };
	int spare = keeper.spare;

	open_pair();
	check_request(&keeper, ends[0], "{\"op\":\"lease\",\"summoned\":false}", 0);
	keeper_lease_ended(&keeper);
	is_int(keeper.spare, -1, "the lent session is forgotten");
	ok(fcntl(spare, F_GETFD) < 0, "and closed");
	ok(keeper.ended, "and so the keeper ends");
	close_pair();
}

/* A manifest that comes later than the first answers: what is held already stays held, once. */
static void check_late_manifest(void)
{
	static const struct pci_addr there = { .bus = 1 }, missing = { .bus = 2 }, strange = { .bus = 3 };
	struct keeper keeper = { .info = { .session = "vm" } };
	struct keeper_entry *entry;
	struct manifest manifest;
	int held = open("/dev/null", O_RDWR | O_CLOEXEC), other = open("/dev/null", O_RDWR | O_CLOEXEC);

	manifest_init(&manifest, "vm", "test");
	manifest_add(&manifest, &(struct manifest_entry){ .token = token_from_pci(there), .address = there, .vendor = 5 });
	manifest_add(&manifest, &(struct manifest_entry){ .token = token_from_pci(missing), .address = missing });
	keeper.info.entries = calloc(3, sizeof(*keeper.info.entries));
	keeper.info.count = 3;
	keeper.info.entries[0] = (struct keeper_entry){
		.of = { .token = token_from_pci(there), .vendor = -1 }, .state = ENTRY_BOUND, .fd = held, .bound = 7 };
	keeper.info.entries[1] = (struct keeper_entry){ .of = { .token = token_from_memfd(9) }, .state = ENTRY_ARRIVED, .fd = -1 };
	keeper.info.entries[2] = (struct keeper_entry){
		.of = { .token = token_from_pci(strange) }, .state = ENTRY_RETRIEVED, .fd = other };
	is_int(keeper_load(&keeper, &manifest, ENTRY_ARRIVED), 0, "it is loaded");
	is_int((int)keeper.info.count, 3, "what only was guessed is gone");
	entry = keeper_find_entry(&keeper, token_from_pci(there));
	ok(entry && entry->fd == held && entry->state == ENTRY_BOUND && entry->bound == 7 && entry->of.vendor == 5,
	   "what was had is had, and what it is, is known");
	entry = keeper_find_entry(&keeper, token_from_pci(missing));
	ok(entry && entry->fd == -1 && entry->state == ENTRY_ARRIVED, "what was not, is not");
	entry = keeper_find_entry(&keeper, token_from_pci(strange));
	ok(entry && entry->fd == other && entry->state == ENTRY_RETRIEVED, "nothing that was had is lost");
	manifest_free(&manifest);
	keeper_info_free(&keeper.info);
	close(held);
	close(other);
}

/* What we retrieved ourselves is held whatever is wrong with it. */
static void check_adopt(void)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1, .waiting = true }, .session = -1, .spare = -1,
				 .listener = -1, .rootfd = open("/", O_PATH | O_CLOEXEC), .dir = -1, .journal = -1 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct error err;

	is_int(keeper_adopt(&keeper, null, -1, &err), -EINVAL, "what others give has to be a session");
	ok(keeper.session == -1 && keeper.info.waiting, "and is not held else");
	keeper_adopt_retrieved(&keeper, null);
	ok(keeper.session == null && !keeper.info.waiting, "what we retrieved is held");
	is_text(keeper.info.kernel_name, "vm", "under its name");
	ok(keeper.info.direction == KEEPER_INCOMING && keeper.info.manifest_error[0], "as what it is, without its manifest");
	keeper_info_free(&keeper.info);
	close(keeper.rootfd);
	close(null);
}

/* As long as it is not known which memfds there are, none is lost without a word. */
static void check_unknown_memfds(void)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1, .direction = KEEPER_INCOMING },
				 .has_manifest = true, .memfds_due = true,
				 .listener = -1, .rootfd = -1, .dir = -1, .journal = -1 };

	keeper.session = open("/dev/null", O_RDWR | O_CLOEXEC);
	check_request(&keeper, -1, "{\"op\":\"finish\"}", -EMFILE);
	check_request(&keeper, -1, "{\"op\":\"finish\",\"drop_memfds\":true}", -ENOTTY); /* by the kernel */
	ok(!keeper.ended && keeper.manifest_due && keeper.info.manifest_error[0], "it was tried again");
	close(keeper.session);
}

/* A journal is taken once, for a session of the next kernel, and written when that is told. */
static void check_journal(void)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1 }, .has_manifest = true,
				 .listener = -1, .rootfd = -1, .dir = -1, .journal = -1 };
	struct json_object *message = json_tokener_parse("{\"op\":\"journal\"}"), *answer;
	int given[KEEPER_FDS] = { memfd_create("journal", MFD_CLOEXEC), -1 }, fds[KEEPER_RETRIEVE_MAX];
	struct error err = { .status = STATUS_OK };

	keeper.session = open("/dev/null", O_RDWR | O_CLOEXEC);
	check_answer(&keeper, "{\"op\":\"jump\",\"begun\":true}", STATUS_OK);
	check_answer(&keeper, "{\"op\":\"journal\"}", STATUS_FAILED);
	keeper.info.direction = KEEPER_INCOMING;
	check_answer(&keeper, "{\"op\":\"journal\"}", STATUS_BUSY);
	keeper.info.direction = KEEPER_OUTGOING;
	ok(ftruncate(given[0], JOURNAL_SIZE) == 0, "a journal");
	answer = keeper_answer(&keeper, message, -1, given, fds);
	is_int(keeper_reply_status(answer, "vm", &err), 0, "it is taken");
	ok(given[0] == -1 && keeper.journal >= 0, "it is the keeper's");
	check_answer(&keeper, "{\"op\":\"journal\"}", STATUS_BUSY);
	is_int(journal_read(keeper.journal), MOMENT_UNKNOWN, "nothing is in it");
	check_answer(&keeper, "{\"op\":\"jump\",\"begun\":true}", STATUS_OK);
	ok(journal_read(keeper.journal) != MOMENT_UNKNOWN, "the jump is");
	check_answer(&keeper, "{\"op\":\"jump\",\"begun\":false}", STATUS_OK);
	is_int(journal_read(keeper.journal), MOMENT_UNKNOWN, "no more, when it was none");
	check_answer(&keeper, "{\"op\":\"jump\",\"begun\":true}", STATUS_OK);
	check_answer(&keeper, "{\"op\":\"jump\"}", STATUS_OK);
	is_int(journal_read(keeper.journal), MOMENT_UNKNOWN, "nor without a word");
	check_answer(&keeper, "{\"op\":\"jump\",\"begun\":\"no\"}", STATUS_FAILED);
	is_int(journal_read(keeper.journal), MOMENT_UNKNOWN, "and what is no answer changes nothing");
	close(keeper.journal);
	close(keeper.session);
	json_object_put(answer);
	json_object_put(message);
}

/* One that waits takes a session, and nothing else, and can be sent away. */
static void check_waiting(void)
{
	struct keeper keeper = { .info = { .session = "vm", .pid = 1, .waiting = true }, .session = -1,
				 .listener = -1, .rootfd = -1, .dir = -1, .journal = -1 };
	struct json_object *message = json_tokener_parse("{\"op\":\"dismiss\"}");
	struct error err = { .status = STATUS_OK };
	int given[KEEPER_FDS] = { -1, -1 }, fds[KEEPER_RETRIEVE_MAX];
	struct json_object *answer;

	check_answer(&keeper, "{\"op\":\"info\"}", STATUS_OK);
	check_answer(&keeper, "{\"op\":\"adopt\"}", STATUS_REFUSED);
	check_answer(&keeper, "{\"op\":\"finish\"}", STATUS_REFUSED);
	check_answer(&keeper, "{\"op\":\"retrieve\",\"tokens\":[\"0x0001000000000000\"]}", STATUS_REFUSED);
	answer = keeper_answer(&keeper, message, -1, given, fds);
	is_int(keeper_reply_status(answer, "vm", &err), 0, "dismissed");
	ok(keeper.ended, "it ends");
	json_object_put(answer);
	json_object_put(message);
}

int main(void)
{
	check_framing();
	check_descriptor();
	check_errors();
	check_error_numbers();
	check_info(0);
	check_info(1);
	check_info(KEEPER_INFO_PAGE);
	check_info(KEEPER_INFO_PAGE + 1);
	check_info(1000);
	check_hostile_info();
	check_hostile_entries();
	check_other_version();
	check_answers();
	check_late_manifest();
	check_adopt();
	check_unknown_memfds();
	check_journal();
	check_waiting();
	check_lease(false);
	check_lease(true);
	check_lent();
	return tap_done();
}
