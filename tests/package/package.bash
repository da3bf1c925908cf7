# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # bats sets status, output
# The Debian package: what the tests of each release do, one after the other.

bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
VERSION=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
# The layers of changes: where it is built, where it is installed, and where that is tested
BUILT=$BATS_FILE_TMPDIR/built INSTALLED=$BATS_FILE_TMPDIR/installed TESTED=$BATS_FILE_TMPDIR/tested
SOURCE=/build/vfio-luctl-$VERSION

# begin SUITE: its tests come one after the other, beside those of another
begin() {
	BATS_NO_PARALLELIZE_WITHIN_FILE=true
	SYSTEM=$("$TOP/tests/package/system" "$1")
	export SYSTEM BATS_NO_PARALLELIZE_WITHIN_FILE
	mkdir -p "$BUILT/build"
	unset MAKEFLAGS MAKELEVEL MFLAGS
	make -s -C "$TOP" dist DISTDIR="$BATS_FILE_TMPDIR"
	unpack_source "$BUILT"
}

# unpack_source CHANGES: what make dist has made, as nobody's
unpack_source() {
	mkdir -p "$1/build"
	tar -C "$1/build" -xzf "$BATS_FILE_TMPDIR/vfio-luctl-$VERSION.tar.gz"
	chown -R nobody:nogroup "$1/build"
}

# in_tools WORD...: as nobody, in the source, without a network
in_tools() {
	"$TOP/tests/package/enter" --offline "$BUILT" "$SYSTEM/tools" "$SYSTEM/clean" -- \
		setpriv --reuid=nobody --regid=nogroup --clear-groups \
		env -C "$SOURCE" HOME=/nonexistent "$@"
}

# in_clean WORD...: as root, where the package is installed
in_clean() {
	"$TOP/tests/package/enter" --archives "$SYSTEM/archives" "$INSTALLED" "$SYSTEM/clean" -- "$@"
}

# in_tests WORD...: the same in a layer above it
in_tests() {
	"$TOP/tests/package/enter" --archives "$SYSTEM/archives" "$TESTED" "$INSTALLED" "$SYSTEM/clean" -- "$@"
}

# same TEXT WANT
same() {
	[ "$1" = "$2" ] || diff <(printf '%s\n' "$2") <(printf '%s\n' "$1")
}

# logged NAME WORD...: what it says goes into NAME.log, of which a failure shows what matters
logged() {
	local log=$BATS_FILE_TMPDIR/$1.log
	"${@:2}" >"$log" 2>&1 && return
	grep -A30 '^# What failed' "$log" || tail -n 40 "$log"
	return 1
}

# Source and package; the tests of the tiers unit and cli are part of it
builds() {
	logged build in_tools dpkg-buildpackage -us -uc
	run grep -nE '\bwarning: ' "$BATS_FILE_TMPDIR/build.log"
	same "$output" ''
	[[ $(grep -E '^[0-9]+ passed' "$BATS_FILE_TMPDIR/build.log") == *' passed, 0 failed, 0 skipped' ]]
	compgen -G "$BUILT/build/vfio-luctl_${VERSION}_*.deb"
}

# Its rules do what is asked of them
respects_nocheck() {
	logged nocheck in_tools env DEB_BUILD_OPTIONS=nocheck DEB_BUILD_PROFILES=nocheck \
		debian/rules build
	run ! grep -E '^# (unit|cli):|tests/unit' "$BATS_FILE_TMPDIR/nocheck.log"
	[ -x "$BUILT$SOURCE/vfio-luctl" ]
}

# cleans: of all that was done in the source nothing is left
cleans() {
	local fresh=$BATS_TEST_TMPDIR
	mkdir -p "$BUILT$SOURCE/build"
	echo kernel >"$BUILT$SOURCE/build/kernel"
	logged clean in_tools debian/rules clean
	same "$(<"$BUILT$SOURCE/build/kernel")" kernel
	rm -r "$BUILT$SOURCE/build"
	unpack_source "$fresh"
	diff -r --no-dereference "$fresh$SOURCE" "$BUILT$SOURCE"
}

