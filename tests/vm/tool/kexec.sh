# SPDX-License-Identifier: GPL-2.0-or-later
# kexec: refused for every reason there is, failed in every way, and done.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
a=${DEVICE[0]} b=${DEVICE[1]}

if ((BOOT == 2)); then
	# What we loaded was booted, not what somebody else loaded after that.
	grep -qw marker=ours /proc/cmdline
	is "$(grep -cw marker=others /proc/cmdline || :)" 0
	expect 8 status --exit-code
	shows "phase: arrived"
	expect 4 kexec "${NEXT[@]}" --dry-run
	says "session-incoming"
	bind_all
	expect 0 retrieve vm -- "$PROBE" "fd:{$a}" bind edu:6 "fd:{$b}" bind config
	shows "edu ok 010000ed 720"
	expect 8 status --exit-code
	shows "phase: retrieved"
	expect 0 finish vm
	expect 0 status --exit-code
	is "$out" "phase: finished"
	is_free "$a"
	is_free "$b"
	exit
fi

# Nothing to load, nothing that could be loaded, nothing that should be
expect 2 kexec
says "no kernel is given"
expect 2 kexec --load-only
bind_all
expect 4 kexec --load-only --kernel "$IMAGE"
says "target-kho"
expect 4 kexec --load-only "${NEXT[@]}" --append liveupdate=off
says "target-liveupdate: its command line does not turn live update on"
says "--append liveupdate=on"
expect 1 kexec --load-only --kernel /etc/passwd --reuse-cmdline
says "this is no image of a kernel*Not a bzImage"
expect 1 kexec --load-only "${NEXT[@]}" --append "$(printf 'x%.0s' {1..2048})"
says "command line too long"
is "$(loaded)" 0
expect 2 kexec
expect 0 kexec --dry-run "${NEXT[@]}"
shows "jump*planned"
expect 0 kexec --dry-run --json "${NEXT[@]}" --append marker=ours
valid kexec
is "$(jq -r '.steps[] | select(.step != "check") | "\(.step) \(.state) \(.object)"' <<<"$out")" \
	"load planned $IMAGE
jump planned directly"
is "$(jq -r '.steps[] | select(.step == "load").text' <<<"$out")" "$(</proc/cmdline) marker=ours"
is "$(loaded)" 0
# A note that cannot be written: nothing is loaded
install -d -m 700 /run/vfio-luctl
mkdir /run/vfio-luctl/.kexec.new
expect 1 kexec --load-only "${NEXT[@]}"
says "/run/vfio-luctl/.kexec.new: cannot write"
is "$(loaded)" 0
rmdir /run/vfio-luctl/.kexec.new
mkdir /run/vfio-luctl/kexec
expect 1 kexec --load-only "${NEXT[@]}"
says "/run/vfio-luctl/kexec: cannot write"
says "no kernel is loaded, as before"
is "$(loaded)" 0
kexec -s -l "$IMAGE" --reuse-cmdline
expect 1 kexec --load-only "${NEXT[@]}"
says "the kernel is loaded in place of the one before"
is "$(loaded)" 1
kexec -s -u
rmdir /run/vfio-luctl/kexec
is "$(compgen -G '/run/vfio-luctl/*kexec*' || :)$(compgen -G '/run/vfio-luctl/.kexec*' || :)" ""
expect 0 kexec --load-only --json "${NEXT[@]}" --append marker=ours
valid kexec
is "$(jq -r '[.steps[].state] | join(" ")' <<<"$out")" "done"
is "$(loaded)" 1

# Two at a time: one loads, the other is told. It is the same kernel afterwards, and the note is right.
strace -qq -o /dev/null -e inject=kexec_file_load:delay_enter=3000000 \
	"$LUCTL" kexec --load-only "${NEXT[@]}" --append marker=ours >/dev/null &
until_true pgrep -x vfio-luctl
sleep 0.5
expect 5 kexec --load-only "${NEXT[@]}" --append marker=second
says "another vfio-luctl is loading a kernel"
expect 0 kexec --dry-run
wait $!
is "$(loaded)" 1
grep -q 'marker=ours' /run/vfio-luctl/kexec

