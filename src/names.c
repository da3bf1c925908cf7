// SPDX-License-Identifier: GPL-2.0-or-later
/* The one home of libpci. */
#include <errno.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "names.h"

#define LOCAL PCI_LOOKUP_NO_HWDB
#define KNOWN (PCI_LOOKUP_NO_HWDB | PCI_LOOKUP_NO_NUMBERS)

/*
 * Where to go when libpci gives up: its error callback must not return, gets no
 * argument of ours, and ending the program is not for us.  Set only while
 * names_load() runs.
 */
static _Thread_local jmp_buf *way_out;

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(char *message, ...)
{
	(void)message;
	longjmp(*way_out, 1);
}

__attribute__((format(printf, 1, 2))) static void be_quiet(char *message, ...)
{
	(void)message;
}

/* 0, or -EBADMSG for a file that is none of names; one that is not there is none. */
static int names_load(struct pci_access *names)
{
	jmp_buf here;

	way_out = &here;
	if (setjmp(here)) {
		way_out = NULL;
		return -EBADMSG;
	}
	pci_load_name_list(names);
	way_out = NULL;
	return 0;
}

/* 1 when @path can be read, 0 when not; -EBADMSG: a FIFO or device may never end. */
static int is_readable(const char *path)
{
	struct stat st;

	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return 0;
	return S_ISREG(st.st_mode) ? 1 : -EBADMSG;
}

/* libpci takes both PATH.gz and PATH when it is told the first. */
static int is_there(const char *path)
{
	cleanup_free char *plain = strdup(path);
	size_t length = strlen(path);
	int ret = is_readable(path);

	if (plain && length > 3 && !strcmp(path + length - 3, ".gz"))
		plain[length - 3] = '\0';
	return ret || !plain ? ret : is_readable(plain);
}

/* The same path as on the running host, below @sysroot. */
static int choose_file(struct pci_access *names, const char *sysroot)
{
	char *path;
	int there;

	if (!sysroot)
		return 0;
	if (asprintf(&path, "%s%s", sysroot, names->id_file_name) < 0)
		return -ENOMEM;
	there = is_there(path);
	if (there)
		pci_set_name_list_path(names, path, 1);
	else
		free(path);
	return there < 0 ? there : 0;
}

struct pci_access *names_open(const char *sysroot, struct error *err)
{
	struct pci_access *names = pci_alloc();
	int ret;

	names->error = give_up;
	names->warning = names->debug = be_quiet;
	names->id_lookup_mode = 0; /* no network */
	ret = choose_file(names, sysroot);
	if (ret == -ENOMEM)
		error_set(err, STATUS_FAILED, ENOMEM, NULL, "no memory for the names");
	else if (ret || (ret = names_load(names)))
		error_set(err, STATUS_FAILED, -ret, names->id_file_name, "cannot make sense of the names of PCI devices");
	if (!ret)
		return names;
	names_close(names);
	return NULL;
}

void names_close(struct pci_access *names)
{
	if (names)
		pci_cleanup(names);
}

const char *names_device(struct pci_access *names, int vendor, int device, char *buf, size_t size)
{
	if (vendor < 0 || device < 0 ||
	    !pci_lookup_name(names, buf, (int)size, PCI_LOOKUP_VENDOR | KNOWN, vendor))
		return NULL;
	return pci_lookup_name(names, buf, (int)size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | LOCAL,
			       vendor, device);
}

const char *names_subsystem(struct pci_access *names, int vendor, int device, int subsystem_vendor,
			    int subsystem_device, char *buf, size_t size)
{
	if (vendor < 0 || device < 0 || subsystem_vendor < 0 || subsystem_device < 0 ||
	    !pci_lookup_name(names, buf, (int)size, PCI_LOOKUP_SUBSYSTEM | PCI_LOOKUP_VENDOR | KNOWN,
			     subsystem_vendor))
		return NULL;
	return pci_lookup_name(names, buf, (int)size,
			       PCI_LOOKUP_SUBSYSTEM | PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | LOCAL,
			       vendor, device, subsystem_vendor, subsystem_device);
}

const char *names_class(struct pci_access *names, int class_code, char *buf, size_t size)
{
	if (class_code < 0)
		return NULL;
	return pci_lookup_name(names, buf, (int)size, PCI_LOOKUP_CLASS | KNOWN, class_code >> 8);
}
