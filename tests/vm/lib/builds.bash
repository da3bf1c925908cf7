# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The configurations that the complete series is compiled in, and linked, for tests/patches-check.

# In this order each is compiled from what the one before has left
# shellcheck disable=SC2034 # for those who source this
readonly BUILDS=(modules no-vfio-pci-liveupdate no-group no-cdev built-in variants
	no-debugfs no-pci-liveupdate no-liveupdate no-kho no-iov no-quirks 32bit clang)

# What each changes in the configuration: of the lab, or of tests/vm/small.config
declare -rA BUILD_OPTIONS=(
	[modules]=""
	[built-in]="IOMMUFD=y VFIO=y VFIO_PCI=y"
	[no-vfio-pci-liveupdate]="VFIO_PCI_LIVEUPDATE=n"
	[no-group]="VFIO_GROUP=n VFIO_CONTAINER=n VFIO_NOIOMMU=n"
	[no-cdev]="VFIO_DEVICE_CDEV=n VFIO_PCI_LIVEUPDATE=n"
	[variants]="COMPILE_TEST=y WERROR=n VIRTIO_VFIO_PCI=m NVGRACE_GPU_VFIO_PCI=m NET_VENDOR_AMD=y PDS_CORE=m PDS_VFIO_PCI=m"
	[no-debugfs]="KEXEC_HANDOVER_DEBUGFS=n VFIO_DEBUGFS=n DEBUG_FS=n"
	[no-pci-liveupdate]="PCI_LIVEUPDATE=n VFIO_PCI_LIVEUPDATE=n"
	[no-liveupdate]="LIVEUPDATE=n LIVEUPDATE_MEMFD=n PCI_LIVEUPDATE=n VFIO_PCI_LIVEUPDATE=n"
	[no-kho]="KEXEC_HANDOVER=n KEXEC_HANDOVER_DEBUGFS=n LIVEUPDATE=n LIVEUPDATE_MEMFD=n PCI_LIVEUPDATE=n VFIO_PCI_LIVEUPDATE=n"
	[no-iov]="PCI_IOV=n"
	[no-quirks]="PCI_QUIRKS=n"
	[32bit]="64BIT=n X86_32=y PCI_LIVEUPDATE=n"
	[clang]="64BIT=y CC_IS_CLANG=y INTEL_IOMMU=y"
)

# is_small NAME: has an object directory of its own and a smaller kernel, because nothing of
# what another compiler made is of use
is_small() {
	[[ $1 == 32bit || $1 == clang ]]
}

# find_llvm: sets LLVM_SUFFIX to what the kernel wants to have in LLVM=, and LLVM_VERSION
find_llvm() {
	local least suffix tool
	least=$(sh "$SOURCE/scripts/min-tool-version.sh" llvm)
	for suffix in '' $(compgen -c | sed -nE 's/^clang(-[0-9]+)$/\1/p' | sort -u -t - -k 2nr); do
		for tool in clang ld.lld llvm-ar llvm-nm llvm-objcopy llvm-strip llvm-readelf; do
			command -v "$tool$suffix" >/dev/null || continue 2
		done
		LLVM_VERSION=$("clang$suffix" -dumpversion)
		LLVM_SUFFIX=${suffix:-1}
		! printf '%s\n' "$least" "$LLVM_VERSION" | sort -CV || return 0
	done
	die "$EX_CANNOT" "no clang $least or later with its lld and llvm here (tests/deps patches installs one)"
}

# build_fragment NAME: its options as Kconfig has them
build_fragment() {
	local word
	for word in ${BUILD_OPTIONS[$1]}; do
		case $word in
		*=n) printf '# CONFIG_%s is not set\n' "${word%=n}" ;;
		*) printf 'CONFIG_%s\n' "$word" ;;
		esac
	done
}

# build_key NAME: of all that the result depends on
build_key() {
	{
		echo "$1" "${SERIES_HASH[-1]}" "${BUILD_OPTIONS[$1]}"
		cat -- "${FRAGMENTS[@]}"
		! is_small "$1" || cat -- "$KERNEL_TOP/tests/vm/small.config"
		if [[ $1 == clang ]]; then echo "$LLVM_VERSION"; else compiler_version; fi
		declare -f check_build compare_with_base begin_small
	} | sha256sum
}

# check_build NAME OUT: like the checks of a patch
check_build() {
	local WORK_OBJ=$WORK_OBJ KERNEL_MAKE=("${KERNEL_MAKE[@]}") FRAGMENTS=("${FRAGMENTS[@]}") ARCH LLVM
	local log=$LOGS/build-$1.log status=0
	build_fragment "$1" >"$STAGE.config"
	if is_small "$1"; then
		begin_small "$1"
		FRAGMENTS+=("$STAGE.config")
		know_base
	else
		know_base
		FRAGMENTS+=("$STAGE.config")
	fi
	[[ ! -e $WORK_OBJ/.unjudged ]] || compare_with_base "$1" "$log"
	PROGRESS="build $1"
	build_state "${#SERIES[@]}" "$log" || status=$?
	[[ -z $(new_complaints "$WORK_OBJ/.known" "$log") ]] || compare_with_base "$1" "$log"
	new_complaints "$WORK_OBJ/.known" "$log" >"$2"
	((status == 0)) || echo "does not build: see $log" >>"$2"
	[[ ! -s $2 ]] || return "$BAD"
	rm -f -- "$WORK_OBJ/.unjudged"
}

# begin_small NAME
begin_small() {
	WORK_OBJ=$WORK/obj-$1
	FRAGMENTS=("$KERNEL_TOP/tests/vm/small.config")
	case $1 in
	32bit) export ARCH=i386 ;;
	clang) export LLVM=$LLVM_SUFFIX && FRAGMENTS+=("${SERIES_CONFIG[@]}") ;;
	esac
	series_make
}

# compare_with_base NAME LOG: learn what this configuration complains about without a patch,
# where it did with all of them, and have all that the series touches compiled anew
compare_with_base() {
	local object
	[[ ! -s $2 ]] || complaining_objects "$2" | while read -r object; do
		rm -f -- "$WORK_OBJ/$object"
	done
	PROGRESS="build $1, without a patch"
	build_state 0 "$2.base" || true
	learn "$WORK_OBJ/.known" "$2.base"
}

complaining_objects() {
	awk '/^  CC / { object = $NF; next } /[Ww]arning: / && object !~ /^\// { print object }' "$1" | sort -u
}