# A keeper that dies while the kernel is loaded: what was checked is not there any more
expect 0 preserve vm "$a"
strace -qq -o /dev/null -e inject=kexec_file_load:delay_enter=3000000 "$LUCTL" kexec >/dev/null 2>/tmp/jump &
jumper=$!
until_true pgrep -x vfio-luctl
sleep 0.5
pkill -KILL -x vfio-luctl-keep
status=0
wait $jumper || status=$?
cat /tmp/jump
is "$status" 4
grep -q 'of 1 sessions with 1 devices that were checked, 0 with 0 are left' /tmp/jump
is "$(loaded)" 1
expect 6 cancel vm

# A program that preserves its device and leaves an interrupt enabled: refused, and without
# our refusal the kernel refuses; nothing is lost in either case.
for irq in msi intx; do
	hold /tmp/irq create:irq "open:$(cdev "$a")" bind "preserve:0x0001000000000100" "$irq"
	is "$(states irq)" "$a preserved"
	expect 4 kexec
	says "$a: device-interrupts"
	says "--force device-interrupts"
	is "$out" ""
	expect 1 kexec --json --force device-interrupts
	is "$out" ""
	is "$(jq -r '.error | .code, .errno' <<<"$err")" $'1\nEINVAL'
	expect 1 kexec --force device-interrupts
	shows "check*overridden*device-interrupts*$a"
	shows "jump*begun"
	says "the kernel does not jump"
	says "$a: live update impossible: interrupts are enabled"
	says "nothing was lost: all is preserved as before (sessions: 1, devices: 1), and the next kernel stays loaded"
	is "$(states irq)" "$a preserved"
	is "$(loaded)" 1
	let_go "$a"
done
# The words of an earlier attempt are not told again.
hold /tmp/irq create:irq "open:$(cdev "$b")" bind "preserve:0x0001000000000200" msi
expect 1 kexec --force device-interrupts
says "$b: live update impossible"
[[ $err != *"$a"* ]]
let_go "$b"

# In use and not preserved: a jump would take it away.
hold /tmp/use "open:$(cdev "$a")" bind
expect 4 kexec --dry-run
says "device-in-use"
expect 0 kexec --dry-run --force device-in-use
shows "overridden"
let_go "$a"

# The way of systemd
expect 0 preserve vm "$a" "$b"
mkdir -p /run/systemd/system /tmp/bin
cat >/tmp/bin/systemctl <<'END'
#!/bin/sh
echo "$*" >>/tmp/called
[ ! -e /tmp/kills ] || pkill -KILL -x vfio-luctl-keep
[ ! -e /tmp/fails ] || { echo "no bus" >&2; exit 7; }
END
chmod +x /tmp/bin/systemctl
PATH=/tmp/bin:$PATH
expect 4 kexec
says "vm: init-kills: systemd"
is "$(cat /tmp/called 2>/dev/null || :)" ""
expect 0 kexec --json --force init-kills
valid kexec
is "$(jq -r '.steps[-1] | "\(.step) \(.state) \(.object)"' <<<"$out")" "jump begun systemctl kexec"
is "$(cat /tmp/called)" "kexec"
touch /tmp/fails
expect 1 kexec --force init-kills
says "systemctl kexec: ended with status 7: no bus"
says "nothing was lost: all is preserved as before (sessions: 1, devices: 2)"
is "$(states vm)" "$a preserved $b preserved"
# One that fails after it has ended the keeper: what is left is looked up, not assumed.
touch /tmp/kills
expect 1 kexec --force init-kills
says "of 1 sessions with 2 devices, 0 with 0 are left"
rm -r /run/systemd
expect 6 cancel vm
expect 0 preserve vm "$a" "$b"

# Somebody else loads another kernel; ours is loaded again before the jump.
expect 0 status --json
is "$(jq -r '.phase' <<<"$out")" armed
next-kernel --load marker=others
# Directly, whatever process 1 would do
mkdir -p /run/systemd/system
before-the-end
"$LUCTL" kexec --direct
exit 1
