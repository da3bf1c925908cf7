# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package on Debian 13.

load package

setup_file() {
	begin trixie
}

@test "Debian 13: a source package and a package, with their tests, as nobody and without a network" {
	builds
}

@test "Debian 13: lintian finds nothing" {
	lints
}

@test "Debian 13: without tests, and cleaned after it" {
	respects_nocheck
	cleans
}

@test "Debian 13: it installs with what it needs, and runs" {
	installs
}

@test "Debian 13: its files" {
	has_its_files
}

@test "Debian 13: it lists recorded hosts" {
	lists
}

@test "Debian 13: its tests on what is installed" {
	passes_its_tests
}

@test "Debian 13: purged, nothing is left" {
	purges
}