# The release before knows no later version of the policy than what we declare.
lints() {
	run in_tools bash -c 'lintian --display-info --pedantic --suppress-tags out-of-date-standards-version ../*.changes'
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# files: what is in the system; what dpkg and apt write down for themselves is theirs
files() {
	in_clean find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /var/lib/dpkg -o -path /var/lib/apt \
		-o -path /var/cache -o -path /var/log -o -path /package -o -path /etc/ld.so.cache \) -prune -o -print |
		LC_ALL=C sort
}

# What it needs comes by itself
installs() {
	mkdir -p "$INSTALLED/package"
	cp "$BUILT"/build/vfio-luctl_"$VERSION"_*.deb "$INSTALLED/package/vfio-luctl.deb"
	files >"$BATS_FILE_TMPDIR/before"
	logged install in_clean apt-get -y install --no-install-recommends /package/vfio-luctl.deb
	same "$(in_clean vfio-luctl --version)" "vfio-luctl $VERSION"
	same "$(in_clean dpkg-query -W -f '${Version} ${Status}' vfio-luctl)" "$VERSION install ok installed"
	same "$(in_clean dpkg --verify vfio-luctl)" ''
}

wanted_files() {
	local file doc=/usr/share/doc/vfio-luctl
	printf '%s\n' /usr/lib/systemd/system/vfio-luctl@.service /usr/sbin/vfio-luctl \
		/usr/share/bash-completion/completions/vfio-luctl \
		/usr/share/fish/vendor_completions.d/vfio-luctl.fish /usr/share/zsh/vendor-completions/_vfio-luctl \
		"$doc"/{CONTRIBUTING.md.gz,README.md.gz,SECURITY.md.gz,changelog.gz,copyright}
	for file in "$TOP"/man/*.[58]; do
		echo "/usr/share/man/man${file##*.}/${file##*/}.gz"
	done
	for file in "$TOP"/schemas/*; do
		echo "/usr/share/vfio-luctl/${file##*/}"
	done
	for file in "$TOP"/patches/*; do
		[ -x "$file" ] || echo "$doc/patches/${file##*/}"
	done
}

# All of it, and where Debian has such things
has_its_files() {
	same "$(in_clean sh -c 'dpkg -L vfio-luctl | while read -r file; do test -d "$file" || echo "$file"; done' | LC_ALL=C sort)" \
		"$(wanted_files | LC_ALL=C sort)"
	diff "$TOP/man/vfio-luctl.8" <(zcat "$INSTALLED/usr/share/man/man8/vfio-luctl.8.gz")
	diff "$TOP/completions/vfio-luctl.fish" "$INSTALLED/usr/share/fish/vendor_completions.d/vfio-luctl.fish"
	diff -r -x kernel-deb "$TOP/patches" "$INSTALLED/usr/share/doc/vfio-luctl/patches"
	grep -q '^ExecStart=/usr/sbin/vfio-luctl ' "$INSTALLED/usr/lib/systemd/system/vfio-luctl@.service"
}

lists() {
	local host
	for host in none one many; do
		cp -a "$TOP/tests/data/$host" "$INSTALLED/package/"
		in_clean vfio-luctl list --sysroot "/package/$host" | diff "$TOP/tests/data/expected/list-$host.txt" -
	done
}

# passes_its_tests: all that debian/tests has for the installed program, as autopkgtest would run them
passes_its_tests() {
	local control=$TOP/debian/tests/control name names depends
	unpack_source "$TESTED"
	names=$(sed -n 's/^Tests: //p' "$control")
	[ "$names" ]
	for name in $names; do
		depends=$(awk -v RS= -v name="$name" '$1 == "Tests:" && $2 == name' "$control" |
			sed -n '/^Depends:/,/^[^ D]/{s/^Depends://;/^[^ ]/d;p}' | tr -d '\n' | sed 's/@ *,//')
		[ "$depends" ]
		logged "depends-$name" in_tests apt-get -y satisfy --no-install-recommends "$depends"
		logged "test-$name" in_tests env -C "$SOURCE" "debian/tests/$name"
	done
}

# Also what came with it
purges() {
	logged purge in_clean apt-get -y purge --auto-remove vfio-luctl
	diff "$BATS_FILE_TMPDIR/before" <(files)
	same "$(in_clean find / -xdev -path /proc -prune -o -path /package -prune -o -name '*vfio-luctl*' -print)" ''
	run in_clean dpkg-query -W vfio-luctl
	[ "$status" -eq 1 ]
}
