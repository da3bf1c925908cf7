# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest of run --inner: a small kernel without the patches, and an initramfs in which the only
# program is tests/vm/vmm/pilot.c.
#
#   inner/KEY/       bzImage, initramfs; KEY is a hash of all that they are made from
#   work/inner/obj/  its object files

readonly INNERS_KEPT=2
readonly INNER_FILES=850

# inner_ensure: sets INNER to the directory of the guest, which is made when there is none
inner_ensure() {
	INNER_CONFIG=$TOP/tests/vm/inner.config INNER_PILOT=$TOP/tests/vm/vmm/pilot.c
	INNER_OBJ=$CACHE/work/inner/obj
	make_cache
	find_source
	find_inner && return
	need_tools vm "${BUILD_TOOLS[@]}"
	source_ensure
	mkdir -p "$CACHE/inner" "$INNER_OBJ"
	lock "$CACHE/work/inner/lock" "build of the inner kernel"
	find_inner || build_inner
	unlock
}

find_inner() {
	[[ $SOURCE_ID ]] || return 1
	INNER=$CACHE/inner/$(inner_key)
	[[ -d $INNER ]] || return 1
	touch -- "$INNER"
}

inner_key() {
	{
		printf '%s\n' "$SOURCE_ID"
		gcc --version 2>/dev/null | head -n 1
		cat -- "$INNER_CONFIG" "$INNER_PILOT"
		declare -f configure_inner compile_inner make_inner_initramfs
	} | sha256sum | cut -c 1-16
}

build_inner() {
	local new=$CACHE/inner/.new log=$INNER_OBJ/build.log started=$SECONDS
	need_disk "$CACHE" 1000 "building the inner kernel"
	# In the source itself: there are no patches on it, and what is made is elsewhere
	INNER_MAKE=(make -C "$SOURCE" O="$INNER_OBJ" LOCALVERSION= KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab)
	say "building the inner kernel: ${SOURCE_ID%% *}"
	rm -rf -- "$new"
	mkdir "$new"
	configure_inner >"$log" 2>&1 || die "$EX_CANNOT" "the inner kernel's configuration failed: see $log"
	supervise inner_progress compile_inner "$log" || build_failed "$log"
	make_inner_initramfs "$new" >>"$log" 2>&1 || build_failed "$log"
	cp -- "$INNER_OBJ/arch/x86/boot/bzImage" "$new"
	mv -T -- "$new" "$INNER"
	say "built in $((SECONDS - started)) s: $INNER"
	shopt -s nullglob
	keep_newest "$INNERS_KEPT" "$CACHE"/inner/*
	shopt -u nullglob
}

configure_inner() {
	"${INNER_MAKE[@]}" -s tinyconfig &&
		(cd "$SOURCE" && scripts/kconfig/merge_config.sh -n -O "$INNER_OBJ" "$INNER_OBJ/.config" "$INNER_CONFIG") &&
		all_in_config
}

# Kconfig drops what it cannot satisfy without a word
all_in_config() {
	local missing
	missing=$(grep '^CONFIG_' "$INNER_CONFIG" | grep -vxF -f "$INNER_OBJ/.config") || return 0
	echo "error: the configuration cannot have $missing"
	return 1
}

# shellcheck disable=SC2317 # by supervise
compile_inner() {
	bound "${INNER_MAKE[@]}" -j "${VM_JOBS:-$(nproc)}" bzImage >"$1" 2>&1
}

# shellcheck disable=SC2317
inner_progress() {
	local done=0
	done=$(grep -cE '^  (CC|AS) ' "$INNER_OBJ/build.log" 2>/dev/null) || true
	printf 'building the inner kernel: about %s%%' "$((done < INNER_FILES ? done * 100 / INNER_FILES : 99))"
}

# make_inner_initramfs DIR: the program, and the console that it talks through
make_inner_initramfs() {
	local root=$1/root
	mkdir -p "$root/dev" &&
		gcc -static -O2 -Wall -Wextra -o "$root/init" "$INNER_PILOT" &&
		(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$1/initramfs" &&
		rm -rf -- "$root"
}
