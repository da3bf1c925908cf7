# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets status, output, stderr
# make install, installcheck, uninstall and dist.
# bats file_tags=source

load helpers

# Each of them makes things in the same tree
setup_file() {
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup() {
	D=$BATS_TEST_TMPDIR/root
	unset MAKEFLAGS MAKELEVEL MFLAGS
}

# make_in DIRECTORY WORD...: make, of whose output only a failure is shown
make_in() {
	local log=$BATS_TEST_TMPDIR/make.log
	make -C "$1" "${@:2}" >"$log" 2>&1 || { cat "$log" && return 1; }
}

# files: what is in $D but directories, with their modes
files() {
	(cd "$D" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k2)
}

wanted_files() {
	local page schema
	echo 644 usr/lib/systemd/system/vfio-luctl@.service
	echo 755 usr/sbin/vfio-luctl
	echo 644 usr/share/bash-completion/completions/vfio-luctl
	echo 644 usr/share/fish/vendor_completions.d/vfio-luctl.fish
	echo 644 usr/share/man/man5/vfio-luctl-json.5
	echo 644 usr/share/man/man5/vfio-luctl-manifest.5
	for page in cancel check finish hold kexec list monitor preserve recover retrieve status wait; do
		echo "644 usr/share/man/man8/vfio-luctl-$page.8"
	done
	echo 644 usr/share/man/man8/vfio-luctl.8
	for schema in "$TOP"/schemas/*.schema.json; do
		echo "644 usr/share/vfio-luctl/${schema##*/}"
	done
	echo 644 usr/share/zsh/site-functions/_vfio-luctl
}

@test "install: what is installed, and where" {
	(umask 077 && make_in "$TOP" install prefix=/usr DESTDIR="$D")
	same "$(files)" "$(wanted_files)"
	run ! grep -r '@[a-z]*@' "$D/usr/lib" "$D/usr/share"
	make_in "$TOP" installcheck prefix=/usr DESTDIR="$D"
}

@test "install: into other directories" {
	local where=(DESTDIR="$D" sbindir=/opt/s/bin mandir=/opt/m datadir=/opt/d systemdsystemunitdir=/etc/systemd/system)
	make_in "$TOP" install "${where[@]}"
	make_in "$TOP" installcheck "${where[@]}"
	grep -q '^ExecStart=/opt/s/bin/vfio-luctl ' "$D/etc/systemd/system/vfio-luctl@.service"
	[ -x "$D/opt/s/bin/vfio-luctl" ]
	[ -e "$D/opt/m/man8/vfio-luctl.8" ]
	[ -e "$D/opt/d/vfio-luctl/vfio-luctl-list.schema.json" ]
	make_in "$TOP" uninstall "${where[@]}"
	same "$(files)" ""
}

@test "install: installcheck sees what is missing or wrong" {
	local change number=0
	for change in 'rm sbin/vfio-luctl' 'ln -sf /bin/true sbin/vfio-luctl' 'chmod a-x sbin/vfio-luctl' \
		'rm share/man/man8/vfio-luctl.8' 'rm share/man/man8/vfio-luctl-wait.8' 'rm lib/systemd/system/vfio-luctl@.service' \
		'sed -i s,^ExecStart=/usr,ExecStart=, lib/systemd/system/vfio-luctl@.service' \
		'truncate -s 20 share/vfio-luctl/vfio-luctl-wait.schema.json' \
		'rm -r share/vfio-luctl'; do
		D=$BATS_TEST_TMPDIR/$((++number))
		make_in "$TOP" install prefix=/usr DESTDIR="$D"
		# shellcheck disable=SC2086 # words
		(cd "$D/usr" && $change)
		run ! make -C "$TOP" installcheck prefix=/usr DESTDIR="$D"
		echo "$change: $output"
		[[ $output == *wrong:* ]]
	done
}

@test "install: uninstall leaves nothing of ours, and what is not ours" {
	make_in "$TOP" install prefix=/usr DESTDIR="$D"
	touch "$D/usr/sbin/other" "$D/usr/share/man/man8/other.8"
	make_in "$TOP" uninstall prefix=/usr DESTDIR="$D"
	same "$(cd "$D" && find . ! -type d | sort)" "./usr/sbin/other
./usr/share/man/man8/other.8"
	[ -z "$(find "$D" -name '*vfio-luctl*')" ]
	make_in "$TOP" uninstall prefix=/usr DESTDIR="$D"
}

@test "dist: the Debian package has the same version" {
	same "$(sed -nE '1s/^vfio-luctl \((.*)\) .*/\1/p' "$TOP/debian/changelog")" \
		"$(sed -n 's/^VERSION = //p' "$TOP/Makefile")"
}

@test "dist: the same bytes each time, also out of itself, and it builds and installs without git" {
	local name here=$BATS_TEST_TMPDIR
	mkdir "$here/a" "$here/b" "$here/c"
	make_in "$TOP" dist DISTDIR="$here/a"
	name=$(cd "$here/a" && echo vfio-luctl-*.tar.gz)
	(umask 077 && TZ=UTC-5 LC_ALL=C make_in "$TOP" dist DISTDIR="$here/b")
	cmp "$here/a/$name" "$here/b/$name"
	tar -C "$here" -xzf "$here/a/$name"
	[ -e "$here/${name%.tar.gz}/tests/unit/tap.h" ]
	[ ! -e "$here/${name%.tar.gz}/vfio-luctl" ]
	make_in "$here/${name%.tar.gz}" dist DISTDIR="$here/c"
	cmp "$here/a/$name" "$here/c/$name"
	PATH=$(without_git) make_in "$here/${name%.tar.gz}" -j2 install prefix=/usr DESTDIR="$D"
	make_in "$here/${name%.tar.gz}" installcheck prefix=/usr DESTDIR="$D"
	# What was built is not in the next one.
	mkdir -p "$here/${name%.tar.gz}/debian/vfio-luctl/usr" "$here/${name%.tar.gz}/debian/.debhelper"
	touch "$here/${name%.tar.gz}"/debian/{vfio-luctl/usr,.debhelper}/file "$here/${name%.tar.gz}"/debian/{files,vfio-luctl.substvars}
	make_in "$here/${name%.tar.gz}" dist
	cmp "$here/a/$name" "$here/${name%.tar.gz}/$name"
}

# without_git: a PATH on which git fails
without_git() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/git"
	chmod +x "$BATS_TEST_TMPDIR/bin/git"
	echo "$BATS_TEST_TMPDIR/bin:$PATH"
}
