# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian systems that debootstrap makes in directories, each with the day it was made in its name.

# find_system PREFIX [DAYS]: sets FOUND to the newest PREFIX-DAY, if it is not older than that, and
# FOUND_DAY
find_system() {
	local dir
	FOUND=
	for dir in "$1"-*; do
		[[ ! -d $dir ]] || FOUND=$dir
	done
	[[ $FOUND ]] || return 1
	FOUND_DAY=${FOUND##*-}
	[[ ! ${2:-} ]] || ((FOUND_DAY > $(date -d "$2 days ago" +%Y%m%d))) || return 1
	touch -- "$FOUND"
}

# bootstrap WHAT LOG SUITE DIRECTORY [PACKAGE...]: a minimal system from APT_MIRROR. Sets
# BOOTSTRAP_ERROR when it fails.
bootstrap() {
	BOOTSTRAP_WHAT=$1 BOOTSTRAP_LOG=$2
	supervise bootstrap_progress run_debootstrap "${@:3}" && return
	# shellcheck disable=SC2034 # for who called
	BOOTSTRAP_ERROR="$(bootstrap_error) (see $BOOTSTRAP_LOG)"
	return 1
}

# What it mounts and starts ends with it, and it ends with us
# shellcheck disable=SC2317 # by supervise
run_debootstrap() {
	local packages
	exec >"$BOOTSTRAP_LOG" 2>&1
	packages=$(IFS=, && printf '%s' "${*:3}")
	apt_proxy
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	exec setpriv --pdeathsig KILL -- unshare --mount --pid --fork --kill-child --mount-proc \
		debootstrap --variant=minbase --keyring="$DEBIAN_KEYRING" ${packages:+"--include=$packages"} \
		"$1" "$2" "$APT_MIRROR"
}

# What debootstrap has to say, without its progress
bootstrap_error() {
	local line
	line=$(grep -aE '^(E|W): ' "$BOOTSTRAP_LOG" | tail -n 1) || line=$(tail -n 1 "$BOOTSTRAP_LOG")
	printf '%s\n' "${line:-no reason given}"
}

bootstrap_progress() {
	printf '%s: %s' "$BOOTSTRAP_WHAT" "$(tail -n 1 "$BOOTSTRAP_LOG" 2>/dev/null | sed 's/^I: //')"
}
