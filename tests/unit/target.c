// SPDX-License-Identifier: GPL-2.0-or-later
/* The note of what was loaded, and the modules of the next kernel, in a root made by hand. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "native.h"
#include "target.h"
#include "tap.h"

#define BOOT "3b5e1c7a-0000-4000-8000-000000000000"

static char root[] = "/tmp/vfio-luctl-target-XXXXXX";
static int rootfd = -1;

/* Write @size bytes at @path below the root, with the directories above it. */
static void put(const char *path, const char *text, size_t size)
{
	char parent[256];
	const char *slash;
	int fd;

	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
		mkdirat(rootfd, parent, 0700);
	}
	fd = openat(rootfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		ok(false, "write %s", path);
	close(fd);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

#define NOTE(version, boot, size) "version " version "\nboot " boot "\nimage /boot/vm linuz\ninitrd \nrelease 7.3.4\n" \
	"image-size " size "\ninitrd-size 0\nconfig-known 1\nmissing CONFIG_A, CONFIG_B\nkho-default yes\n"
#define CMDLINE "cmdline a b=\"c d\" kho=on\n"

static const struct {
	const char *name, *note;
	int want;
} notes[] = {
	{ "a note", NOTE("1", BOOT, "77") CMDLINE, 0 },
	{ "a note with more in it", NOTE("1", BOOT, "77") "later yes\n" CMDLINE, 0 },
	{ "no command line", NOTE("1", BOOT, "77") "cmdline \n", 0 },
	{ "of another boot", NOTE("1", "another", "77") CMDLINE, -ENOENT },
	{ "of another version", NOTE("2", BOOT, "77") CMDLINE, -EBADMSG },
	{ "cut off", NOTE("1", BOOT, "77"), -EBADMSG },
	{ "empty", "", -EBADMSG },
	{ "a line without a value", NOTE("1", BOOT, "77") "word\n" CMDLINE, -EBADMSG },
	{ "a size that is none", NOTE("1", BOOT, "-1") CMDLINE, -EBADMSG },
	{ "a size with more behind it", NOTE("1", BOOT, "1x") CMDLINE, -EBADMSG },
};

static void check_notes(void)
{
	struct target target = TARGET_INIT;
	size_t i;

	is_int(target_note_read(rootfd, &target), -ENOENT, "no note");
	put_text("proc/sys/kernel/random/boot_id", BOOT "\n");
	for (i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		put_text("run/vfio-luctl/kexec", notes[i].note);
		is_int(target_note_read(rootfd, &target), notes[i].want, "%s", notes[i].name);
	}
	put_text("run/vfio-luctl/kexec", notes[0].note);
	target_note_read(rootfd, &target);
	is_text(target.image, "/boot/vm linuz", "image");
	is_text(target.initrd, "", "no initrd");
	is_text(target.cmdline, "a b=\"c d\" kho=on", "command line");
	is_text(target.missing, "CONFIG_A, CONFIG_B", "missing options");
	ok(target.config_known && target.kho_default == ANSWER_YES && target.image_size == 77, "the rest");
	unlinkat(rootfd, "proc/sys/kernel/random/boot_id", 0);
	is_int(target_note_read(rootfd, &target), -ENOENT, "of a boot that is not known");
}

static void check_open(void)
{
	struct target target = TARGET_INIT;
	struct error err = { 0 };

	strcpy(target.image, "/boot/none");
	is_int(target_open(rootfd, true, &target, &err), -ENOENT, "no such image");
	is_text(err.object, "/boot/none", "the error names it");
	strcpy(target.image, "//boot");
	put_text("boot/image", "something");
	is_int(target_open(rootfd, true, &target, &err), -EINVAL, "a directory");
	target_close(&target);
	strcpy(target.image, "/boot/image");
	strcpy(target.initrd, "boot/none");
	is_int(target_open(rootfd, true, &target, &err), -ENOENT, "no such initrd");
	is_text(err.object, "boot/none", "the error names it");
	target_close(&target);
	put_text("boot/initrd", "init");
	strcpy(target.initrd, "boot/initrd");
	is_int(target_open(rootfd, true, &target, &err), 0, "both are there");
	ok(target.image_size == 9 && target.initrd_size == 4 && !target.config_known, "what they are");
	is_text(target.image, "/boot/image", "the path stays as it was");
	target_close(&target);
	ok(target.image_fd < 0 && target.initrd_fd < 0, "closed");
}

static void check_natives(void)
{
	static const char builtin[] = "ahci.alias=pci:v*d*sv*sd*bc01sc06i01*\0ahci.license=GPL\0.alias=pci:*\0 x.alias=pci:*\0"
				      "igb.alias=pci:v00008086d000010C9sv*sd*bc*sc*i*";
	const char *igb = "pci:v00008086d000010C9sv00008086sd0000A03Cbc02sc00i00";
	const char *sata = "pci:v00008086d00002922sv0sd0bc01sc06i01";
	char names[256];

	is_int(native_drivers(rootfd, "7.3.4", igb, names, sizeof(names)), -ENOENT, "no modules");
	put_text("lib/modules/7.3.4/modules.alias",
		 "# Aliases extracted from modules themselves.\n"
		 "alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb\n"
		 "alias pci:v00008086d000010C9sv*sd*bc02sc00i* other\n"
		 "alias pci:v00008086d000010C8sv*sd*bc*sc*i* wrong\n"
		 "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		 "alias pci:*  no\nalias pci:* \n"
		 "options pci:v00008086d000010C9sv*sd*bc*sc*i* no\nalias\nalias x");
	is_int(native_drivers(rootfd, "7.3.4", igb, names, sizeof(names)), 0, "modules");
	is_text(names, "igb, other", "those that fit");
	put("lib/modules/7.3.4/modules.builtin.modinfo", builtin, sizeof(builtin));
	native_drivers(rootfd, "7.3.4", igb, names, sizeof(names));
	is_text(names, "igb, other", "each once");
	native_drivers(rootfd, "7.3.4", sata, names, sizeof(names));
	is_text(names, "ahci", "one that is built in");
	is_int(native_drivers(rootfd, "", igb, names, sizeof(names)), -ENOENT, "no release");
	is_int(native_drivers(rootfd, "../modules/7.3.4", igb, names, sizeof(names)), -ENOENT, "a path");
}

int main(void)
{
	char command[64];

	if (!mkdtemp(root))
		return 1;
	rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check_notes();
	check_open();
	check_natives();
	close(rootfd);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	ok(system(command) == 0, "cleared away");
	return tap_done();
}
