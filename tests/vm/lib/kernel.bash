# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's kernel: its source, the patch series on it, its configuration, its build, and
# the cache of finished builds.
#
#   source/linux-7.3/    Debian's source package, unpacked; never changed
#   source/tree/         a copy of KERNEL_SRC; never changed
#   work/FLAVOUR/src/    the source with the series applied
#   work/FLAVOUR/obj/    its object files, kept so that make rebuilds only what changed
#   kernel/FLAVOUR-KEY/  finished builds; KEY is a hash of all that they are made from

readonly KERNELS_KEPT=6
readonly BUILD_TOOLS=(gcc make flex bison bc cpio rsync git lz4 depmod xz)
# Files compiled by a build from nothing, for the percentage
declare -rA KERNEL_FILES=([normal]=1370 [debug]=1400)

# kernel_begin TOP FLAVOUR: where everything is. normal and debug are the lab's kernels; any
# other FLAVOUR has the work directory of that name, and the configuration of normal.
kernel_begin() {
	KERNEL_TOP=$1 FLAVOUR=$2
	CACHE=$(cache_dir)
	PATCHES=$(realpath -m -- "${VM_PATCHES:-$KERNEL_TOP/patches}")
	WORK=$CACHE/work/$FLAVOUR
	WORK_SRC=$WORK/src
	WORK_OBJ=$WORK/obj
	KERNEL_MAKE=(make -C "$WORK_SRC" O="$WORK_OBJ" LOCALVERSION= KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab)
	PATCH_NAMES=()
	if [[ -e $PATCHES/series ]]; then
		mapfile -t PATCH_NAMES < <(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$PATCHES/series")
	fi
	FRAGMENTS=("$KERNEL_TOP/tests/vm/kernel.config")
	# Without the patches their options do not exist
	if ((${#PATCH_NAMES[@]})) && [[ -e $PATCHES/config ]]; then
		FRAGMENTS+=("$PATCHES/config")
	fi
	[[ $FLAVOUR != debug ]] || FRAGMENTS+=("$KERNEL_TOP/tests/vm/debug.config")
}

# kernel_ensure: sets KERNEL_DIR to the finished build, making it if there is none
kernel_ensure() {
	make_cache
	check_patches_exist
	mkdir -p "$CACHE/kernel" "$WORK"
	find_source
	find_kernel && return
	need_tools vm "${BUILD_TOOLS[@]}"
	source_ensure
	lock "$WORK/lock" "build of the $FLAVOUR kernel"
	find_kernel || build_kernel
	unlock
}

check_patches_exist() {
	local patch
	for patch in "${PATCH_NAMES[@]}"; do
		[[ -r $PATCHES/$patch ]] || die "$EX_CANNOT" "patches/series names $patch, which is not there"
	done
}

# --- the source ------------------------------------------------------------------------

# source_ensure: sets SOURCE and SOURCE_ID, fetching it if it is not there
source_ensure() {
	need_tools vm rsync git xz
	mkdir -p "$CACHE/source"
	lock "$CACHE/source/lock" "fetch of the kernel source"
	find_source
	fetch_source
	unlock
}

kernel_release() {
	local base=7.3
	[[ ! -r $PATCHES/base ]] || base=$(sed -e 's/^v//' -e 's/[[:space:]].*//' -e 1q "$PATCHES/base")
	cut -d . -f 1,2 <<<"$base"
}

# find_source: sets SOURCE, and SOURCE_ID as far as it is known without any work
find_source() {
	if [[ ${KERNEL_SRC:-} ]]; then
		[[ -e $KERNEL_SRC/Kbuild && -e $KERNEL_SRC/kernel ]] ||
			die "$EX_CANNOT" "KERNEL_SRC=$KERNEL_SRC: not a kernel source tree"
		SOURCE=$CACHE/source/tree
		SOURCE_ID="tree $(tree_identity "$KERNEL_SRC")"
	else
		SOURCE=$CACHE/source/linux-$(kernel_release)
		SOURCE_ID=
		[[ ! -e $SOURCE/.id ]] || SOURCE_ID=$(<"$SOURCE/.id")
	fi
}

# A git tree is its commit and what differs from it; any other tree is the names, sizes
# and times of its files, because hashing 1.5 GB before every run would take too long.
tree_identity() {
	if is_git_top "$1"; then
		{
			git -C "$1" rev-parse HEAD
			git -C "$1" diff HEAD
			(cd "$1" && git ls-files -z --others --exclude-standard | xargs -0r sha256sum)
		} | sha256sum | cut -c 1-16
	else
		(cd "$1" && find . -type f "${NOT_BUILT[@]}" -printf '%P %s %T@\n') | sort | sha256sum | cut -c 1-16
	fi
}

# What a build leaves in a tree, and what would make a build in another directory refuse it
readonly NOT_BUILT=(-not -name '*.o' -not -name '*.cmd' -not -name '*.ko' -not -name '*.a'
	-not -path './.git/*' -not -path './.config*' -not -path './include/config/*'
	-not -path '*/include/generated/*' -not -path './vmlinux*')

is_git_top() {
	[[ $(git -C "$1" rev-parse --show-toplevel 2>/dev/null) -ef $1 ]] &&
		git -C "$1" rev-parse -q --verify HEAD >/dev/null
}

fetch_source() {
	[[ ! -e $SOURCE/.id || $(<"$SOURCE/.id") != "$SOURCE_ID" ]] || return 0
	rm -rf -- "$CACHE"/source/.new.*
	need_disk "$CACHE" 9000 "building a kernel"
	local new=$CACHE/source/.new.$$
	mkdir "$new"
	if [[ ${KERNEL_SRC:-} ]]; then
		copy_source "$new"
	else
		download_source "$new"
	fi
	rm -rf -- "$SOURCE"
	mv -T -- "$new" "$SOURCE"
}

copy_source() {
	local link=()
	say "copying the kernel source from $KERNEL_SRC"
	[[ ! -d $SOURCE ]] || link=(--link-dest="$SOURCE")
	if is_git_top "$KERNEL_SRC"; then
		git -C "$KERNEL_SRC" ls-files -z --cached --others --exclude-standard
	else
		(cd "$KERNEL_SRC" && find . \( -type f -o -type l \) "${NOT_BUILT[@]}" -print0)
	fi >"$1/.files"
	supervise "copying the kernel source" rsync -a --from0 --files-from="$1/.files" \
		--ignore-missing-args "${link[@]}" "$KERNEL_SRC/" "$1/" ||
		die "$EX_CANNOT" "$KERNEL_SRC: could not be copied"
	rm -f -- "$1/.files"
	printf '%s\n' "$SOURCE_ID" >"$1/.id"
}

# shellcheck source=tests/vm/lib/apt.bash
download_source() {
	local package suite archive
	package=linux-source-$(kernel_release)
	need_tools vm apt-get dpkg-deb
	source "$KERNEL_TOP/tests/vm/lib/apt.bash"
	apt_begin
	apt_find_mirror
	say "fetching $package from $APT_MIRROR"
	for suite in trixie-backports sid experimental; do
		apt_sources own "$suite"
		if apt_update "$suite" && apt_do apt-cache show "$package" >/dev/null 2>&1; then break; fi
		suite=
	done
	[[ $suite ]] || die "$EX_CANNOT" "$package: not to be had from $APT_MIRROR: $(apt_last_error)"
	supervise "downloading $package ($suite)" download_to "$1" "$package" ||
		die "$EX_CANNOT" "$package: download failed: $(apt_last_error)"
	apt_end
	archive=$(compgen -G "$1/$package*.deb")
	printf '%s %s\n' "$(basename "$archive" .deb)" "$(sha256sum <"$archive" | cut -c 1-16)" >"$1/.id"
	supervise "unpacking $package" unpack_source "$1" "$archive" "$package" ||
		die "$EX_CANNOT" "$package: unpacking failed"
	SOURCE_ID=$(<"$1/.id")
}

download_to() {
	cd "$1" && apt_to_log apt-get download "$2"
}

unpack_source() {
	dpkg-deb --fsys-tarfile "$2" | tar -xO "./usr/src/$3.tar.xz" | tar -xJ -C "$1" --strip-components=1 &&
		rm -f -- "$2"
}

# --- the patches -----------------------------------------------------------------------

# Names of all files a patch touches, old names of renames and deletions too
files_of_patches() {
	local patch
	for patch in "${PATCH_NAMES[@]}"; do
		sed -nE -e 's,^(---|\+\+\+) [ab]/([^\t]+).*,\2,p' -e 's,^(rename|copy) (from|to) (.*),\3,p' "$PATCHES/$patch"
	done | sort -u
}

# update_work_source: the series on the source, leaving files alone whose content stays, so
# that make finds nothing to do for them
update_work_source() {
	local stage=$WORK/stage list=$WORK/touched
	mkdir -p "$WORK_SRC"
	if [[ ! -e $WORK_SRC/.id || $(<"$WORK_SRC/.id") != "$SOURCE_ID" ]]; then
		rm -f -- "$WORK_SRC/.id"
		supervise "preparing the kernel source" rsync -rlE --checksum --delete --exclude=/.id "$SOURCE/" "$WORK_SRC/" ||
			die "$EX_CANNOT" "$WORK_SRC: the source could not be copied"
		: >"$list"
		printf '%s\n' "$SOURCE_ID" >"$WORK_SRC/.id"
	fi
	rm -rf -- "$stage"
	mkdir "$stage"
	# The list keeps the files of the last series too until they are back in their old state
	files_of_patches | sort -u - "$list" >"$list.new"
	mv -- "$list.new" "$list"
	(cd "$SOURCE" && while read -r file; do
		[[ ! -e $file ]] || cp -p --parents -- "$file" "$stage"
	done) <"$list"
	apply_patches "$stage"
	while read -r file; do
		take_over "$stage/$file" "$WORK_SRC/$file"
	done <"$list"
	rm -rf -- "$stage"
	files_of_patches >"$list"
}

take_over() {
	if [[ ! -e $1 ]]; then
		rm -f -- "$2"
	elif ! cmp -s -- "$1" "$2"; then
		mkdir -p -- "${2%/*}"
		cp -- "$1" "$2"
	fi
}

apply_patches() {
	local patch log=$WORK/apply.log
	for patch in "${PATCH_NAMES[@]}"; do
		apply_patch "$1" "$PATCHES/$patch" >"$log" 2>&1 ||
			die "$EX_CANNOT" "patch $patch does not apply to ${SOURCE_ID%% *}: $(head -n 1 "$log")"
	done
}

# apply_patch DIR PATCH [OPTION]...: git would take a repository around the cache, or the one of a hook
# that runs us, for the place to apply to
apply_patch() (
	cd "$1" &&
		env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE GIT_CEILING_DIRECTORIES="${1%/*}" \
			git apply --whitespace=nowarn "${@:2}"
)

# --- the build -------------------------------------------------------------------------

# find_kernel: sets KERNEL_DIR, and succeeds when that build is there
find_kernel() {
	[[ $SOURCE_ID ]] || return 1
	KERNEL_DIR=$CACHE/kernel/$FLAVOUR-$(kernel_key)
	[[ -d $KERNEL_DIR ]] || return 1
	touch -- "$KERNEL_DIR"
}

# Of the scripts only the functions count that make the build what it is
kernel_key() {
	{
		printf '%s\n' "$SOURCE_ID" "${PATCH_NAMES[@]}"
		gcc --version 2>/dev/null | head -n 1
		((${#PATCH_NAMES[@]} == 0)) || (cd "$PATCHES" && cat -- "${PATCH_NAMES[@]}")
		cat -- "${FRAGMENTS[@]}"
		declare -f apply_patches apply_patch configure_kernel merge_config compile_kernel \
			install_kernel install_bootable build_selftests
	} | sha256sum | cut -c 1-16
}

build_kernel() {
	local new=$CACHE/kernel/.new-$FLAVOUR log=$WORK_OBJ/build.log started=$SECONDS
	need_disk "$CACHE" 5000 "building a kernel"
	need_memory 1500 "building a kernel"
	rm -rf -- "$new"
	say "building the $FLAVOUR kernel: ${SOURCE_ID%% *}, ${#PATCH_NAMES[@]} patches"
	update_work_source
	mkdir -p "$WORK_OBJ" "$new"
	configure_kernel
	supervise build_progress compile_kernel "$log" || build_failed "$log"
	supervise "installing the $FLAVOUR kernel" install_kernel "$new" "$log" || build_failed "$log"
	mv -T -- "$new" "$KERNEL_DIR"
	say "built in $((SECONDS - started)) s: $KERNEL_DIR"
	report_warnings "$log"
	shopt -s nullglob
	keep_newest "$KERNELS_KEPT" "$CACHE"/kernel/*-*
	shopt -u nullglob
}

configure_kernel() {
	local log=$WORK_OBJ/config.log wrong
	merge_config >"$log" 2>&1 ||
		die "$EX_CANNOT" "the kernel's configuration failed: $(tail -n 1 "$log") (see $log)"
	wrong=$(config_differs)
	[[ -z $wrong ]] || die "$EX_CANNOT" "the kernel's configuration cannot have:$wrong"
}

merge_config() {
	"${KERNEL_MAKE[@]}" -s tinyconfig &&
		(cd "$WORK_SRC" && scripts/kconfig/merge_config.sh -n -O "$WORK_OBJ" "$WORK_OBJ/.config" "${FRAGMENTS[@]}")
}

# config_differs: prints " NAME=VALUE" for what the fragments want and the configuration has not:
# Kconfig drops what it cannot satisfy without a word; a later fragment overrides an earlier one
config_differs() {
	awk '
		FNR == 1 { file++ }
		file == 1 && /^CONFIG_/ { name = $0; sub(/=.*/, "", name); have[name] = $0 }
		file > 1 && /^CONFIG_/ { name = $0; sub(/=.*/, "", name); want[name] = $0 }
		file > 1 && /^# CONFIG_[A-Za-z0-9_]+ is not set/ { want[$2] = "" }
		END { for (name in want) if (have[name] != want[name])
				printf " %s", want[name] == "" ? name "=n" : want[name] }
	' "$WORK_OBJ/.config" "${FRAGMENTS[@]}"
}

compile_kernel() {
	bound "${KERNEL_MAKE[@]}" -j "${VM_JOBS:-$(nproc)}" bzImage modules >"$1" 2>&1
}

build_progress() {
	local done=0 total=${KERNEL_FILES[$FLAVOUR]}
	done=$(grep -cE '^  (CC|AS) ' "$WORK_OBJ/build.log" 2>/dev/null) || true
	if [[ -e $WORK_OBJ/vmlinux ]]; then
		printf 'rebuilding the %s kernel: %s files' "$FLAVOUR" "$done"
	else
		printf 'building the %s kernel: %s files, about %s%%' "$FLAVOUR" "$done" "$((done < total ? done * 100 / total : 99))"
	fi
}

build_failed() {
	grep -aE '(error:|Error |ERROR:)' "$1" | head -n 5 >&2 || true
	die "$EX_CANNOT" "the kernel does not build: see $1"
}

report_warnings() {
	local count
	count=$(grep -ac 'warning:' "$1") || true
	((count == 0)) || say "the compiler gave $count warnings: see $KERNEL_DIR/build.log"
}

# install_kernel DIR LOG: all that is ever needed of the build
install_kernel() {
	local dir=$1
	{
		install_bootable "$dir" &&
			"${KERNEL_MAKE[@]}" -s headers_install INSTALL_HDR_PATH="$dir/usr" &&
			build_selftests "$dir/selftests" &&
			cp -- "$WORK_OBJ/System.map" "$WORK_OBJ/.config" "$WORK_OBJ/build.log" "$dir" &&
			mkdir -p "$dir/include/uapi/linux" &&
			cp -- "$WORK_SRC/include/uapi/linux/liveupdate.h" "$dir/include/uapi/linux" &&
			printf '%s\n' "$SOURCE_ID" "${PATCH_NAMES[@]}" >"$dir/made-from"
	} >>"$2" 2>&1
}

# install_bootable DIR: what run --kernel-dir needs
install_bootable() {
	"${KERNEL_MAKE[@]}" -s modules_install INSTALL_MOD_PATH="$1" INSTALL_MOD_STRIP=1 &&
		rm -f -- "$1"/lib/modules/*/{build,source} &&
		cp -- "$WORK_OBJ/arch/x86/boot/bzImage" "$1"
}

# build_selftests DIR: the kernel's own tests of VFIO, when ours are among them. Their Makefile
# takes a warning for an error, which would leave us without a kernel because of a compiler.
build_selftests() {
	[[ ! -e $WORK_SRC/tools/testing/selftests/vfio/vfio_pci_liveupdate_kexec_test.c ]] ||
		"${KERNEL_MAKE[@]}" -s kselftest-install TARGETS=vfio FORCE_TARGETS=1 \
			EXTRA_CFLAGS=-Wno-error KSFT_INSTALL_PATH="$1"
}
