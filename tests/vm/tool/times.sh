# SPDX-License-Identifier: GPL-2.0-or-later
# When things happened: order, what is not known, and what a keeper that died takes with it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]} c=${DEVICE[2]}

# tell DEVICE KEY: from the last JSON
tell() {
	jq -r --arg device "$1" ".devices // .sessions | .[] | select(.device == \$device).$2" <<<"$out"
}

# ms MOMENT: the number that it stands for
ms() {
	date -d "$1" +%s%3N
}

# ordered MOMENT...: each is known, and none is before the one in front of it
ordered() {
	local moment last=0
	for moment; do
		if [ "$moment" = null ] || (($(ms "$moment") < last)); then
			echo "not in order: $*"
			return 1
		fi
		last=$(ms "$moment")
	done
}

# after_the_jump DEVICE: when its kernel began fits when the one before ordered the jump; a clock
# that is read at boot has whole seconds.
after_the_jump() {
	ordered "$(tell "$1" preserved)" "$(tell "$1" jumped)"
	(($(ms "$(tell "$1" booted)") >= $(ms "$(tell "$1" jumped)") - 1000))
}

look() {
	expect 0 status --json "$1"
	valid status
	is "$(jq -r .clock <<<"$out")" realtime
}

# left SESSION: the files of it that anybody is shown
left() {
	"$LUCTL" status -n -o device,token "$1" | tr -s ' \n' ' ' | sed 's/ $//'
}

bind_all
case $BOOT in
1)
	before=$(date -u +%FT%T.%3NZ)
	expect 0 preserve vm "$a" "$b"
	look vm
	ordered "$before" "$(tell "$a" preserved)" "$(date -u +%FT%T.%3NZ)"
	is "$(tell "$a" preserved)" "$(tell "$b" preserved)"
	for key in jumped booted retrieved bound blackout; do is "$(tell "$a" $key)" null; done
	tell "$a" preserved >/share/preserved
	is "$(left vm)" "$a 0x0001000000000100 $b 0x0001000000000200"
	# Of somebody else, without a manifest and with nonsense where we have the journal
	sleep 1000 | "$PROBE" create:junk "open:$(cdev "$c")" bind preserve:0x0001000000000300 \
		memfd:'vfio-luctl-journal 1 ' preserve:0x0003000000000000 touch:/tmp/junk wait &
	until_true test -e /tmp/junk
	is "$(left junk)" "$c 0x0001000000000300"
	date -u +%FT%T.%3NZ >/share/before
	before-the-end
	"$LUCTL" kexec "${NEXT[@]}"
	exit 1
	;;
2)
	expect 0 status junk
	is "$(left junk)" "$c 0x0001000000000300"
	expect 0 retrieve --json junk "$c"
	valid retrieve
	is "$(tell "$c" preserved) $(tell "$c" jumped)" "null null"
	expect 0 recover junk
	is_free "$c"

	expect 0 retrieve --dry-run --json vm "$a"
	valid retrieve
	is "$(tell "$a" booted)" null
	expect 0 retrieve --json vm
	valid retrieve
	is "$(jq -r .clock <<<"$out")" realtime
	after_the_jump "$a"
	is "$(tell "$a" preserved)" "$(</share/preserved)"
	ordered "$(</share/before)" "$(tell "$a" jumped)"
	ordered "$(tell "$a" booted)" "$(tell "$a" retrieved)" "$(tell "$b" retrieved)"
	is "$(tell "$a" bound) $(tell "$a" blackout)" "null null"
	is "$(left vm)" "$a 0x0001000000000100 $b 0x0001000000000200"
	jumped=$(tell "$a" jumped) retrieved=$(tell "$a" retrieved)

	# Asked for again, it is not retrieved again; bound is when that was seen first
	sleep 1000 | "$LUCTL" retrieve vm "$a" -- "$PROBE" "fd:{$a}" bind touch:/tmp/bound wait >/dev/null &
	until_true test -e /tmp/bound
	look vm
	is "$(tell "$a" retrieved) $(tell "$b" bound)" "$retrieved null"
	ordered "$(tell "$a" retrieved)" "$(tell "$a" bound)"
	(($(tell "$a" blackout) >= 0))
	bound=$(tell "$a" bound)
	expect 0 retrieve --json vm
	is "$(tell "$a" bound)" "$bound"
	expect 0 status -o session,device,preserved,jumped,booted,retrieved,bound,blackout
	shows "$a*$(</share/preserved)*$jumped*$retrieved*$bound"
	[[ $out != *clock* ]]

	# What a keeper saw dies with it, and the next one does not make it up; what came along does not
	keeper=$("$LUCTL" status -n -o holder vm | sort -u | tr -d ' ')
	kill -KILL "$keeper"
	until_true test ! -e "/proc/$keeper"
	expect 0 retrieve --json vm
	is "$(tell "$a" preserved) $(tell "$a" jumped)" "$(</share/preserved) $jumped"
	after_the_jump "$a"
	is "$(tell "$a" retrieved) $(tell "$a" bound) $(tell "$a" blackout)" "null null null"
	ordered "$bound" "$(tell "$b" retrieved)"
	expect 0 retrieve vm "$b" -- "$PROBE" "fd:{$b}" bind config
	expect 0 finish --dry-run --json vm
	valid finish
	is "$(tell "$b" finished)" null
	expect 0 finish --json vm
	valid finish
	ordered "$(tell "$b" retrieved)" "$(tell "$b" bound)" "$(tell "$b" finished)"
	is "$(tell "$a" finished) $(tell "$a" bound)" "$(tell "$b" finished) null"
	kill "$(pgrep -x probe)"
	until_true is_free "$a"

	# Ordered, but not done: whoever jumps after that does it unseen
	expect 0 preserve vm "$a" "$b"
	hold /tmp/irq create:irq "open:$(cdev "$c")" bind preserve:0x0001000000000300 msi
	expect 1 kexec --force device-interrupts "${NEXT[@]}"
	says "the kernel does not jump"
	let_go "$c"
	next-kernel
	exit 1
	;;
esac
expect 0 retrieve vm "$a" -- "$PROBE" "fd:{$a}" bind config
expect 0 retrieve vm "$b" -- "$PROBE" "fd:{$b}" bind config
look vm
is "$(tell "$a" jumped) $(tell "$a" blackout)" "null null"
ordered "$(tell "$a" preserved)" "$(tell "$a" retrieved)" "$(tell "$a" bound)"
ordered "$(tell "$a" booted)" "$(tell "$a" retrieved)"
expect 0 finish --json vm
valid finish
ordered "$(tell "$a" bound)" "$(tell "$a" finished)"
is_free "$a"
is_free "$b"
