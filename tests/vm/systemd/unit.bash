# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts with systemd as process 1 that use the unit of the tool.

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# put FILE: standard input, now and at later boots before systemd begins
put() {
	mkdir -p "/share/system/${1%/*}" "/${1%/*}"
	tee "/share/system/$1" >"/$1"
	systemctl daemon-reload
}

main_pid() {
	systemctl show -P MainPID "vfio-luctl@$1"
}

active() {
	[ "$(systemctl is-active "vfio-luctl@$1" || :)" = "$2" ]
}

# have SESSION "DEVICE STATE...": so is it now
have() {
	[ "$("$LUCTL" status -n -o device,state "$1" 2>/dev/null | tr -s ' \n' ' ')" = "$2 " ]
}

# install_unit: as make install does, with the program of this checkout
install_unit() {
	sed "s,@sbindir@,$PWD," systemd/vfio-luctl@.service.in | put usr/lib/systemd/system/vfio-luctl@.service
}
