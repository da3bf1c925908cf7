// SPDX-License-Identifier: GPL-2.0-or-later
/* Manifests: round trip, and what must be refused of what comes from outside. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "manifest.h"
#include "manifest_text.h"
#include "tap.h"
#include "token.h"

#define ORIGIN "\"tool\":\"t\",\"kernel\":\"k\",\"boot_id\":\"b\",\"created\":\"c\","
#define HEAD "{\"version\":1,\"session\":\"vm\"," ORIGIN
#define ENTRY_OF(token, address) "{\"token\":\"" token "\",\"kind\":\"vfio-pci\",\"address\":\"" \
	address "\",\"vendor\":\"8086\",\"device\":\"10c9\",\"driver\":\"vfio-pci\"}"
#define ENTRY ENTRY_OF("0x0001000000000100", "0000:01:00.0")

/* In place of libc's */
static bool no_memory;

void *reallocarray(void *ptr, size_t nmemb, size_t size)
{
	return no_memory ? NULL : realloc(ptr, nmemb * size);
}

static int parse_raw(const char *text, size_t length, struct error *err)
{
	struct manifest manifest = { .count = 0 };
	int rc = manifest_parse(text, length, "vm", &manifest, err);

	ok(rc == 0 || !manifest.entries, "nothing is left behind");
	manifest_free(&manifest);
	return rc;
}

/* @body with a right header line. */
static int parse_body(const char *body, size_t length, struct error *err)
{
	char *text = malloc(length + 64);
	int rc, n;

	if (!text)
		abort();
	n = sprintf(text, "vfio-luctl-manifest 1 %zu %08" PRIx32 "\n", length, manifest_crc32(body, length));
	memcpy(text + n, body, length);
	rc = parse_raw(text, (size_t)n + length, err);
	free(text);
	return rc;
}

static void good(const char *body)
{
	struct error err = { .status = STATUS_OK };
	int rc = parse_body(body, strlen(body), &err);

	ok(rc == 0, "taken: %.80s", body);
	if (rc)
		printf("# %s\n", err.message);
}

static void bad(const char *body, const char *why)
{
	struct error err = { .status = STATUS_OK };

	is_int(parse_body(body, strlen(body), &err), -EBADMSG, "refused: %.100s", body);
	ok(strstr(err.message, why), "because: %s (%s)", why, err.message);
	is_text(err.object, "vm", "the session is named");
}

static void bad_raw(const char *text, int code)
{
	struct error err = { .status = STATUS_OK };

	is_int(parse_raw(text, strlen(text), &err), -code, "refused as a file: %.60s", text);
}

static void check_bodies(void)
{
	good(HEAD "\"entries\":[]}");
	good(HEAD "\"entries\":[" ENTRY "]}");
	good(HEAD "\"future\":{\"a\":[1]},\"entries\":[" ENTRY "]}");
	good(HEAD "\"entries\":[{\"token\":\"0x0001000000000100\",\"kind\":\"vfio-pci\",\"address\":\"0000:01:00.0\",\"driver\":\"vfio-pci\"}]}");
	bad("", "JSON");
	bad("[]", "object");
	bad("1", "JSON");
	bad("null", "JSON");
	bad(HEAD "\"entries\":[]}x", "JSON");
	bad(HEAD "\"entries\":[]", "JSON");
	bad(HEAD "\"entries\":[],}", "JSON");
	bad(HEAD "\"x\":'y',\"entries\":[]}", "JSON");
	bad(HEAD "\"x\":\"\xff\",\"entries\":[]}", "JSON");
	bad(HEAD "\"x\":[[[[[[[[[]]]]]]]]],\"entries\":[]}", "JSON");
	bad("{\"version\":2,\"session\":\"vm\"," ORIGIN "\"entries\":[]}", "version");
	bad("{\"version\":\"1\",\"session\":\"vm\"," ORIGIN "\"entries\":[]}", "version");
	bad("{\"version\":1,\"session\":\"other\"," ORIGIN "\"entries\":[]}", "session");
	bad("{\"version\":1,\"session\":\"vm\\u0000\"," ORIGIN "\"entries\":[]}", "session");
	bad("{\"version\":1,\"session\":1," ORIGIN "\"entries\":[]}", "session");
	bad("{\"version\":1," ORIGIN "\"entries\":[]}", "session");
	bad("{\"version\":1,\"session\":\"vm\",\"entries\":[]}", "origin");
	bad("{\"version\":1,\"session\":\"vm\",\"tool\":\"a\\nb\",\"kernel\":\"k\",\"boot_id\":\"b\",\"created\":\"c\",\"entries\":[]}", "origin");
	bad("{\"version\":1,\"session\":\"vm\"," ORIGIN "\"tool\":\"0123456789012345678901234567890123456789\",\"entries\":[]}", "origin");
}

