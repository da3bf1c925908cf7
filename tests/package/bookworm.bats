# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package on Debian 12.

load package

setup_file() {
	begin bookworm
}

@test "Debian 12: a source package and a package, with their tests, as nobody and without a network" {
	builds
}

@test "Debian 12: lintian finds nothing" {
	lints
}

@test "Debian 12: without tests, and cleaned after it" {
	respects_nocheck
	cleans
}

@test "Debian 12: it installs with what it needs, and runs" {
	installs
}

@test "Debian 12: its files" {
	has_its_files
}

@test "Debian 12: it lists recorded hosts" {
	lists
}

@test "Debian 12: its tests on what is installed" {
	passes_its_tests
}

@test "Debian 12: purged, nothing is left" {
	purges
}
