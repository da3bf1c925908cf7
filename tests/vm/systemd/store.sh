# SPDX-License-Identifier: GPL-2.0-or-later
# systemd carries what a unit has in its descriptor store through `systemctl kexec`: a session
# with a device, a memfd, the session of LUOSession=, twice in a row, also with a kernel that
# systemd has loaded. What a unit does not keep is lost.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}
token=0x0001000000000100 token_b=0x0001000000000200 token_c=0x0001000000000300

# Without next-kernel: systemctl loads the kernel itself, from what boot loaders read. Below
# /boot, and in spite of firmware that is not UEFI.
jump_alone() {
	mkdir -p /boot/loader/entries
	cp "$IMAGE" /boot/vmlinuz
	cp "$INITRD" /boot/initrd
	printf '%s\n' "title lab" "linux /vmlinuz" "initrd /initrd" "options $(</proc/cmdline) marker=alone" \
		>/boot/loader/entries/lab.conf
	SYSTEMD_ESP_PATH=/boot SYSTEMD_RELAX_ESP_CHECKS=1 systemctl kexec
	sleep infinity
}

case $BOOT in
1)
	is "$(</proc/1/comm)" systemd
	(($(systemctl --version | sed -nE '1s/^systemd ([0-9]+).*/\1/p') >= 261))
	is "$(systemctl show -P KExecCount)" 0
	unit keeps FileDescriptorStoreMax=4 FileDescriptorStorePreserve=yes
	unit loses FileDescriptorStoreMax=4 FileDescriptorStorePreserve=restart
	unit given LUOSession=mine FileDescriptorStorePreserve=yes
	bind_all

	does keeps listen create:vm memfd:inside preserve:7 "open:$(cdev "$a")" bind "preserve:$token" \
		session store:session memfd:outside store:memfd
	is "$results" "- - not-us"
	does loses create:lost "open:$(cdev "$b")" bind "preserve:$token_b" session store:session
	does given listen stored:mine adopt name "open:$(cdev "$c")" bind "preserve:$token_c"
	[[ $results == "1 mine us given.service-"* ]]
	is "$(kept keeps)" "memfd session"
	is "$(kept loses)" session
	is "$(kept given)" mine
	is "$(states vm)" "- preserved $a preserved"
	is "$(states lost)" "$b preserved"
	# Who keeps what, and who does not, is told
	expect 4 check --json
	is "$(jq -r '.findings[] | select(.id == "init-drops" or .id == "init-kills") | "\(.id) \(.object) \(.text)"' <<<"$out")" \
		"init-drops lost systemd has it in the descriptor store of loses.service (FileDescriptorStorePreserve=restart), and empties that before the jump"
	expect 0 check --direct
	is "$("$LUCTL" status -n -o session,unit,carried | tr -s ' ' | sed 's/ $//' | sort -u | grep -E '^(vm|lost) ' | tr '\n' ' ')" \
		"lost loses.service no vm keeps.service yes "
	expect 0 status lost
	shows "vfio-luctl kexec --direct"
	expect 4 kexec "${NEXT[@]}"
	says init-drops
	is "$(loaded)" 0
	next-kernel
	;;
2)
	is "$(</proc/1/comm)" systemd
	is "$(systemctl show -P KExecCount)" 1
	is "$(kept keeps)" "memfd session"
	is "$(systemctl show -P NFileDescriptorStore loses)" 0
	is "$(kept given)" mine
	is "$(states vm)" "- arrived $a arrived"
	bind_all
	is_locked "$a"
	is_free "$b"
	is_locked "$c"

	does keeps stored:memfd text stored:session adopt name get:7 text "get:$token" bind edu:6 finish \
		unstore:session unstore:memfd
	is "$results" "outside vm inside 010000ed 720"
	does given listen stored:mine adopt name "get:$token_c" bind config finish unstore:mine
	[[ $results == "1 mine us given.service-"*" 1234:11e8" ]]
	is "$(systemctl show -P NFileDescriptorStore keeps)" 0
	is_free "$a"
	is_free "$c"
	expect 0 status --exit-code

	does keeps create:again "open:$(cdev "$a")" bind "preserve:$token" session store:session
	jump_alone
	;;
3)
	grep -qw marker=alone /proc/cmdline
	is "$(systemctl show -P KExecCount)" 2
	bind_all
	is_locked "$a"
	is_free "$c"
	does keeps listen stored:session adopt name "get:$token" bind edu:5 finish unstore:session
	is "$results" "1 session us again 010000ed 120"
	is_free "$a"
	;;
esac