static void check_entries(void)
{
	bad(HEAD "\"a\":1}", "entries");
	bad(HEAD "\"entries\":{}}", "entries");
	bad(HEAD "\"entries\":[1]}", "object");
	bad(HEAD "\"entries\":[null]}", "object");
	bad(HEAD "\"entries\":[{}]}", "kind");
	bad(HEAD "\"entries\":[{\"kind\":\"other\"}]}", "kind");
	bad(HEAD "\"entries\":[" ENTRY "," ENTRY "]}", "twice");
	bad(HEAD "\"entries\":[" ENTRY_OF("0x0001000000000101", "0000:01:00.0") "]}", "token");
	bad(HEAD "\"entries\":[" ENTRY_OF("0x0000000000000000", "0000:01:00.0") "]}", "token");
	bad(HEAD "\"entries\":[" ENTRY_OF("1", "0000:01:00.0") "]}", "token");
	bad(HEAD "\"entries\":[" ENTRY_OF("0x0001000000000100", "01:00.0") "]}", "address");
	bad(HEAD "\"entries\":[" ENTRY_OF("0x0001000000000100", "../../etc") "]}", "address");
	bad(HEAD "\"entries\":[" ENTRY_OF("0x000100000000010a", "0000:01:01.A") "]}", "address");
	bad(HEAD "\"entries\":[{\"token\":\"0x0001000000000100\",\"kind\":\"vfio-pci\",\"address\":\"0000:01:00.0\",\"vendor\":\"80866\",\"driver\":\"d\"}]}", "ids");
	bad(HEAD "\"entries\":[{\"token\":\"0x0001000000000100\",\"kind\":\"vfio-pci\",\"address\":\"0000:01:00.0\",\"vendor\":32902,\"driver\":\"d\"}]}", "ids");
	bad(HEAD "\"entries\":[{\"token\":\"0x0001000000000100\",\"kind\":\"vfio-pci\",\"address\":\"0000:01:00.0\"}]}", "driver");
}

#define MEMFD(token, name, size) "{\"token\":" token ",\"kind\":\"memfd\",\"name\":" name ",\"size\":" size "}"
#define ONE "\"0x0002000000000001\""

