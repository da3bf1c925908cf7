# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages of the patched kernel, with the lab's configuration: about six minutes when nothing of
# it is built. Not part of `make check`: tests/run-all patches.

bats_require_minimum_version 1.5.0

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	LAB=$("$TOP/tests/vm/run" --print-kernel-dir)
	export TOP LAB KERNEL_DEB=$BATS_FILE_TMPDIR/packages
}

# refused STATUS PATTERN WORD...: in one line, before anything is built
refused() {
	run "-$1" "$TOP/patches/kernel-deb" "${@:3}"
	echo "$output"
	# shellcheck disable=SC2053 # a pattern
	[[ $output == $2 ]]
	[ ! -e "$KERNEL_DEB" ]
}

@test "kernel-deb: what is no configuration is refused" {
	refused 2 "kernel-deb: /nonexistent: not a kernel configuration*CONFIG=FILE" /nonexistent
	refused 2 "kernel-deb: one CONFIG only*" "$LAB/.config" "$LAB/.config"
	refused 2 "kernel-deb: unknown option --fast*" --fast
	refused 2 "kernel-deb: */.config: not a kernel configuration*" "$BATS_TEST_TMPDIR/.config"
}

@test "kernel-deb: an option that cannot be had is named, and nothing built" {
	grep -v CONFIG_VFIO "$LAB/.config" >"$BATS_TEST_TMPDIR/config"
	run -3 "$TOP/patches/kernel-deb" "$BATS_TEST_TMPDIR/config"
	echo "$output"
	[[ ${lines[-1]} == "kernel-deb: the kernel's configuration cannot have:"*" CONFIG_VFIO_PCI_LIVEUPDATE=y"* ]]
	run ! compgen -G "$KERNEL_DEB/linux-image-*.deb"
}

@test "kernel-deb: the packages have kernel, vfio-pci and the options" {
	local image option
	"$TOP/patches/kernel-deb" "$LAB/.config"
	image=$(compgen -G "$KERNEL_DEB/linux-image-*-luctl_*.deb")
	compgen -G "$KERNEL_DEB/linux-headers-*-luctl_*.deb"
	dpkg-deb -c "$image" >"$BATS_TEST_TMPDIR/list"
	grep -qE ' \./boot/vmlinuz-[^ ]*-luctl$' "$BATS_TEST_TMPDIR/list"
	grep -qE '/drivers/vfio/pci/vfio-pci\.ko(\.[a-z]+)?$' "$BATS_TEST_TMPDIR/list"
	dpkg-deb --fsys-tarfile "$image" | tar -xO --wildcards './boot/config-*' >"$BATS_TEST_TMPDIR/config"
	while read -r option; do
		grep -qxF "$option" "$BATS_TEST_TMPDIR/config" || { echo "without $option"; return 1; }
	done < <(grep -E '^(CONFIG_|# CONFIG_.* is not set)' "$TOP/patches/config" | grep -v CARDBUS)
	run ! grep -q '^CONFIG_CARDBUS=' "$BATS_TEST_TMPDIR/config"
}
