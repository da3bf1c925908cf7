# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts with systemd as process 1: units whose work is done by the probe.

source "$(dirname "${BASH_SOURCE[0]}")/../tool/common.sh"

# unit NAME SETTING...: now, and at later boots before systemd begins
unit() {
	local file=etc/systemd/system/$1.service
	mkdir -p "/share/system/${file%/*}"
	{
		printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nNotifyAccess=all\n'
		printf '%s\n' "${@:2}"
		printf 'ExecStart=/bin/bash -c "exec %s $$(cat /share/%s)"\n' "$PROBE" "$1"
		printf 'StandardOutput=truncate:/share/%s.out\nStandardError=inherit\n' "$1"
	} >"/share/system/$file"
	cp "/share/system/$file" "/$file"
	systemctl daemon-reload
}

# does NAME OPERATION...: the unit, with the probe. Output goes to $out; without "ok", and one
# line, to $results.
does() {
	local status=0
	echo "+ $*"
	echo "${*:2}" >"/share/$1"
	systemctl restart "$1" || status=$?
	out=$(<"/share/$1.out")
	printf '%s\n' "$out"
	# shellcheck disable=SC2034 # for those who source this
	results=$(sed -n 's/^[^ ]* ok //p' <<<"$out" | paste -sd ' ')
	return $status
}

# kept NAME: the names in its store
kept() {
	systemd-analyze --json=short fdstore "$1" | jq -r '[.[].fdname] | sort | join(" ")'
}

# all_done: no session is left, and the test has succeeded
all_done() {
	expect 0 status -n
	is "$out" ""
	exit 0
}
