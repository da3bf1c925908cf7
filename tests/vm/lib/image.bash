# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The system of run --systemd: Debian sid in a directory, made by debootstrap.
#
#   image/systemd-KEY-DAY/system/    the system; never changed
#   image/systemd-KEY-DAY/packages   what it is made of, with the versions
#   image/debootstrap.log            of the last one that was made
#
# KEY is a hash of the recipe below. The versions are what sid had on that DAY. A directory will
# do, because the guest sees the host's files anyway: no file system and no driver more.

# shellcheck source=tests/vm/lib/debootstrap.bash
source "${BASH_SOURCE[0]%/*}/debootstrap.bash"

readonly IMAGE_SUITE=sid IMAGE_DAYS=7 IMAGES_KEPT=3
# The init system; what the tool is linked with; what scripts use. The host's binary of the tool runs
# there: sid's libc is not older than the host's, and the sonames have been the same since Debian 11.
readonly IMAGE_PACKAGES=(systemd systemd-sysv udev dbus kmod kexec-tools
	libjson-c5 libnl-3-200 libpci3
	jq procps strace)
# The first systemd that takes descriptor stores through a kexec
readonly SYSTEMD_NEEDED=261

# image_ensure: sets IMAGE to the root directory of the system, which is made when there is none
# that is younger than a week
image_ensure() {
	IMAGE_KEY=$(image_key)
	IMAGE_LOG=$CACHE/image/debootstrap.log
	make_cache
	mkdir -p "$CACHE/image"
	! find_image "$IMAGE_DAYS" || return 0
	lock "$CACHE/image/lock" "making of the systemd image"
	find_image "$IMAGE_DAYS" || renew_image
	unlock
}

# Nothing is wrong with an old one but its age
renew_image() {
	local made=1
	make_image || made=
	find_image || exit "$EX_CANNOT"
	[[ $made ]] || say "going on with the systemd image of ${IMAGE_DAY:0:4}-${IMAGE_DAY:4:2}-${IMAGE_DAY:6}"
	shopt -s nullglob
	keep_newest "$IMAGES_KEPT" "$CACHE"/image/systemd-*
	shopt -u nullglob
}

# find_image [DAYS]: the newest, if it is not older than that
find_image() {
	find_system "$CACHE/image/systemd-$IMAGE_KEY" "$@" || return
	IMAGE_DAY=$FOUND_DAY
	# shellcheck disable=SC2034 # for run and machine.bash
	IMAGE=$FOUND/system
}

image_key() {
	{
		printf '%s\n' "$IMAGE_SUITE" "${IMAGE_PACKAGES[@]}"
		declare -f complete_image run_debootstrap
	} | sha256sum | cut -c 1-16
}

# make_image: says why when it fails
# shellcheck source=tests/vm/lib/apt.bash
make_image() {
	local new=$CACHE/image/.new.$$ error=
	rm -rf -- "$CACHE"/image/.new.*
	(check_image_needs) || return
	source "$KERNEL_TOP/tests/vm/lib/apt.bash"
	apt_begin
	if apt_look_for_mirror; then
		say "making the systemd image: Debian $IMAGE_SUITE from $APT_MIRROR"
		mkdir "$new"
		bootstrap "making the systemd image" "$IMAGE_LOG" "$IMAGE_SUITE" "$new/system" "${IMAGE_PACKAGES[@]}" ||
			error=$BOOTSTRAP_ERROR
	else
		error=$APT_ERROR
	fi
	apt_end
	[[ $error ]] || error=$(complete_image "$new")
	[[ -z $error ]] || { say "no systemd image: $error" && return 1; }
	mv -T -- "$new" "$CACHE/image/systemd-$IMAGE_KEY-$(date +%Y%m%d)"
}

check_image_needs() {
	need_tools vm debootstrap setpriv unshare
	((EUID == 0)) || die "$EX_CANNOT" "the systemd image can only be made by root"
	need_disk "$CACHE" 1000 "the systemd image"
}

# complete_image DIR: prints what is wrong with it
complete_image() {
	local version
	rm -rf -- "$1"/system/var/{cache/apt/archives,lib/apt/lists}/*
	# Nothing that systemd would do at every boot because /usr is newer
	touch -- "$1"/system/{etc,var}/.updated
	dpkg-query --admindir="$1/system/var/lib/dpkg" -W >"$1/packages"
	version=$(sed -nE 's/^systemd\t([0-9]+).*/\1/p' "$1/packages")
	((${version:-0} >= SYSTEMD_NEEDED)) ||
		echo "$IMAGE_SUITE has systemd ${version:-unknown} and $SYSTEMD_NEEDED is needed"
}
