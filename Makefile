# SPDX-License-Identifier: GPL-2.0-or-later
# GNU make; the variables are those of the GNU coding standards.

VERSION = 0.1.0

MAKEFLAGS += --no-print-directory

prefix ?= /usr/local
exec_prefix ?= $(prefix)
sbindir ?= $(exec_prefix)/sbin
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
# Below the prefix, so that an install as nobody in particular stays there.
systemdsystemunitdir ?= $(prefix)/lib/systemd/system
bashcompletiondir ?= $(datadir)/bash-completion/completions
zshcompletiondir ?= $(datadir)/zsh/site-functions
fishcompletiondir ?= $(datadir)/fish/vendor_completions.d

CC ?= cc
INSTALL ?= install
PKG_CONFIG ?= pkg-config

# Where everything goes that is made; a build of another kind has a directory of its own.
BUILD = build
PROGRAM = $(if $(filter-out build,$(BUILD)),$(BUILD)/)vfio-luctl

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2
HARDENING ?= -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDENING_LINK ?= -pie -Wl,-z,relro,-z,now
our_cflags = -std=gnu11 $(WARNINGS) $(HARDENING) $(LIBRARY_CFLAGS) $(CFLAGS)
our_cppflags = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Isrc -MMD -MP $(CPPFLAGS)
our_ldflags = $(HARDENING_LINK) $(LDFLAGS)

# By their names for pkg-config.
LIBRARIES = json-c libnl-3.0 libpci

# Only what compiles needs the libraries; make clean must work without them.
ifneq ($(filter-out analyze bench clean dist distclean installcheck uninstall check check-package demo demo-vmm fuzz kernel-deb patches-check,$(or $(MAKECMDGOALS),all)),)
  missing := $(foreach library,$(LIBRARIES),$(if $(shell $(PKG_CONFIG) --exists $(library) && echo yes),,$(library)))
  ifneq ($(strip $(missing)),)
    $(error missing: $(missing). Install libjson-c-dev libnl-3-dev libpci-dev (Fedora: json-c-devel libnl3-devel pciutils-devel) and pkg-config)
  endif
endif
LIBRARY_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)
LIBRARY_LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES) 2>/dev/null)