static void check_memfds(void)
{
	char name[300] = "\"", body[1000];

	good(HEAD "\"entries\":[" MEMFD(ONE, "\"ram\"", "0") "]}");
	good(HEAD "\"entries\":[" ENTRY "," MEMFD(ONE, "\"\"", "9223372036854775807") "," MEMFD("\"0x0002000000000002\"", "\"ram\"", "4096") "]}");
	bad(HEAD "\"entries\":[" MEMFD(ONE, "\"a\"", "1") "," MEMFD(ONE, "\"b\"", "1") "]}", "twice");
	bad(HEAD "\"entries\":[" MEMFD("\"0x0002000000000000\"", "\"a\"", "1") "]}", "token");
	bad(HEAD "\"entries\":[" MEMFD("\"0x0001000000000100\"", "\"a\"", "1") "]}", "token");
	bad(HEAD "\"entries\":[" MEMFD("\"0x0000000000000000\"", "\"a\"", "1") "]}", "token");
	bad(HEAD "\"entries\":[" MEMFD("2", "\"a\"", "1") "]}", "token");
	bad(HEAD "\"entries\":[" MEMFD(ONE, "1", "1") "]}", "name");
	bad(HEAD "\"entries\":[" MEMFD(ONE, "\"a\\nb\"", "1") "]}", "name");
	bad(HEAD "\"entries\":[" MEMFD(ONE, "\"a\"", "-1") "]}", "size");
	bad(HEAD "\"entries\":[" MEMFD(ONE, "\"a\"", "\"1\"") "]}", "size");
	bad(HEAD "\"entries\":[" MEMFD(ONE, "\"a\"", "1.5") "]}", "size");
	bad(HEAD "\"entries\":[{\"token\":" ONE ",\"kind\":\"memfd\",\"name\":\"a\"}]}", "size");
	bad(HEAD "\"entries\":[{\"token\":" ONE ",\"kind\":\"memfd\",\"size\":1}]}", "name");
	bad(HEAD "\"entries\":[" ENTRY_OF("0x0002000000000001", "0000:01:00.0") "]}", "token");
	memset(name + 1, 'n', MEMFD_NAME_SIZE - 1);
	snprintf(body, sizeof(body), HEAD "\"entries\":[" MEMFD(ONE, "%s", "1") "]}", strcat(name, "\""));
	good(body);
	memset(name + 1, 'n', MEMFD_NAME_SIZE);
	name[MEMFD_NAME_SIZE + 1] = '\0';
	snprintf(body, sizeof(body), HEAD "\"entries\":[" MEMFD(ONE, "%s", "1") "]}", strcat(name, "\""));
	bad(body, "name");
}

static void check_files(void)
{
	char *large = calloc(1, MANIFEST_MAX_SIZE + 2);
	struct error err;

	bad_raw("", EBADMSG);
	bad_raw("\n", EBADMSG);
	bad_raw("{\"version\":1}", EBADMSG);
	bad_raw("vfio-luctl-manifest", EBADMSG);
	bad_raw("vfio-luctl-manifest \n", EBADMSG);
	bad_raw("vfio-luctl-manifest x 2 a3ac6e2e\n{}", EBADMSG);
	bad_raw("vfio-luctl-manifest 1 2 00000000\n{}", EBADMSG);
	bad_raw("vfio-luctl-manifest 1 3 15bd0aba\n{}", EBADMSG);
	bad_raw("vfio-luctl-manifest 1  2 15bd0aba\n{}", EBADMSG);
	bad_raw("vfio-luctl-manifest 2 2 15bd0aba\n{}", ENOTSUP);
	bad_raw("vfio-luctl-manifest 4294967297 2 15bd0aba\n{}", ENOTSUP);
	is_int(parse_raw(large, MANIFEST_MAX_SIZE + 1, &err), -EBADMSG, "too large");
	is_int(parse_raw(large, MANIFEST_MAX_SIZE, &err), -EBADMSG, "only zeroes");
	free(large);
	ok(manifest_crc32("123456789", 9) == 0xcbf43926, "the checksum is the usual CRC-32");
}

static void add(struct manifest *manifest, const char *address, int vendor)
{
	struct manifest_entry entry = { .vendor = vendor, .device = vendor, .driver = "vfio-pci" };
	bool has_domain;
	int rc = pci_addr_parse(address, &entry.address, &has_domain);

	entry.token = token_from_pci(entry.address);
	ok(rc == 0 && manifest_add(manifest, &entry) == 0, "%s is added", address);
}

