# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The system of run --systemd: Debian sid in a directory, made by debootstrap.
#
#   image/systemd-KEY-DAY/root/      the system; never changed
#   image/systemd-KEY-DAY/packages   what it is made of, with the versions
#   image/debootstrap.log            of the last one that was made
#
# KEY is a hash of the recipe below. The versions are what sid had on that DAY. A directory will
# do, because the guest sees the host's files anyway: no file system and no driver more.

readonly IMAGE_SUITE=sid IMAGE_DAYS=7 IMAGES_KEPT=3
# The init system; what the tool is linked with (the host's libraries may need another libc, and
# these have the same sonames wherever the lab runs); what scripts use
readonly IMAGE_PACKAGES=(systemd systemd-sysv udev dbus kmod kexec-tools
	libjson-c5 libnl-3-200 libpci3
	jq procps strace)
# The first systemd that takes descriptor stores through a kexec
readonly SYSTEMD_NEEDED=261

# image_ensure: sets IMAGE to the root directory of the system, which is made when there is none
# that is younger than a week
image_ensure() {
	local status=0
	IMAGE_KEY=$(image_key)
	IMAGE_LOG=$CACHE/image/debootstrap.log
	make_cache
	mkdir -p "$CACHE/image"
	! find_image "$IMAGE_DAYS" || return 0
	lock "$CACHE/image/lock" "making of the systemd image"
	if ! find_image "$IMAGE_DAYS"; then
		rm -rf -- "$CACHE"/image/.new.*
		supervise image_progress make_image || status=$?
		if ! find_image "$IMAGE_DAYS"; then
			find_image || exit "$status"
			say "going on with the systemd image of $(stat -c %y -- "$IMAGE" | cut -d ' ' -f 1)"
		fi
		shopt -s nullglob
		keep_newest "$IMAGES_KEPT" "$CACHE"/image/systemd-*
		shopt -u nullglob
	fi
	unlock
}

# find_image [DAYS]: the newest, if it is not older than that
find_image() {
	local dir found=
	for dir in "$CACHE/image/systemd-$IMAGE_KEY"-*; do
		[[ ! -d $dir ]] || found=$dir
	done
	[[ $found ]] || return 1
	[[ ! ${1:-} ]] || ((${found##*-} > $(date -d "$1 days ago" +%Y%m%d))) || return 1
	touch -- "$found"
	IMAGE=$found/root
}

image_key() {
	{
		printf '%s\n' "$IMAGE_SUITE" "${IMAGE_PACKAGES[@]}"
		declare -f make_image run_debootstrap
	} | sha256sum | cut -c 1-16
}

# In a process of its own: what is said here to be impossible need not be the end
# shellcheck source=tests/vm/lib/apt.bash disable=SC2317
make_image() {
	local new=$CACHE/image/.new.$$ version
	trap cleanup EXIT
	trap 'exit 143' TERM
	need_tools vm debootstrap setpriv unshare
	((EUID == 0)) || die "$EX_CANNOT" "the systemd image can only be made by root"
	need_disk "$CACHE" 1000 "the systemd image"
	source "$KERNEL_TOP/tests/vm/lib/apt.bash"
	apt_begin
	apt_find_mirror
	say "making the systemd image: Debian $IMAGE_SUITE from $APT_MIRROR"
	mkdir "$new"
	run_debootstrap "$new/root" >"$IMAGE_LOG" 2>&1 ||
		die "$EX_CANNOT" "no systemd image: $(debootstrap_error) (see $IMAGE_LOG)"
	rm -rf -- "$new"/root/var/{cache/apt/archives,lib/apt/lists}/*
	dpkg-query --admindir="$new/root/var/lib/dpkg" -W >"$new/packages"
	version=$(sed -nE 's/^systemd\t([0-9]+).*/\1/p' "$new/packages")
	((${version:-0} >= SYSTEMD_NEEDED)) ||
		die "$EX_CANNOT" "no systemd image: $IMAGE_SUITE has systemd ${version:-unknown} and $SYSTEMD_NEEDED is needed"
	mv -T -- "$new" "$CACHE/image/systemd-$IMAGE_KEY-$(date +%Y%m%d)"
}

# What it mounts and starts ends with it, and it ends with us
# shellcheck disable=SC2317
run_debootstrap() {
	local packages
	packages=$(IFS=, && printf '%s' "${IMAGE_PACKAGES[*]}")
	[[ ${http_proxy:-} ]] || eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy DEBIAN_FRONTEND=noninteractive LC_ALL=C
	setpriv --pdeathsig KILL -- unshare --mount --pid --fork --kill-child --mount-proc \
		debootstrap --variant=minbase --keyring="$DEBIAN_KEYRING" --include="$packages" \
		"$IMAGE_SUITE" "$1" "$APT_MIRROR"
}

# What debootstrap has to say, without its progress
debootstrap_error() {
	local line
	line=$(grep -aE '^(E|W): ' "$IMAGE_LOG" | tail -n 1) || line=$(tail -n 1 "$IMAGE_LOG")
	printf '%s\n' "${line:-no reason given}"
}

image_progress() {
	printf 'making the systemd image: %s' "$(tail -n 1 "$IMAGE_LOG" 2>/dev/null | sed 's/^I: //')"
}