lib_objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/*.c))
cmd_objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard cmd/*.c))
unit_tests = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
fuzz_tests = $(patsubst %.c,$(BUILD)/%,$(filter-out %/main.c,$(wildcard tests/fuzz/*.c)))
vm_helpers = $(patsubst tests/vm/%.c,$(BUILD)/tests/%,$(wildcard tests/vm/*.c))

# make V=1 shows the whole commands.
say = $(if $(V),,@echo '  $(if $(filter %.o,$@),CC  ,$(if $(filter %.a,$@),AR  ,LINK)) $@';)

all: $(PROGRAM)

$(PROGRAM): $(cmd_objects) $(BUILD)/libvfioluctl.a
	$(say)$(CC) $(our_cflags) $(our_ldflags) -o $@ $^ $(LIBRARY_LIBS) $(LDLIBS)

# Made anew each time: ar would keep the objects of files that are gone.
$(BUILD)/libvfioluctl.a: $(lib_objects)
	@rm -f $@
	$(say)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say)$(CC) $(our_cppflags) $(our_cflags) -c -o $@ $<

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libvfioluctl.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(say)$(CC) $(our_cppflags) $(our_cflags) $(our_ldflags) -o $@ $< $(BUILD)/libvfioluctl.a $(LIBRARY_LIBS) $(LDLIBS)

# With main.o they run their corpora; libFuzzer brings a main of its own.
fuzz_main = $(BUILD)/tests/fuzz/main.o
$(fuzz_tests): %: %.o $(fuzz_main) $(BUILD)/libvfioluctl.a
	$(say)$(CC) $(our_cflags) $(our_ldflags) -o $@ $^ $(LIBRARY_LIBS) $(LDLIBS)

$(BUILD)/tests/%: tests/vm/%.c $(BUILD)/libvfioluctl.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(say)$(CC) $(our_cppflags) $(our_cflags) $(our_ldflags) -o $@ $< $(BUILD)/libvfioluctl.a $(LIBRARY_LIBS) $(LDLIBS)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say)$(CC) $(our_cppflags) $(our_cflags) $(our_ldflags) -o $@ $< $(LDLIBS)

# Changes, and with it everything is compiled again, when the compiler or a flag does.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(subst ','\'',$(our_cppflags) $(our_cflags) $(our_ldflags))' | cmp -s - $@ || \
		echo '$(CC) $(subst ','\'',$(our_cppflags) $(our_cflags) $(our_ldflags))' > $@

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/cmd/*.d $(BUILD)/tests/*.d $(BUILD)/bench/*.d $(BUILD)/tests/unit/*.d $(BUILD)/tests/fuzz/*.d)

# The prerequisites come first: the tiers need make itself to look again for what was installed.
check:
	tests/deps build test analyze vm
	$(MAKE) test-programs asan-programs
	tests/run-all unit cli asan analyze vm memory

demo:
	tests/deps build test vm
	$(MAKE) all vm-helpers
	tests/vm/demo

# A virtual machine with a device and its memory, in the virtual machine
demo-vmm:
	tests/deps build test vm
	$(MAKE) all vm-helpers
	tests/vm/demo-vmm

# Every patch alone, and the series in many configurations
patches-check:
	tests/deps build vm patches
	$(MAKE) vm-helpers
	tests/patches-check

# Debian packages of the kernel with the patches, with the running kernel's configuration or CONFIG
kernel-deb:
	tests/deps kernel-deb
	patches/kernel-deb $(CONFIG)

test-programs: all vm-helpers $(unit_tests) $(fuzz_tests)

vm-helpers: $(vm_helpers)

check-unit: $(unit_tests) $(fuzz_tests)
	tests/run-all unit

check-cli: all
	tests/run-all cli

check-vm: all vm-helpers
	tests/run-all vm

# The virtual machines again, on a kernel that checks its memory and its locks.
check-debug: all vm-helpers
	tests/run-all debug

# The Debian package: built, linted, installed, tested and purged on each release
check-package:
	tests/deps package
	tests/run-all package

SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

asan-programs:
	$(MAKE) BUILD=build/asan HARDENING=-fPIE CFLAGS="$(SANITIZE)" test-programs

# unit and cli with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
check-asan: asan-programs
	tests/run-all asan

# What compilers and other tools find in the source
analyze:
	tests/deps build analyze
	tests/run-all analyze

# What the fuzz targets find in $(SECONDS) each; every input that is new stays in build/fuzz
fuzz:
	tests/deps build fuzz
	$(MAKE) BUILD=build/fuzz CC=clang fuzz_main= HARDENING=-fPIE LDFLAGS=-fsanitize=fuzzer \
		CFLAGS="-fsanitize=fuzzer-no-link $(SANITIZE)" fuzz-programs
	tests/fuzz/run $(or $(SECONDS),60) $(TARGETS)

fuzz-programs: $(fuzz_tests)

# Live update after live update, with three devices and a memfd.
soak: all vm-helpers
	tests/vm/run --timeout 3000 --device edu --device igb --device virtio-rng-pci tests/vm/kernel/soak.sh $(or $(ROUNDS),50)

# What the tests do at every third system call, at each of them.
interrupt: all vm-helpers
	tests/vm/run --timeout 3000 --device edu --device igb tests/vm/tool/interrupt.sh

crowd = tests/vm/run --timeout 2400 --memory 4G --append "log_buf_len=4M" $(foreach n,$(shell seq 128),--device edu)

# What the kernel takes for each device of a session, at 16 and at 128.
bench-kernel: all vm-helpers
	$(crowd) tests/vm/kernel/bench.sh 16

# What the tool adds to that, at 1, 16 and 128.
bench-share: all vm-helpers
	$(crowd) tests/vm/tool/share.sh 16

bench:
	tests/deps build bench
	$(MAKE) all $(BUILD)/bench/bare $(BUILD)/bench/cpu
	tests/bench/run
	$(MAKE) bench-kernel
	$(MAKE) bench-share

install: all
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(datadir)/vfio-luctl
	$(INSTALL) -m 755 vfio-luctl $(DESTDIR)$(sbindir)/vfio-luctl
	$(INSTALL) -m 644 schemas/*.schema.json $(DESTDIR)$(datadir)/vfio-luctl/
	$(INSTALL) -d $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man8
	$(INSTALL) -m 644 $(wildcard man/*.5) $(DESTDIR)$(mandir)/man5/
	$(INSTALL) -m 644 $(wildcard man/*.8) $(DESTDIR)$(mandir)/man8/
	$(INSTALL) -d $(DESTDIR)$(systemdsystemunitdir)
	sed 's,@sbindir@,$(sbindir),' systemd/vfio-luctl@.service.in >$(BUILD)/vfio-luctl@.service
	$(INSTALL) -m 644 $(BUILD)/vfio-luctl@.service $(DESTDIR)$(systemdsystemunitdir)/
	$(INSTALL) -d $(DESTDIR)$(bashcompletiondir) $(DESTDIR)$(zshcompletiondir) $(DESTDIR)$(fishcompletiondir)
	$(INSTALL) -m 644 completions/vfio-luctl.bash $(DESTDIR)$(bashcompletiondir)/vfio-luctl
	$(INSTALL) -m 644 completions/_vfio-luctl $(DESTDIR)$(zshcompletiondir)/
	$(INSTALL) -m 644 completions/vfio-luctl.fish $(DESTDIR)$(fishcompletiondir)/

uninstall:
	rm -f $(DESTDIR)$(sbindir)/vfio-luctl
	rm -f $(foreach page,$(notdir $(wildcard man/*.[58])),$(DESTDIR)$(mandir)/man$(lastword $(subst ., ,$(page)))/$(page))
	rm -f $(DESTDIR)$(systemdsystemunitdir)/vfio-luctl@.service
	rm -f $(DESTDIR)$(bashcompletiondir)/vfio-luctl $(DESTDIR)$(zshcompletiondir)/_vfio-luctl
	rm -f $(DESTDIR)$(fishcompletiondir)/vfio-luctl.fish
	rm -f $(DESTDIR)$(datadir)/vfio-luctl/vfio-luctl-*.schema.json
	! test -d $(DESTDIR)$(datadir)/vfio-luctl || rmdir $(DESTDIR)$(datadir)/vfio-luctl

# Of what is installed: does it run, and is what belongs to it there?
installcheck:
	tests/installcheck "$(VERSION)" "$(DESTDIR)" "$(sbindir)" "$(mandir)" "$(datadir)" "$(systemdsystemunitdir)"

# What git knows of, or in a tarball all there is, with the time of the last commit: always the same bytes.
DISTDIR = .
dist_name = vfio-luctl-$(VERSION)
dist_time = $$(if test -e .git; then git log -1 --format=%ct; else stat -c %Y Makefile; fi)

dist:
	@if test -e .git; then git ls-files -z; \
	else find . \( -path ./build -o -path ./vfio-luctl -o -path './vfio-luctl-*.tar.gz' -o -path ./debian/vfio-luctl \
		-o -path ./debian/.debhelper -o -path './debian/*.substvars' -o -path ./debian/debhelper-build-stamp \
		-o -path ./debian/files \) -prune -o \
		! -type d -printf '%P\0'; fi | LC_ALL=C sort -z | \
	tar --create --format=gnu --null --no-recursion --files-from=- --transform='flags=r;s,^,$(dist_name)/,' \
		--owner=root:0 --group=root:0 --mode=u=rwX,go=rX --mtime=@$(dist_time) \
		--file=$(DISTDIR)/$(dist_name).tar
	gzip -9nf $(DISTDIR)/$(dist_name).tar

# The kernels of the lab are in build/ too; only distclean removes them.
clean:
	rm -rf vfio-luctl build/src build/cmd build/tests build/bench build/libvfioluctl.a build/flags \
		build/analyzer build/asan build/clang build/fuzz build/i386 build/tidy

distclean:
	rm -rf vfio-luctl build vfio-luctl-*.tar.gz

.PHONY: all analyze asan-programs bench bench-kernel bench-share check check-asan check-cli check-debug check-package \
	check-unit check-vm clean demo demo-vmm dist distclean FORCE fuzz fuzz-programs install installcheck interrupt \
	kernel-deb patches-check soak test-programs uninstall vm-helpers
.DELETE_ON_ERROR:
