# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The checks of one patch, for tests/patches-check. check_NAME N OUT writes to the file OUT what
# is wrong with patch N, and returns one of these.

# shellcheck disable=SC2034 # some are for those who source this
readonly GOOD=0 BAD=1 NOTHING=2
STAGED=-1   # how many patches are applied in STAGE; -1: it does not exist yet

# checks_begin LOGS: needs kernel_begin, source_ensure
checks_begin() {
	LOGS=$1
	SERIES=("${PATCH_NAMES[@]}")
	STAGE=$LOGS/stage.$$
	hash_series
}

# SERIES_HASH[N]: of the source and the first N patches
hash_series() {
	local patch n=0
	SERIES_HASH=("$(sha256sum <<<"$SOURCE_ID")")
	for patch in "${SERIES[@]}"; do
		SERIES_HASH+=("$({ echo "${SERIES_HASH[n++]}" && cat -- "$PATCHES/$patch"; } | sha256sum)")
	done
}

# files_of N [REGEX]: what patch N touches, with names that match
files_of() {
	local PATCH_NAMES=("${SERIES[$1 - 1]}")
	files_of_patches | grep -E "${2:-.}" || true
}

# --- what needs no compiler ------------------------------------------------------------

# stage_at N: STAGE has the files that the series touches, as they are after N patches
stage_at() {
	local file
	if ((STAGED < 0)); then
		rm -rf -- "$STAGE"
		mkdir -p "$STAGE"
		(cd "$SOURCE" && files_of_patches | while read -r file; do
			[[ ! -e $file ]] || cp --parents -- "$file" "$STAGE"
		done)
		STAGED=0
	fi
	while ((STAGED < $1)); do
		apply_patch "$STAGE" "$PATCHES/${SERIES[STAGED]}" >"$LOGS/apply.log" 2>&1 ||
			die "$EX_CANNOT" "patch ${SERIES[STAGED]} does not apply: $(head -n 1 "$LOGS/apply.log")"
		((++STAGED))
	done
	while ((STAGED > $1)); do
		apply_patch "$STAGE" "$PATCHES/${SERIES[--STAGED]}" -R
	done
}

check_applies() {
	stage_at $(($1 - 1))
	apply_patch "$STAGE" "$PATCHES/${SERIES[$1 - 1]}" >"$2" 2>&1 || return "$BAD"
	STAGED=$1
	is_a_mail "$PATCHES/${SERIES[$1 - 1]}" >>"$2"
}

# What git am insists on
is_a_mail() {
	local head field
	head=$(git mailinfo /dev/null /dev/null <"$1" 2>&1) || true
	for field in Author Email Subject; do
		grep -q "^$field: ." <<<"$head" || { echo "git am: no $field in the header" && return "$BAD"; }
	done
}

# HOME: a developer's .checkpatch.conf must not count
check_checkpatch() {
	(cd "$PATCHES" && HOME=$LOGS CHECKPATCH_CONFIG_DIR=$LOGS perl "$SOURCE/scripts/checkpatch.pl" --root="$SOURCE" --terse --show-types \
		--strict --no-signoff "${SERIES[$1 - 1]}") >"$2" 2>&1 || return "$BAD"
}

check_kernel_doc() {
	local files
	files=$(files_of "$1" '\.[ch]$')
	[[ $files ]] || return "$NOTHING"
	stage_at $(($1 - 1))
	kernel_doc "$files" >"$2.before" || true
	stage_at "$1"
	if ! kernel_doc "$files" >"$2.after"; then
		tail -n 1 "$2.after" >"$2"
		return "$BAD"
	fi
	new_since "$2.before" "$2.after" >"$2"
	[[ ! -s $2 ]] || return "$BAD"
}

# kernel_doc FILES: those that are there
kernel_doc() (
	cd "$STAGE" || exit
	while read -r file; do
		[[ ! -e $file ]] || set -- "$@" "$file"
	done <<<"$1"
	shift
	(($# == 0)) || python3 "$SOURCE/scripts/kernel-doc" -none -Wall "$@" 2>&1
)

# --- what needs one --------------------------------------------------------------------

# build_state N LOG: WORK_SRC is the source with N patches, WORK_OBJ is built from it. Does
# nothing when it is already. Warnings are seen only once, when an object is made: while
# WORK_OBJ/.unjudged is there, some may have been that nobody has counted.
build_state() {
	local PATCH_NAMES=("${SERIES[@]:0:$1}") key
	: >"$2"
	key=$(state_key "$1")
	[[ ! -e $WORK_OBJ/.built || $(<"$WORK_OBJ/.built") != "$key" ]] || return 0
	need_disk "$CACHE" 5000 "building a kernel"
	mkdir -p "$WORK_OBJ"
	rm -f -- "$WORK_OBJ/.built"
	touch -- "$WORK_OBJ/.unjudged"
	update_work_source
	configure_state "$1" >>"$2" 2>&1 || return
	BUILD_LOG=$2
	supervise patch_progress compile_state "$2" || return
	echo "$key" >"$WORK_OBJ/.built"
}

state_key() {
	{
		echo "${SERIES_HASH[$1]}" "${KERNEL_MAKE[@]}"
		cat -- "${FRAGMENTS[@]}"
	} | sha256sum
}

compile_state() {
	bound "${KERNEL_MAKE[@]}" -j "${VM_JOBS:-$(nproc)}" bzImage modules >>"$1" 2>&1
}

# PROGRESS says what is being done; the number is of files compiled so far
patch_progress() {
	printf '%s: %s files' "$PROGRESS" "$(grep -cE '^  (CC|AS) ' "$BUILD_LOG" 2>/dev/null)"
}

# Anew only when something has changed that counts: it takes longer than many a patch
configure_state() {
	local key wrong name later
	key=$(cd "$WORK_SRC" && {
		cat -- "${FRAGMENTS[@]}"
		files_of_series Kconfig | while read -r name; do [[ ! -e $name ]] || cat -- "$name"; done
	} | sha256sum)
	if [[ ! -e $WORK_OBJ/.configured || $(<"$WORK_OBJ/.configured") != "$key" ]]; then
		rm -f -- "$WORK_OBJ/.configured"
		merge_config >"$WORK_OBJ/config.log" 2>&1 ||
			{ echo "error: configuration: $(tail -n 1 "$WORK_OBJ/config.log")" && return 1; }
		echo "$key" >"$WORK_OBJ/.configured"
	fi
	later=$(options_after "$1")
	for name in $(config_differs); do
		grep -qxF "${name%%=*}" <<<"$later" || wrong+=" $name"
	done
	[[ -z ${wrong:-} ]] || { echo "error: the configuration cannot have:$wrong" && return 1; }
}

files_of_series() {
	local PATCH_NAMES=("${SERIES[@]}")
	files_of_patches | grep "$1" || true
}

# options_after N: names of the options that only a later patch brings
options_after() {
	local patch
	for patch in "${SERIES[@]:$1}"; do
		sed -nE 's/^\+(menu)?config ([A-Z0-9_]+)$/CONFIG_\2/p' "$PATCHES/$patch"
	done
}

# know_base: WORK_OBJ/.known is what the compiler says of the source without any patch
know_base() {
	local key
	key=$({ echo "$SOURCE_ID" "${KERNEL_MAKE[@]}" && compiler_version && cat -- "${FRAGMENTS[@]}"; } | sha256sum)
	[[ ! -e $WORK_OBJ/.known-from || $(<"$WORK_OBJ/.known-from") != "$key" ]] || return 0
	say "building the source without a patch first, to know its warnings"
	rm -rf -- "$WORK_OBJ"
	mkdir -p "$WORK_OBJ"
	PROGRESS="the source without a patch"
	build_state 0 "$LOGS/base.log" || die "$EX_CANNOT" "the source does not build without a patch: see $LOGS/base.log"
	learn "$WORK_OBJ/.known" "$LOGS/base.log"
	echo "$key" >"$WORK_OBJ/.known-from"
	rm -f -- "$WORK_OBJ/.unjudged"
}

compiler_version() {
	if [[ ${LLVM:-} ]]; then echo "$LLVM_VERSION"; else gcc --version | head -n 1; fi
}

# build_patch N: from N-1 to N, so that all it changes is compiled now. BUILD_STATUS is make's.
build_patch() {
	local log=$LOGS/$1-build
	know_base
	[[ -e $STAGE.known ]] || cp -- "$WORK_OBJ/.known" "$STAGE.known"
	PROGRESS="before patch $1 of ${#SERIES[@]}"
	ALL_JUDGED=1
	[[ ! -e $WORK_OBJ/.unjudged ]] || ALL_JUDGED=
	build_state $(($1 - 1)) "$log.before" || true
	[[ -z $(new_complaints "$STAGE.known" "$log.before") ]] || ALL_JUDGED=
	learn "$STAGE.known" "$log.before"
	run_sparse "$1" "$log.sparse-before" || true
	run_selftests "$1" "$log.selftests-before" || true
	PROGRESS="patch $1 of ${#SERIES[@]}"
	BUILD_STATUS=0
	build_state "$1" "$log" || BUILD_STATUS=$?
}

# What an earlier patch is to blame for counts once
check_compiles() {
	local log=$LOGS/$1-build
	new_complaints "$STAGE.known" "$log" >"$2"
	learn "$STAGE.known" "$log"
	((BUILD_STATUS == 0)) || echo "does not build: see $log" >>"$2"
	not_compiled "$1" >>"$2"
	run_selftests "$1" "$log.selftests" || echo "the selftests do not build: see $log.selftests" >>"$2"
	new_since "$log.selftests-before" "$log.selftests" >>"$2"
	[[ ! -s $2 ]] || return "$BAD"
	[[ -z $ALL_JUDGED ]] || rm -f -- "$WORK_OBJ/.unjudged"
}

# sources_of N: those that a build of this kernel has to compile
sources_of() {
	files_of "$1" '\.c$' | grep -vE '^(tools|scripts|samples|Documentation|arch/[^x])' | while read -r file; do
		[[ ! -e $WORK_SRC/$file ]] || echo "$file"
	done
}

# A warning cannot come from what is left out
not_compiled() {
	sources_of "$1" | while read -r file; do
		[[ $WORK_OBJ/${file%.c}.o -nt $WORK_SRC/$file ]] || echo "$file: error: is not compiled by this configuration"
	done
}

# run_selftests N LOG: compiles those that patch N touches
run_selftests() {
	local dirs
	: >"$2"
	dirs=$(files_of "$1" '^tools/testing/selftests/[^/]+/' | cut -d / -f 4 | sort -u)
	[[ -z $dirs ]] || supervise "$PROGRESS: selftests" compile_selftests "$dirs" >>"$2" 2>&1
}

# Some put objects beside their sources, where the next build would find them
compile_selftests() {
	local dir from output status=0
	"${KERNEL_MAKE[@]}" -s headers || return
	for dir in $1; do
		from=$WORK_SRC/tools/testing/selftests/$dir output=$WORK_OBJ/kselftest/$dir
		[[ -e $from/Makefile ]] || continue
		rm -rf -- "$output"
		mkdir -p "$output"
		make -C "$from" OUTPUT="$output" KHDR_INCLUDES="-isystem $WORK_OBJ/usr/include" || status=$?
		find "$from" -type f \( -name '*.o' -o -name '*.d' \) -delete
	done
	return "$status"
}

check_sparse() {
	local log=$LOGS/$1-build
	[[ $(objects_of "$1") ]] || return "$NOTHING"
	run_sparse "$1" "$log.sparse" || echo "make C=2 failed: see $log.sparse" >"$2"
	(($(grep -c '^  CHECK ' "$log.sparse") >= $(objects_of "$1" | wc -l))) ||
		echo "not all was checked: see $log.sparse" >>"$2"
	new_since "$log.sparse-before" "$log.sparse" >>"$2"
	[[ ! -s $2 ]] || return "$BAD"
}

# run_sparse N LOG: on what patch N touches
run_sparse() {
	local objects
	: >"$2"
	mapfile -t objects < <(objects_of "$1")
	((${#objects[@]} == 0)) || supervise "$PROGRESS: sparse" bound "${KERNEL_MAKE[@]}" -j "${VM_JOBS:-$(nproc)}" \
		C=2 CHECK="$SPARSE" "${objects[@]}" >>"$2" 2>&1
}

# objects_of N: of the sources that patch N touches, and for a header that none of them
# includes, of one that does
objects_of() {
	local objects=() file header user
	for file in $(sources_of "$1"); do
		if [[ -e $WORK_OBJ/${file%.c}.o ]]; then objects+=("${file%.c}.o"); fi
	done
	for header in $(files_of "$1" '\.h$' | grep -vE '^(tools|scripts|samples|Documentation|arch/[^x])'); do
		includes "$header" "${objects[@]}" && continue
		user=$(cd "$WORK_OBJ" && grep -rlF --include='.*.o.cmd' -m 1 "/$header " kernel mm drivers lib fs | sort | head -n 1) || true
		[[ -z $user ]] || objects+=("$(sed -E 's,/\.([^/]*)\.cmd$,/\1,' <<<"$user")")
	done
	((${#objects[@]} == 0)) || printf '%s\n' "${objects[@]}"
}

# includes HEADER OBJECT...: one of them was made with it
includes() {
	local header=$1 object
	shift
	for object; do
		! grep -qF "/$header " "$WORK_OBJ/${object%/*}/.${object##*/}.cmd" || return 0
	done
	return 1
}

check_boots() {
	local dir=$WORK/boot status=0
	PROGRESS="patch $1 of ${#SERIES[@]}"
	build_state "$1" "$2.build" || { echo "does not build: see $2.build" >"$2" && return "$BAD"; }
	rm -rf -- "$dir"
	mkdir -p "$dir"
	supervise "$PROGRESS: installing" install_bootable "$dir" >"$2" 2>&1 || return "$BAD"
	supervise "$PROGRESS: booting" boot "$dir" "$2" || status=$?
	((status != EX_CANNOT)) || die "$EX_CANNOT" "$(tail -n 1 "$2")"
	((status == 0)) || return "$BAD"
}

boot() {
	bound "$KERNEL_TOP/tests/vm/run" --kernel-dir "$1" --device edu --log "$2.kernel" \
		"$KERNEL_TOP/tests/vm/patches/boot.sh" >"$2" 2>&1
}