static void check_round_trip(void)
{
	struct manifest_entry memfd = { .token = token_from_memfd(3), .name = "a\"\\b", .size = 1ULL << 40,
					.vendor = -1, .device = -1 };
	struct manifest out, in = { .count = 0 };
	char label[MANIFEST_LABEL_SIZE];
	char address[PCI_ADDR_STRLEN];
	struct error err;
	int fd, i;

	manifest_init(&out, "vm", "unit test");
	is_int(manifest_add(&out, &memfd), 0, "a memfd is added");
	add(&out, "0000:02:00.0", 0x8086);
	add(&out, "10000:e1:1f.7", -1);
	add(&out, "0000:01:00.0", 0xffff);
	is_int(manifest_add(&out, &out.entries[0]), -EEXIST, "no device twice");
	is_int(manifest_add(&out, &memfd), -EEXIST, "no memfd twice");
	is_text(pci_addr_format(out.entries[0].address, address), "0000:01:00.0", "sorted");
	is_text(manifest_label(&out.entries[0], label), "0000:01:00.0", "a device is called by its address");
	is_text(manifest_label(&out.entries[3], label), "memfd 3 (a\"\\b)", "a memfd comes last, with its name");
	fd = manifest_to_memfd(&out, &err);
	ok(fd >= 0, "a memfd is made");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "it is close-on-exec");
	ok(write(fd, "x", 1) < 0 && ftruncate(fd, 1) < 0, "it is sealed");
	lseek(fd, 17, SEEK_SET);
	is_int(manifest_from_fd(fd, "vm", &in, &err), 0, "it is read, whatever its position");
	is_int((int)in.count, 4, "all entries are there");
	for (i = 0; i < (int)in.count; i++)
		ok(in.entries[i].token == out.entries[i].token &&
		   in.entries[i].vendor == out.entries[i].vendor &&
		   in.entries[i].size == out.entries[i].size &&
		   !strcmp(in.entries[i].name, out.entries[i].name) &&
		   !strcmp(in.entries[i].driver, out.entries[i].driver), "entry %d is the same", i);
	is_text(in.created, out.created, "the time is the same");
	ok(manifest_find(&in, out.entries[1].token) == &in.entries[1], "an entry is found");
	ok(!manifest_find(&in, 5), "no entry is found");
	manifest_free(&in);
	ok(manifest_from_fd(fd, "other", &in, &err) < 0, "it is of one session only");
	close(fd);
	manifest_free(&out);
}

/* What could not be read back is not written. */
static void check_limits(void)
{
	struct manifest_entry memfd = { .vendor = -1, .device = -1 };
	struct manifest out;
	struct error err;
	uint32_t i;

	manifest_init(&out, "vm", "unit test");
	memset(memfd.name, '"', sizeof(memfd.name) - 1);
	for (i = 1; i <= MANIFEST_MAX_ENTRIES; i++) {
		memfd.token = token_from_memfd(i);
		manifest_add(&out, &memfd);
	}
	is_int(manifest_to_memfd(&out, &err), -EFBIG, "too many bytes");
	is_int(err.status, STATUS_REFUSED, "which is refused");
	for (i = 0; i < out.count; i++)
		out.entries[i].name[0] = '\0';
	memfd.token = token_from_memfd(MANIFEST_MAX_ENTRIES + 1);
	i = (uint32_t)manifest_to_memfd(&out, &err);
	ok((int)i >= 0, "just so many entries");
	close((int)i);
	manifest_add(&out, &memfd);
	is_int(manifest_to_memfd(&out, &err), -EFBIG, "too many entries");
	manifest_free(&out);
}

/* Whatever single byte is flipped, or wherever it is cut: never taken. */
static void check_damage(void)
{
	struct manifest out;
	struct error err;
	size_t length, i, taken = 0;
	char *text;

	manifest_init(&out, "vm", "unit test");
	add(&out, "0000:01:00.0", 0x8086);
	manifest_format(&out, &text, &length, &err);
	for (i = 0; i < length; i++) {
		struct manifest in;

		text[i] ^= 0x20;
		taken += manifest_parse(text, length, "vm", &in, &err) == 0;
		text[i] ^= 0x20;
		taken += manifest_parse(text, i, "vm", &in, &err) == 0;
	}
	is_int((int)taken, 0, "none of %zu damaged ones is taken", 2 * length);
	free(text);
	manifest_free(&out);
}

/* What passes is not told as a fault of the manifest, which would be for ever */
static void check_no_memory(void)
{
	struct error err = { .status = STATUS_OK };
	const char *body = HEAD "\"entries\":[" ENTRY "]}";

	no_memory = true;
	is_int(parse_body(body, strlen(body), &err), -ENOMEM, "no memory for an entry");
	no_memory = false;
	is_int(err.status, STATUS_FAILED, "that is a failure");
	is_text(err.message, "cannot read the manifest", "and not damage");
	good(body);
}

int main(void)
{
	check_round_trip();
	check_bodies();
	check_entries();
	check_memfds();
	check_limits();
	check_files();
	check_damage();
	check_no_memory();
	return tap_done();
}
