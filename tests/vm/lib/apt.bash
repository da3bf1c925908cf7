# shellcheck shell=bash disable=SC2119,SC2120
# SPDX-License-Identifier: GPL-2.0-or-later
# Packages from the Debian mirror this machine's apt already uses, with source lists and
# package lists of our own: the system's apt configuration stays as it is.

# What every Debian machine trusts, also on suites other than its own
readonly DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_begin: a private directory for apt, in APT_DIR, and the options that make it be used
apt_begin() {
	local key
	APT_DIR=$(mktemp -d "${TMPDIR:-/tmp}/vfio-luctl-apt.XXXXXX")
	mkdir -p "$APT_DIR"/{lists/partial,cache/archives/partial,parts}
	: >"$APT_DIR/sources.list"
	APT_OPTIONS=(-q -o "Dir::State::Lists=$APT_DIR/lists" -o "Dir::Cache=$APT_DIR/cache"
		-o Acquire::Languages=none -o Acquire::Retries=2
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
	for key in Contents-deb DEP-11 CNF; do
		APT_OPTIONS+=(-o "Acquire::IndexTargets::deb::$key::DefaultEnabled=false")
	done
	# The download user of apt could not enter a directory of ours
	((EUID != 0)) || APT_OPTIONS+=(-o APT::Sandbox::User=root)
}

apt_end() {
	[[ -z ${APT_DIR:-} ]] || rm -rf -- "$APT_DIR"
	APT_DIR=
}

# apt_sources system|own [SUITE [TYPE]]: read the system's sources and a SUITE, or only the SUITE;
# TYPE is deb or deb-src
apt_sources() {
	local file parts=/etc/apt/sources.list.d list=/etc/apt/sources.list
	rm -f -- "$APT_DIR"/parts/*
	if [[ $1 == system ]]; then
		eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
		for file in "$parts"/*.list "$parts"/*.sources "$list"; do
			[[ ! -f $file ]] || ln -sf -- "$file" "$APT_DIR/parts/system-${file##*/}"
		done
	fi
	if [[ ${2:-} ]]; then
		printf '%s [signed-by=%s] %s %s main\n' "${3:-deb}" "$DEBIAN_KEYRING" "$APT_MIRROR" "$2" \
			>"$APT_DIR/parts/vfio-luctl.list"
	fi
	APT_SOURCES=(-o "Dir::Etc::SourceList=$APT_DIR/sources.list" -o "Dir::Etc::SourceParts=$APT_DIR/parts")
}

apt_do() {
	local tool=$1
	shift
	DEBIAN_FRONTEND=noninteractive "$tool" "${APT_OPTIONS[@]}" "${APT_SOURCES[@]}" "$@"
}

# apt_update [SUITE]: fails when no package list (of that suite) could be had. apt's own
# status says less: any other source of the system may be out of reach.
apt_update() {
	supervise "reading package lists" apt_to_log apt-get update || true
	compgen -G "$APT_DIR/lists/*_dists_${1:-*}_*_Packages*" >/dev/null ||
		compgen -G "$APT_DIR/lists/*_dists_${1:-*}_*_Sources*" >/dev/null
}

# Through a file, because its messages are only of interest when it fails
apt_to_log() {
	apt_do "$@" >"$APT_DIR/log" 2>&1
}

apt_last_error() {
	local line
	line=$(grep -aE '^(E|W|Err)' "$APT_DIR/log" | head -n 1)
	printf '%s\n' "${line:-no reason given}"
}

# The mirror's address is known to apt; whether it is Debian's only from a release file,
# which a machine that never ran `apt-get update` does not have.
find_mirror_in_lists() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get "$@" indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 2>/dev/null |
		awk -F '|' '$1 == "Debian" && $2 == "Debian" {print $3; exit}'
}

# apt_find_mirror: sets APT_MIRROR
apt_find_mirror() {
	apt_look_for_mirror || die "$EX_CANNOT" "$APT_ERROR"
}

# apt_look_for_mirror: sets APT_MIRROR, or APT_ERROR
apt_look_for_mirror() {
	APT_MIRROR=${DEBIAN_MIRROR:-}
	[[ -z $APT_MIRROR ]] || return 0
	APT_MIRROR=$(find_mirror_in_lists)
	[[ -z $APT_MIRROR ]] || return 0
	apt_sources system
	APT_ERROR="no Debian mirror is known to apt here (DEBIAN_MIRROR=URL names one)"
	if apt_update; then
		APT_MIRROR=$(find_mirror_in_lists "${APT_OPTIONS[@]}" "${APT_SOURCES[@]}")
	else
		APT_ERROR="no package mirror can be reached: $(apt_last_error)"
	fi
	[[ $APT_MIRROR ]]
}

# apt_proxy: exports http_proxy, as apt has it, for programs that do not read its configuration
apt_proxy() {
	[[ ${http_proxy:-} ]] || eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy
}
